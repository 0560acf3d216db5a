//! Secrets of another store.

use super::{SecretStore, SecretStoreError, add, row};
use crate::keys::ForeignSecret;
use crate::types::SecretName;

/// What became of the secrets of another store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Those that are here now.
    pub added: Vec<SecretName>,
    /// Those that were here before, and were left alone.
    pub kept: Vec<SecretName>,
}

impl SecretStore {
    /// Takes over the secrets of another store, all or none of them. One that is here already is left alone.
    ///
    /// # Errors
    /// Whatever keeps them from being written.
    pub async fn import(&self, secrets: Vec<ForeignSecret>) -> Result<Imported, SecretStoreError> {
        self.write(move |tx, own, key| {
            let (mut head, mut imported) = (row::head(tx, own, key)?, Imported::default());
            for secret in secrets {
                if head.contents.live(secret.name.as_str()).is_some() {
                    imported.kept.push(secret.name);
                    continue;
                }
                let version = head.contents.next(secret.name.as_str());
                let ForeignSecret { name, value, note, created, updated, last_used, .. } = secret;
                let new = row::New { name: &name, version, note, created, updated, last_used };
                add(tx, &head, key, &new, &value)?;
                imported.added.push(name);
            }
            row::keep_head(tx, &head, key)?;
            Ok(imported)
        })
        .await
    }
}
