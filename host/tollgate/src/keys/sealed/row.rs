//! The store's SQL.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::cipher::{self, Place, Sealed};
use super::contents::Contents;
use super::key::EncryptionKey;
use super::{Inner, SecretStoreError, Stamp};
use crate::db::{OptionalExtension as _, Row, SqlError, Transaction, params};
use crate::types::{Purpose, SecretName, UtcMillis, unguessable};

/// Which store it is, and its table of contents.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) id: [u8; 16],
    pub(super) contents: Contents,
}

/// One version of a secret, sealed.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) version: i64,
    pub(super) nonce: Vec<u8>,
    pub(super) sealed: Vec<u8>,
    pub(super) created_at: i64,
}

/// A new version of a secret.
#[derive(Debug)]
pub(super) struct New<'a> {
    pub(super) name: &'a SecretName,
    pub(super) version: i64,
    pub(super) note: Option<String>,
    pub(super) created: Stamp,
    pub(super) updated: Stamp,
    pub(super) last_used: Option<Stamp>,
}

/// The id of the key that the store takes; `None` where the store is new.
pub(super) fn key_id(tx: &Transaction<'_>) -> Result<Option<String>, SqlError> {
    tx.query_row("SELECT key_id FROM store", [], |row| row.get(0)).optional()
}

/// Begins a new store, unless there is something in it: then somebody took its head.
pub(super) fn begin(tx: &Transaction<'_>, path: &Path, key: &EncryptionKey) -> Result<(), SecretStoreError> {
    let mut id = [0; 16];
    id.iter_mut().zip(Sha256::digest(unguessable())).for_each(|(to, from)| *to = from);
    let rows: i64 = tx.query_row("SELECT count(*) FROM secrets", [], |row| row.get(0))?;
    if rows > 0 {
        return Err(SecretStoreError::Contents { path: path.to_owned() });
    }
    let sealed = seal_contents(&id, &Contents::default(), key)?;
    let values = params![id, key.id().to_string(), sealed.nonce, sealed.bytes];
    tx.execute("INSERT INTO store (one, id, key_id, nonce, contents) VALUES (1, ?1, ?2, ?3, ?4)", values)?;
    Ok(())
}

/// The store's head, opened.
///
/// # Errors
/// Where it is sealed with another key, or was changed.
pub(super) fn head(tx: &Transaction<'_>, own: &Inner, key: &EncryptionKey) -> Result<Head, SecretStoreError> {
    let broken = || SecretStoreError::Contents { path: own.db.path().to_owned() };
    let read = |row: &Row<'_>| {
        Ok((
            row.get::<_, Vec<u8>>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, Vec<u8>>(2)?,
            row.get::<_, Vec<u8>>(3)?,
        ))
    };
    let found = tx.query_row("SELECT id, key_id, nonce, contents FROM store", [], read).optional()?;
    let (id, key_id, nonce, sealed) = found.ok_or_else(broken)?;
    if key_id != key.id().to_string() {
        let path = own.db.path().to_owned();
        return Err(SecretStoreError::OtherKey { path, sealed_with: key_id, given: vec![key.id()] });
    }
    let id: [u8; 16] = id.try_into().map_err(|_| broken())?;
    let plain = cipher::open(key, Place::Contents { store: &id }, &nonce, sealed).ok_or_else(broken)?;
    let contents = serde_json::from_slice(&plain).map_err(|_| broken())?;
    Ok(Head { id, contents })
}

/// Seals the head anew.
pub(super) fn keep_head(
    tx: &Transaction<'_>,
    head: &Head,
    key: &EncryptionKey,
) -> Result<(), SecretStoreError> {
    let sealed = seal_contents(&head.id, &head.contents, key)?;
    let values = params![key.id().to_string(), sealed.nonce, sealed.bytes];
    tx.execute("UPDATE store SET key_id = ?1, nonce = ?2, contents = ?3", values)?;
    Ok(())
}

fn seal_contents(
    id: &[u8; 16],
    contents: &Contents,
    key: &EncryptionKey,
) -> Result<Sealed, SecretStoreError> {
    let plain = serde_json::to_vec(contents).map_err(|_| SecretStoreError::TooLong)?;
    cipher::seal(key, Place::Contents { store: id }, &plain).ok_or(SecretStoreError::TooLong)
}

const VALUE: &str = "SELECT id, name, version, nonce, sealed, created_at FROM secrets";

