//! The order in which places are looked at, and the look.

use std::collections::HashMap;
use std::fmt;

use super::store::{KeyStore, KeyStoreError};
use crate::policy::KeyWish;
use crate::secret::Secret;
use crate::types::{Caller, Place, PluginName, SecretName, SecretRef};

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

/// Where the key for one model of a plugin is looked up: the secrets that refs name for it, then the plugin's own places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyPlan<'a> {
    pub(crate) wishes: &'a [KeyWish],
    pub(crate) own: &'a KeyOrder,
}

/// One place of a plan.
struct Step<'a> {
    place: SecretRef,
    /// The wish that allows no other place after it.
    last: Option<&'a KeyWish>,
}

impl<'a> KeyPlan<'a> {
    /// A plan of the plugin's own places.
    pub(crate) fn own(own: &'a KeyOrder) -> Self {
        Self { wishes: &[], own }
    }

    fn steps(self) -> impl Iterator<Item = Step<'a>> {
        let wished = self.wishes.iter().map(|wish| Step {
            place: SecretRef::Secret(wish.secret.clone()),
            last: Some(wish).filter(|wish| !wish.or_next),
        });
        wished.chain(self.own.places().iter().map(|place| Step { place: place.clone(), last: None }))
    }

    /// That no place had a key.
    pub(crate) fn missing(
        self,
        store: &dyn KeyStore,
        plugin: &PluginName,
        obtain: Option<&str>,
    ) -> KeyMissing {
        let mut missing = KeyMissing {
            plugin: plugin.clone(),
            named: None,
            looked_at: Vec::new(),
            obtain: obtain.map(str::to_owned),
        };
        for step in self.steps() {
            missing.looked_at.push(store.hint(&step.place));
            if let Some(wish) = step.last {
                missing.named = Some(NamedSecret { secret: wish.secret.clone(), at: wish.at.clone() });
                break;
            }
        }
        missing
    }
}

/// No place had a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyMissing {
    /// The plugin whose slot stays empty.
    pub plugin: PluginName,
    /// The secret that the configuration names for this use, where it does and allows no other.
    pub named: Option<NamedSecret>,
    /// How each place is set, in the order in which they were looked at.
    pub looked_at: Vec<String>,
    /// Where a person gets a key.
    pub obtain: Option<String>,
}

/// A secret that the configuration names for a model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedSecret {
    /// The secret.
    pub secret: SecretName,
    /// The entry that names it.
    pub at: Place,
}

impl fmt::Display for KeyMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.named {
            Some(NamedSecret { secret, at }) => {
                write!(f, "the secret `{secret}`, which {at} names, is not set")?
            }
            None => write!(f, "no key for `{}`", self.plugin)?,
        }
        write!(f, "; looked at {}", self.looked_at.join(", then "))?;
        if self.named.is_some() {
            f.write_str("; `key_fallback: true` beside it would take the next key instead")?;
        }
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
    plan: KeyPlan<'_>,
    caller: &Caller,
) -> Result<Option<(SecretRef, Secret)>, KeyStoreError> {
    for step in plan.steps() {
        if let Some(secret) = store.get(&step.place, caller).await? {
            return Ok(Some((step.place, secret)));
        }
        if step.last.is_some() {
            return Ok(None);
        }
    }
    Ok(None)
}

/// Looks without reading, and at each place once, however many models share it.
#[derive(Debug)]
pub(crate) struct Looks<'a> {
    store: &'a dyn KeyStore,
    caller: &'a Caller,
    seen: HashMap<SecretRef, Result<bool, KeyStoreError>>,
}

impl<'a> Looks<'a> {
    pub(crate) fn new(store: &'a dyn KeyStore, caller: &'a Caller) -> Self {
        Self { store, caller, seen: HashMap::new() }
    }

    /// The first place that has a key.
    ///
    /// # Errors
    /// As for [`find`]: a place that cannot say is no absence, and no place after it is looked at.
    pub(crate) async fn first(&mut self, plan: KeyPlan<'_>) -> Result<Option<SecretRef>, KeyStoreError> {
        for step in plan.steps() {
            if self.has(&step.place).await? {
                return Ok(Some(step.place));
            }
            if step.last.is_some() {
                return Ok(None);
            }
        }
        Ok(None)
    }

