//! One secret, by a typed reference.

use std::fmt;

use async_trait::async_trait;

use crate::secret::Secret;
use crate::types::{Caller, SecretRef};

/// Where secrets come from. An embedder implements this over his own vault.
///
/// # Examples
/// ```
/// use std::collections::HashMap;
///
/// use tollgate::types::{Caller, SecretRef};
/// use tollgate::{KeyStore, KeyStoreError, Secret};
///
/// /// Every customer brings a key of his own.
/// #[derive(Debug)]
/// struct OwnKeys(HashMap<String, Secret>);
///
/// #[async_trait::async_trait]
/// impl KeyStore for OwnKeys {
///     async fn get(&self, key: &SecretRef, caller: &Caller) -> Result<Option<Secret>, KeyStoreError> {
///         match (key, caller.actor.id()) {
///             (SecretRef::Secret(name), Some(customer)) if name.as_str() == "OPENAI_API_KEY" => {
///                 Ok(self.0.get(customer).cloned())
///             }
///             _ => Ok(None),
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait KeyStore: Send + Sync + fmt::Debug {
    /// The value behind a reference, for this caller's prompt; `None` where there is none. An empty value is none.
    ///
    /// # Errors
    /// Where the store cannot say. That is not "none": no other place is looked at then.
    async fn get(&self, key: &SecretRef, caller: &Caller) -> Result<Option<Secret>, KeyStoreError>;

    /// Whether there is a value, without reading it where that can be avoided. Asked for listings: nothing is used.
    ///
    /// # Errors
    /// As for [`KeyStore::get`].
    async fn contains(&self, key: &SecretRef, caller: &Caller) -> Result<bool, KeyStoreError> {
        Ok(self.get(key, caller).await?.is_some())
    }

    /// How a person sets this reference, such as the variables that are looked at. For error messages.
    fn hint(&self, key: &SecretRef) -> String {
        key.to_string()
    }
}

/// A store that could not say whether it has a secret. The text never holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {key}: {reason}")]
pub struct KeyStoreError {
    /// What was asked for.
    pub key: SecretRef,
    /// Why there is no answer.
    pub reason: String,
}