fn value_of(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(Value {
        id: row.get(0)?,
        name: row.get(1)?,
        version: row.get(2)?,
        nonce: row.get(3)?,
        sealed: row.get(4)?,
        created_at: row.get(5)?,
    })
}

/// One version of a secret.
pub(super) fn value(tx: &Transaction<'_>, name: &str, version: i64) -> Result<Option<Value>, SqlError> {
    let query = format!("{VALUE} WHERE name = ?1 AND version = ?2");
    tx.query_row(&query, params![name, version], value_of).optional()
}

/// Whether a secret's rows agree that this is its newest version, and not hidden: a table of contents that was put back by
/// itself says otherwise.
pub(super) fn is_newest(tx: &Transaction<'_>, name: &str, version: i64) -> Result<bool, SqlError> {
    let other = "SELECT 1 FROM secrets WHERE name = ?1 AND (version > ?2 OR (version = ?2 AND deleted_at IS NOT NULL))";
    let other: Option<i64> = tx.query_row(other, params![name, version], |row| row.get(0)).optional()?;
    Ok(other.is_none())
}

/// All versions of all secrets, hidden ones included.
pub(super) fn values(tx: &Transaction<'_>) -> Result<Vec<Value>, SqlError> {
    let mut statement = tx.prepare(VALUE)?;
    statement.query_map([], value_of)?.collect()
}

/// Puts other sealed bytes into a row.
pub(super) fn reseal(
    tx: &Transaction<'_>,
    id: i64,
    sealed: &Sealed,
    key: &EncryptionKey,
) -> Result<(), SqlError> {
    let values = params![id, sealed.nonce, sealed.bytes, key.id().to_string()];
    tx.execute("UPDATE secrets SET nonce = ?2, sealed = ?3, key_id = ?4 WHERE id = ?1", values).map(|_| ())
}

/// Adds a version.
pub(super) fn insert(
    tx: &Transaction<'_>,
    new: &New<'_>,
    sealed: &Sealed,
    key: &EncryptionKey,
) -> Result<(), SqlError> {
    let used = new.last_used.as_ref();
    let values = params![
        new.name.as_str(),
        new.version,
        sealed.nonce,
        sealed.bytes,
        key.id().to_string(),
        new.note,
        millis(new.created.at),
        new.created.by,
        millis(new.updated.at),
        new.updated.by,
        used.map(|used| millis(used.at)),
        used.and_then(|used| used.by.as_deref()),
    ];
    // over a row that somebody put there: no version of ours is ever written twice
    let insert = "INSERT OR REPLACE INTO secrets (name, version, nonce, sealed, key_id, note, created_at, created_by, updated_at, \
                  updated_by, last_used_at, last_used_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    tx.execute(insert, values).map(|_| ())
}

/// The note of the newest version that is not hidden.
pub(super) fn note(tx: &Transaction<'_>, name: &str, version: i64) -> Result<Option<String>, SqlError> {
    let query = "SELECT note FROM secrets WHERE name = ?1 AND version = ?2";
    Ok(tx.query_row(query, params![name, version], |row| row.get(0)).optional()?.flatten())
}

/// Hides all versions of a secret. Gives back how many there were.
pub(super) fn hide(tx: &Transaction<'_>, name: &str, by: &Stamp) -> Result<usize, SqlError> {
    let hide = "UPDATE secrets SET deleted_at = ?2, deleted_by = ?3 WHERE name = ?1 AND deleted_at IS NULL";
    tx.execute(hide, params![name, millis(by.at), by.by])
}

/// Notes who used a secret.
pub(super) fn stamp(tx: &Transaction<'_>, name: &str, used: &Stamp) -> Result<(), SqlError> {
    let stamp = "UPDATE secrets SET last_used_at = ?2, last_used_by = ?3, last_used_for = ?4 \
                 WHERE name = ?1 AND version = (SELECT max(version) FROM secrets WHERE name = ?1)";
    let purpose = used.purpose.as_ref().map(Purpose::as_str);
    tx.execute(stamp, params![name, millis(used.at), used.by, purpose]).map(|_| ())
}

pub(super) fn millis(at: UtcMillis) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
}

/// A time that somebody changed to be before 1970 is 1970.
pub(super) fn moment(millis: i64) -> UtcMillis {
    UtcMillis::new(u64::try_from(millis).unwrap_or_default())
}