    async fn has(&mut self, place: &SecretRef) -> Result<bool, KeyStoreError> {
        if let Some(known) = self.seen.get(place) {
            return known.clone();
        }
        let answer = self.store.contains(place, self.caller).await;
        self.seen.insert(place.clone(), answer.clone());
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::MemoryKeys;

    fn order() -> KeyOrder {
        let usual = [SecretRef::Llm("openai".into()), SecretRef::Env("OPENAI_API_KEY".into())];
        KeyOrder::by_name(&"openai".parse().unwrap(), usual)
    }

    fn secret(name: &str) -> SecretRef {
        SecretRef::Secret(name.parse().unwrap())
    }

    fn wish(name: &str, or_next: bool) -> KeyWish {
        KeyWish { secret: name.parse().unwrap(), or_next, at: Place::of_key("purposes.x.model") }
    }

    /// Where the key is found, by reading and by looking, which agree.
    async fn found(keys: &MemoryKeys, wishes: &[KeyWish], own: &KeyOrder) -> Option<SecretRef> {
        let plan = KeyPlan { wishes, own };
        let caller = Caller::default();
        let read = find(keys, plan, &caller).await.unwrap().map(|(place, _)| place);
        assert_eq!(Looks::new(keys, &caller).first(plan).await.unwrap(), read);
        read
    }

    #[tokio::test]
    async fn the_first_place_wins() {
        // K-02, K-03
        let llm = SecretRef::Llm("openai".into());
        let variable = SecretRef::Env("OPENAI_API_KEY".into());
        let two = MemoryKeys::default().with(llm.clone(), "b").with(variable, "c");
        assert_eq!(found(&two, &[], &order()).await, Some(llm));
        let three = two.with(secret("OPENAI_API_KEY"), "a");
        assert_eq!(found(&three, &[], &order()).await, Some(secret("OPENAI_API_KEY")));
    }

    #[tokio::test]
    async fn a_granted_key_is_the_only_place() {
        // K-11
        let everything = MemoryKeys::default()
            .with(secret("OPENAI_API_KEY"), "a")
            .with(SecretRef::Env("OPENAI_API_KEY".into()), "c");
        let granted = KeyOrder::granted(secret("ACME_KEY"));
        assert_eq!(found(&everything, &[], &granted).await, None);
        let strangers = KeyOrder::by_name(&"acme".parse().unwrap(), []);
        assert_eq!(found(&everything, &[], &strangers).await, None);
    }

    #[tokio::test]
    async fn a_named_secret_that_is_not_set_is_no_fall_through_unless_it_says_so() {
        // K-07, K-08
        let keys = MemoryKeys::default().with(secret("OPENAI_API_KEY"), "shared").with(secret("SECOND"), "s");
        assert_eq!(found(&keys, &[wish("UNSET", false)], &order()).await, None);
        assert_eq!(found(&keys, &[wish("UNSET", false), wish("SECOND", false)], &order()).await, None);
        let fallen = found(&keys, &[wish("UNSET", true)], &order()).await;
        assert_eq!(fallen, Some(secret("OPENAI_API_KEY")));
        let second = found(&keys, &[wish("UNSET", true), wish("SECOND", false)], &order()).await;
        assert_eq!(second, Some(secret("SECOND")));

        let wishes = [wish("FIRST", true), wish("UNSET", false)];
        let missing = KeyPlan { wishes: &wishes, own: &order() };
        let missing = missing.missing(&keys, &"openai".parse().unwrap(), None).to_string();
        assert_eq!(
            missing,
            "the secret `UNSET`, which `purposes.x.model` names, is not set; looked at secret `FIRST`, then secret \
             `UNSET`; `key_fallback: true` beside it would take the next key instead"
        );
    }

    #[test]
    fn a_missing_key_names_every_place_and_where_to_get_one() {
        // K-01
        let own = order();
        let plan = KeyPlan::own(&own);
        let link = Some("https://example.test/keys");
        let text = plan.missing(&MemoryKeys::default(), &"openai".parse().unwrap(), link).to_string();
        for word in
            ["secret `OPENAI_API_KEY`", "entry `openai`", "variable `OPENAI_API_KEY`", "https://example.test"]
        {
            assert!(text.contains(word), "{text}");
        }
    }
}
