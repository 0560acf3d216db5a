//! Reading a secret for a request, and noting that it was.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Inner, SecretStore, SecretStoreError, Stamp, cipher, place, row};
use crate::db::Transaction;
use crate::keys::{KeyStore, KeyStoreError};
use crate::secret::Secret;
use crate::telemetry::SECURITY;
use crate::types::{Caller, SecretName, SecretRef};

/// Knows [`SecretRef::Secret`] and nothing else.
#[async_trait]
impl KeyStore for SecretStore {
    async fn get(&self, key: &SecretRef, caller: &Caller) -> Result<Option<Secret>, KeyStoreError> {
        let SecretRef::Secret(name) = key else { return Ok(None) };
        let found = self.value(name).await.map_err(|error| unread(key, &error))?;
        if found.is_some() {
            self.note_use(name, caller);
        }
        Ok(found)
    }

    async fn contains(&self, key: &SecretRef, _caller: &Caller) -> Result<bool, KeyStoreError> {
        let SecretRef::Secret(name) = key else { return Ok(false) };
        self.has(name).await.map_err(|error| unread(key, &error))
    }

    fn hint(&self, key: &SecretRef) -> String {
        match key {
            SecretRef::Secret(name) => format!("the stored secret `{name}`"),
            _ => key.to_string(),
        }
    }
}

fn unread(key: &SecretRef, error: &SecretStoreError) -> KeyStoreError {
    if matches!(error, SecretStoreError::Damaged { .. } | SecretStoreError::Contents { .. }) {
        tracing::warn!(target: SECURITY, %error, "a stored secret was changed by somebody else or is damaged");
    }
    KeyStoreError { key: key.clone(), reason: error.to_string() }
}

impl SecretStore {
    async fn value(&self, name: &SecretName) -> Result<Option<Secret>, SecretStoreError> {
        let wanted = name.clone();
        self.read(move |tx, own, key| {
            let head = row::head(tx, own, key)?;
            let Some(version) = live(tx, &head, &wanted)? else { return Ok(None) };
            let damaged = || SecretStoreError::Damaged { name: wanted.clone() };
            let found = row::value(tx, wanted.as_str(), version)?.ok_or_else(damaged)?;
            let place = place(&head.id, &found);
            let plain = cipher::open(key, place, &found.nonce, found.sealed.clone()).ok_or_else(damaged)?;
            Ok(Secret::new(plain))
        })
        .await
    }

    async fn has(&self, name: &SecretName) -> Result<bool, SecretStoreError> {
        let wanted = name.clone();
        self.read(move |tx, own, key| Ok(live(tx, &row::head(tx, own, key)?, &wanted)?.is_some())).await
    }

    /// Notes a use, unless it is being written down already: then it is written with the others.
    fn note_use(&self, name: &SecretName, caller: &Caller) {
        let used = Stamp { purpose: caller.purpose.clone(), ..self.stamp(&caller.actor) };
        let is_first = {
            let mut waiting = self.0.used();
            waiting.insert(name.clone(), used);
            waiting.len() == 1
        };
        if !is_first {
            return;
        }
        let waiting = Waiting { own: self.0.clone(), is_taken: false };
        let is_queued = self.0.db.note(move |tx| {
            waiting.take().iter().try_for_each(|(name, used)| row::stamp(tx, name.as_str(), used))
        });
        if !is_queued {
            tracing::debug!(secret = %name, "that it was used is not noted: too much waits to be written");
        }
    }
}

/// The version that is read, on which the table of contents and the rows agree; `None` where there is no such secret.
fn live(tx: &Transaction<'_>, head: &row::Head, name: &SecretName) -> Result<Option<i64>, SecretStoreError> {
    let Some(version) = head.contents.live(name.as_str()) else { return Ok(None) };
    match row::is_newest(tx, name.as_str(), version)? {
        true => Ok(Some(version)),
        false => Err(SecretStoreError::Damaged { name: name.clone() }),
    }
}

/// The uses that wait to be written. Where they are not, they are forgotten, so that the next one is the first again.
struct Waiting {
    own: Arc<Inner>,
    is_taken: bool,
}

impl Waiting {
    fn take(mut self) -> HashMap<SecretName, Stamp> {
        self.is_taken = true;
        std::mem::take(&mut *self.own.used())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.is_taken {
            self.own.used().clear();
        }
    }
}
