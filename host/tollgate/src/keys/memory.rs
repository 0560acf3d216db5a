//! Secrets in memory: for tests, and for embedders that hold them anyway.

use std::collections::HashMap;

use async_trait::async_trait;

use super::store::{KeyStore, KeyStoreError};
use crate::secret::Secret;
use crate::types::{Caller, SecretRef};

/// A store of secrets in memory. Empty by default: without keys, models that need one are refused.
#[derive(Debug, Default, Clone)]
pub struct MemoryKeys(HashMap<SecretRef, Secret>);

impl MemoryKeys {
    /// The same with one more secret. An empty value is left out.
    #[must_use]
    pub fn with(mut self, key: SecretRef, value: impl Into<Vec<u8>>) -> Self {
        if let Some(secret) = Secret::new(value.into()) {
            self.0.insert(key, secret);
        }
        self
    }
}

#[async_trait]
impl KeyStore for MemoryKeys {
    async fn get(&self, key: &SecretRef, _caller: &Caller) -> Result<Option<Secret>, KeyStoreError> {
        Ok(self.0.get(key).cloned())
    }
}
