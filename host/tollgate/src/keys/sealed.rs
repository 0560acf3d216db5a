//! Secrets in a file, encrypted.
//!
//! Whoever reads the file, or a backup of it, learns names, notes, lengths, and who used what when; never a value. Whoever
//! can write it shall not be able to make the host use a value in a place where its operator did not put it:
//!
//! | what is done to the file | what happens |
//! |---|---|
//! | a bit is flipped, a value is cut off | that secret errs, the others do not |
//! | two values change places; one gets another name, version or time of creation; one comes from another store | the same: a value is sealed together with all of that |
//! | an older version is put back, a deleted one is made live again, rows are removed | the sealed table of contents knows each secret's highest version and whether it is live: it errs, or stays deleted |
//! | the table of contents is changed, or comes from another store | the store does not open |
//! | an older table of contents is put back | every secret that changed since errs, unless its rows were put back, too |
//! | another encryption key is configured | the store does not open, and names both keys' ids |
//! | **the whole file is replaced by an older copy of itself** | **nothing notices**: it is what restoring a backup looks like |
//! | a note, a time or a name of "last used" is changed | nothing notices: they are for people, and decide nothing |
//!
//! A nonce is 24 random bytes per value. Setting a secret adds a version; the newest is read. Deleting hides all of them at
//! once, and versions go on counting. What is deleted stays in the file, encrypted, until somebody removes the file.
//!
//! Reading is one short transaction, and nothing that was decrypted is kept. That a secret was used is noted afterwards, by
//! nobody who waits. An empty value does not exist.

mod cipher;
mod contents;
mod error;
mod file;
mod import;
mod key;
mod list;
mod read;
mod rotate;
mod row;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::db::{Db, Migrations, Transaction};
use crate::secret::Secret;
use crate::telemetry::SECURITY;
use crate::types::{Actor, Clock, Purpose, SecretName, UtcMillis};
use cipher::Place;
pub use error::SecretStoreError;
pub use file::{KeyFile, KeyFileError};
pub use import::Imported;
pub(in crate::keys) use key::decode;
pub use key::{EncryptionKey, EncryptionKeyError, KeyId};
pub use list::StoredSecret;
pub use rotate::Rotated;

const MIGRATIONS: Migrations = &[include_str!("sealed/schema.sql")];

/// As much as a header of a request takes, many times over.
const MOST_VALUE_BYTES: usize = 64 << 10;

const MOST_NOTE_CHARS: usize = 100;

/// Secrets in an encrypted file. Clones are one.
///
/// # Examples
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use std::sync::Arc;
///
/// use tollgate::types::{Actor, Caller, SecretRef, SystemClock};
/// use tollgate::{EncryptionKey, KeyStore, Secret, SecretStore};
///
/// # let dir = std::env::temp_dir().join(format!("tollgate-example-{}", std::process::id()));
/// let clock = Arc::new(SystemClock::default());
/// let store = SecretStore::open(&dir.join("secrets.db"), vec![EncryptionKey::generate()], clock).await?;
/// let name = "OPENAI_API_KEY".parse()?;
/// let value = Secret::new(b"sk-example".to_vec()).ok_or("empty")?;
/// assert_eq!(store.set(&name, value, None, &Actor::anonymous()).await?, 1);
/// assert!(store.contains(&SecretRef::Secret(name), &Caller::default()).await?);
/// # std::fs::remove_dir_all(dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SecretStore(Arc<Inner>);

/// What the store's thread needs, too.
struct Inner {
    db: Db,
    key: ArcSwap<EncryptionKey>,
    clock: Arc<dyn Clock>,
    /// Who used what since it was last written down.
    used: Mutex<HashMap<SecretName, Stamp>>,
}

/// When something was done, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stamp {
    /// When.
    pub at: UtcMillis,
    /// The actor's id; `None`: nobody in particular.
    pub by: Option<String>,
    /// What for; only of a use.
    pub purpose: Option<Purpose>,
}

impl SecretStore {
    /// Opens a store with that of these keys which it takes, or makes one that takes the first.
    ///
    /// There is more than one key while one is being replaced by another: see [`SecretStore::rotate`].
    ///
    /// # Errors
    /// [`SecretStoreError::OtherKey`] where it takes none of them; [`SecretStoreError::Contents`] where it was changed;
    /// [`SecretStoreError::Db`] where its file cannot be used or believed.
    pub async fn open(
        path: &Path,
        keys: Vec<EncryptionKey>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SecretStoreError> {
        let db = Self::db(path).await?;
        let given: Vec<KeyId> = keys.iter().map(EncryptionKey::id).collect();
        let keys: Vec<Arc<EncryptionKey>> = keys.into_iter().map(Arc::new).collect();
        let first = keys.first().cloned();
        let own = path.to_owned();
        let found = db.write(move |tx| match (row::key_id(tx)?, first) {
            (None, Some(first)) => row::begin(tx, &own, &first).map(|()| first.id().to_string()),
            (found, _) => Ok::<_, SecretStoreError>(found.unwrap_or_default()),
        });
        let sealed_with = found.await?;
        let fits = |key: &&Arc<EncryptionKey>| key.id().to_string() == sealed_with;
        let Some(key) = keys.iter().find(fits).cloned() else {
            return Err(SecretStoreError::OtherKey { path: path.to_owned(), sealed_with, given });
        };
        let store = Self(Arc::new(Inner { db, key: ArcSwap::new(key), clock, used: Mutex::default() }));
        // one that was changed is told of now
        store.read(|tx, own, key| row::head(tx, own, key).map(|_| ())).await?;
        Ok(store)
    }

    async fn db(path: &Path) -> Result<Db, SecretStoreError> {
        let db = Db::open(path, "tollgate-secrets", MIGRATIONS).await?;
        // what was sealed with a key that is used no more shall not stay in the file's free pages
        db.run(|connection| {
            connection.pragma_update(None, "secure_delete", true).map_err(SecretStoreError::from)
        })
        .await?;
        Ok(db)
    }

    /// The id of the key that it is encrypted with.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.0.key.load().id()
    }

