//! The order in which places are looked at, and the look.

use std::fmt;

use super::store::{KeyStore, KeyStoreError};
use crate::secret::Secret;
use crate::types::{Caller, PluginName, SecretRef};

/// The places where a plugin's key is looked up, first to last. The operator's grant makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyOrder(Vec<SecretRef>);

impl KeyOrder {
    /// Only what the operator named with `plugins.<name>.key`.
    #[must_use]
    pub(crate) fn granted(key: SecretRef) -> Self {
        Self(vec![key])
    }

    /// Without a word of the operator: the secret of the plugin's installed name, and then, for an unmodified built-in
    /// only, the vendor's usual places.
    #[must_use]
    pub(crate) fn by_name(name: &PluginName, usual: impl IntoIterator<Item = SecretRef>) -> Self {
        Self(std::iter::once(SecretRef::Secret(name.default_secret())).chain(usual).collect())
    }

    /// The places.
    #[must_use]
    pub(crate) fn places(&self) -> &[SecretRef] {
        &self.0
    }
}

/// No place had a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMissing {
    /// The plugin whose slot stays empty.
    pub plugin: PluginName,
    /// How each place is set, in the order in which they were looked at.
    pub looked_at: Vec<String>,
    /// Where a person gets a key.
    pub obtain: Option<String>,
}

impl fmt::Display for KeyMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no key for `{}`; looked at {}", self.plugin, self.looked_at.join(", then "))?;
        match &self.obtain {
            Some(link) => write!(f, "; get one at {link}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for KeyMissing {}

/// The first place that has a key, with its value.
///
/// # Errors
/// Where a place before it cannot say whether it has one.
pub(crate) async fn find(
    store: &dyn KeyStore,
    order: &KeyOrder,
    caller: &Caller,
) -> Result<Option<(SecretRef, Secret)>, KeyStoreError> {
    for place in order.places() {
        if let Some(secret) = store.get(place, caller).await? {
            return Ok(Some((place.clone(), secret)));
        }
    }
    Ok(None)
}

/// Whether any place has a key. A place that cannot say has none, for a listing.
pub(crate) async fn is_set(store: &dyn KeyStore, order: &KeyOrder, caller: &Caller) -> bool {
    for place in order.places() {
        if store.contains(place, caller).await.unwrap_or(false) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::MemoryKeys;

    fn order() -> KeyOrder {
        let usual = [SecretRef::Llm("openai".into()), SecretRef::Env("OPENAI_API_KEY".into())];
        KeyOrder::by_name(&"openai".parse().unwrap(), usual)
    }

    async fn found(keys: MemoryKeys, order: &KeyOrder) -> Option<SecretRef> {
        find(&keys, order, &Caller::default()).await.unwrap().map(|(place, _)| place)
    }

    #[tokio::test]
    async fn the_first_place_wins() {
        // K-02, K-03
        let secret = SecretRef::Secret("OPENAI_API_KEY".parse().unwrap());
        let llm = SecretRef::Llm("openai".into());
        let variable = SecretRef::Env("OPENAI_API_KEY".into());
        let two = MemoryKeys::default().with(llm.clone(), "b").with(variable, "c");
        assert_eq!(found(two.clone(), &order()).await, Some(llm));
        assert_eq!(found(two.with(secret.clone(), "a"), &order()).await, Some(secret));
    }

    #[tokio::test]
    async fn a_granted_key_is_the_only_place() {
        // K-11
        let everything = MemoryKeys::default()
            .with(SecretRef::Secret("OPENAI_API_KEY".parse().unwrap()), "a")
            .with(SecretRef::Env("OPENAI_API_KEY".into()), "c");
        let granted = KeyOrder::granted(SecretRef::Secret("ACME_KEY".parse().unwrap()));
        assert_eq!(found(everything.clone(), &granted).await, None);
        let strangers = KeyOrder::by_name(&"acme".parse().unwrap(), []);
        assert_eq!(found(everything, &strangers).await, None);
    }

    #[test]
    fn a_missing_key_names_every_place_and_where_to_get_one() {
        // K-01
        let missing = KeyMissing {
            plugin: "openai".parse().unwrap(),
            looked_at: order().places().iter().map(ToString::to_string).collect(),
            obtain: Some("https://example.test/keys".into()),
        };
        let text = missing.to_string();
        for word in
            ["secret `OPENAI_API_KEY`", "entry `openai`", "variable `OPENAI_API_KEY`", "https://example.test"]
        {
            assert!(text.contains(word), "{text}");
        }
    }
}
