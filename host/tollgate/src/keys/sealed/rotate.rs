//! Another key for everything.

use std::sync::Arc;

use super::cipher::{self, Place};
use super::{EncryptionKey, KeyId, SecretStore, SecretStoreError, place, row};
use crate::db::Transaction;
use crate::telemetry::SECURITY;
use crate::types::SecretName;

/// What became of the values when the key changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rotated {
    /// The key before.
    pub from: KeyId,
    /// The key now.
    pub to: KeyId,
    /// How many values are encrypted with it, old versions included.
    pub values: usize,
    /// Live secrets whose value did not open with the key before. It was left as it is.
    pub damaged: Vec<SecretName>,
}

impl SecretStore {
    /// Encrypts everything with another key, in one transaction: whatever happens, all of it is under one of the two keys.
    /// What it was encrypted with before is wiped from the file.
    ///
    /// The caller keeps both keys until this has returned, in a place that outlives the process, and the new one alone
    /// after that: [`SecretStore::open`] takes both and uses the one that fits.
    ///
    /// # Errors
    /// Whatever keeps the store from being read or written. The key is the one from before then.
    ///
    /// # Cancel safety
    /// Dropped half-way, either key may be the store's.
    pub async fn rotate(&self, next: EncryptionKey) -> Result<Rotated, SecretStoreError> {
        let next = Arc::new(next);
        let sealed = next.clone();
        let rotated = self.write(move |tx, own, key| {
            let head = row::head(tx, own, key)?;
            let rotated = reseal_all(tx, &head, key, &sealed)?;
            row::keep_head(tx, &head, &sealed)?;
            Ok(rotated)
        });
        let rotated = rotated.await?;
        self.0.key.store(next);
        tracing::info!(target: SECURITY, from = %rotated.from, to = %rotated.to, "the encryption key was replaced");
        // the log still has what stood in the file
        self.flush().await;
        Ok(rotated)
    }
}

fn reseal_all(
    tx: &Transaction<'_>,
    head: &row::Head,
    key: &EncryptionKey,
    next: &EncryptionKey,
) -> Result<Rotated, SecretStoreError> {
    let mut rotated = Rotated { from: key.id(), to: next.id(), values: 0, damaged: Vec::new() };
    for mut value in row::values(tx)? {
        let sealed = std::mem::take(&mut value.sealed);
        let place: Place<'_> = place(&head.id, &value);
        let plain = cipher::open(key, place, &value.nonce, sealed);
        let Some(plain) = plain else {
            let name = value.name.parse::<SecretName>().ok();
            let is_read = head.contents.live(&value.name) == Some(value.version);
            rotated.damaged.extend(name.filter(|_| is_read));
            continue;
        };
        let sealed = cipher::seal(next, place, &plain).ok_or(SecretStoreError::TooLong)?;
        row::reseal(tx, value.id, &sealed, next)?;
        rotated.values = rotated.values.saturating_add(1);
    }
    Ok(rotated)
}