    /// Stores a value as the secret's next version, which is read from now on. Without a note, that of the version before
    /// stays. Gives back the version.
    ///
    /// # Errors
    /// [`SecretStoreError::TooLong`], [`SecretStoreError::Note`], and whatever keeps it from being written.
    ///
    /// # Cancel safety
    /// Dropped half-way, it may have been stored.
    pub async fn set(
        &self,
        name: &SecretName,
        value: Secret,
        note: Option<String>,
        by: &Actor,
    ) -> Result<u64, SecretStoreError> {
        if note.as_deref().is_some_and(|note| !is_note(note)) {
            return Err(SecretStoreError::Note);
        }
        if value.len() > MOST_VALUE_BYTES {
            return Err(SecretStoreError::TooLong);
        }
        let (told, name, now) = (name, name.clone(), self.stamp(by));
        let version = self
            .write(move |tx, own, key| {
                let mut head = row::head(tx, own, key)?;
                let before = head.contents.live(name.as_str());
                let kept = before.map(|version| row::note(tx, name.as_str(), version)).transpose()?.flatten();
                let note = note.filter(|note| !note.is_empty()).or(kept);
                let version = head.contents.next(name.as_str());
                let new = row::New {
                    name: &name,
                    version,
                    note,
                    created: now.clone(),
                    updated: now,
                    last_used: None,
                };
                add(tx, &head, key, &new, &value)?;
                row::keep_head(tx, &head, key)?;
                Ok(version)
            })
            .await?;
        tracing::info!(target: SECURITY, secret = %told, version, "a secret was stored");
        Ok(u64::try_from(version).unwrap_or_default())
    }

    /// Deletes a secret, at once and with all its versions. Gives back how many there were; `None` where there was none.
    ///
    /// # Errors
    /// Whatever keeps it from being written.
    pub async fn remove(&self, name: &SecretName, by: &Actor) -> Result<Option<u64>, SecretStoreError> {
        tracing::info!(target: SECURITY, secret = %name, "a secret is deleted");
        let (name, now) = (name.clone(), self.stamp(by));
        self.write(move |tx, own, key| {
            let mut head = row::head(tx, own, key)?;
            if !head.contents.hide(name.as_str()) {
                return Ok(None);
            }
            let hidden = row::hide(tx, name.as_str(), &now)?;
            row::keep_head(tx, &head, key)?;
            Ok(Some(hidden as u64))
        })
        .await
    }

    /// Waits until everything is written that was to be noted, and in the file itself, not only in the log beside it.
    pub async fn flush(&self) {
        let folded = self.0.db.run(|connection| {
            let fold = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            fold.map_err(SecretStoreError::from)
        });
        // another process that reads may be in the way, and will do it
        if let Err(error) = folded.await {
            tracing::debug!(%error, "the log was not folded into the file");
        }
    }

    fn stamp(&self, by: &Actor) -> Stamp {
        Stamp { at: self.0.clock.now(), by: by.id().map(str::to_owned), purpose: None }
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Inner, &EncryptionKey) -> Result<T, SecretStoreError>
        + Send
        + 'static,
    ) -> Result<T, SecretStoreError> {
        let own = self.0.clone();
        self.0.db.read(move |tx| work(tx, &own, &own.key.load_full())).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Inner, &EncryptionKey) -> Result<T, SecretStoreError>
        + Send
        + 'static,
    ) -> Result<T, SecretStoreError> {
        let own = self.0.clone();
        self.0.db.write(move |tx| work(tx, &own, &own.key.load_full())).await
    }
}

/// Seals a value and adds it.
fn add(
    tx: &Transaction<'_>,
    head: &row::Head,
    key: &EncryptionKey,
    new: &row::New<'_>,
    value: &Secret,
) -> Result<(), SecretStoreError> {
    let (name, version, created) = (new.name.as_str(), new.version, new.created.at);
    let place = Place::Value { store: &head.id, name, version, created };
    let sealed = cipher::seal_secret(key, place, value).ok_or(SecretStoreError::TooLong)?;
    Ok(row::insert(tx, new, &sealed, key)?)
}

fn place<'a>(store: &'a [u8; 16], value: &'a row::Value) -> Place<'a> {
    let created = row::moment(value.created_at);
    Place::Value { store, name: &value.name, version: value.version, created }
}

/// Whether a text does as a note.
pub(in crate::keys) fn is_note(note: &str) -> bool {
    note.chars().count() <= MOST_NOTE_CHARS && !note.chars().any(char::is_control)
}

impl Inner {
    fn used(&self) -> std::sync::MutexGuard<'_, HashMap<SecretName, Stamp>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretStore").field("path", &self.0.db.path()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
