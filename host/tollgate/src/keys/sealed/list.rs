//! What is stored, without a value.

use std::path::Path;

use super::contents::Contents;
use super::row::moment;
use super::{SecretStore, SecretStoreError, Stamp, row};
use crate::db::{Row, SqlError, Transaction};
use crate::types::SecretName;

/// What is known of a stored secret: everything but its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredSecret {
    /// Its name.
    pub name: SecretName,
    /// The version that is read.
    pub version: u64,
    /// How many versions there are of it.
    pub versions: u64,
    /// What its operator wrote beside it.
    pub note: Option<String>,
    /// When the oldest of its versions was stored, and by whom.
    pub created: Stamp,
    /// When the newest of its versions was stored, and by whom.
    pub updated: Stamp,
    /// When it was last used, by whom and what for.
    pub last_used: Option<Stamp>,
    /// Whether it is what was last stored, as far as that is known without decrypting it.
    pub sound: bool,
}

impl SecretStore {
    /// All secrets that are not deleted, by name. No value is decrypted.
    ///
    /// # Errors
    /// Whatever keeps the store from being read.
    pub async fn list(&self) -> Result<Vec<StoredSecret>, SecretStoreError> {
        self.read(|tx, own, key| {
            let head = row::head(tx, own, key)?;
            Ok(judged(rows(tx)?, &head.contents))
        })
        .await
    }

    /// What a file says that it stores, for somebody who has no key to it: nothing of it is proven.
    ///
    /// # Errors
    /// Whatever keeps the file from being read.
    pub async fn look(path: &Path) -> Result<Vec<StoredSecret>, SecretStoreError> {
        Self::db(path).await?.read(|tx| Ok(rows(tx)?)).await
    }
}

/// What the file says, held against what must be in it.
fn judged(rows: Vec<StoredSecret>, contents: &Contents) -> Vec<StoredSecret> {
    let live = contents.live_names();
    let judged = live.filter_map(|name| match rows.iter().find(|row| row.name.as_str() == name) {
        Some(row) => {
            let sound =
                contents.live(name).and_then(|version| u64::try_from(version).ok()) == Some(row.version);
            Some(StoredSecret { sound, ..row.clone() })
        }
        None => missing(name),
    });
    judged.collect()
}

/// A secret whose rows are gone.
fn missing(name: &str) -> Option<StoredSecret> {
    let never = Stamp { at: moment(0), by: None, purpose: None };
    Some(StoredSecret {
        name: name.parse().ok()?,
        version: 0,
        versions: 0,
        note: None,
        created: never.clone(),
        updated: never,
        last_used: None,
        sound: false,
    })
}

/// The secrets of all rows that are not hidden.
fn rows(tx: &Transaction<'_>) -> Result<Vec<StoredSecret>, SqlError> {
    let query = "SELECT name, version, note, created_at, created_by, updated_at, updated_by, last_used_at, last_used_by, \
                 last_used_for FROM secrets WHERE deleted_at IS NULL ORDER BY name, version";
    let mut statement = tx.prepare(query)?;
    let mut secrets: Vec<StoredSecret> = Vec::new();
    for found in statement.query_map([], secret)? {
        // a name that is none was not stored by this program
        let Some(found) = found? else { continue };
        match secrets.last_mut().filter(|last| last.name == found.name) {
            Some(last) => {
                let (created, versions) = (last.created.clone(), last.versions.saturating_add(1));
                let last_used = found.last_used.clone().or_else(|| last.last_used.clone());
                *last = StoredSecret { created, versions, last_used, ..found };
            }
            None => secrets.push(found),
        }
    }
    Ok(secrets)
}

fn secret(row: &Row<'_>) -> Result<Option<StoredSecret>, SqlError> {
    let Ok(name) = row.get::<_, String>(0)?.parse() else { return Ok(None) };
    let stamp = |at: i64, by: Option<String>| Stamp { at: moment(at), by, purpose: None };
    let purpose: Option<String> = row.get(9)?;
    let last_used = match row.get::<_, Option<i64>>(7)? {
        Some(at) => {
            let purpose = purpose.and_then(|purpose| purpose.parse().ok());
            Some(Stamp { purpose, ..stamp(at, row.get(8)?) })
        }
        None => None,
    };
    Ok(Some(StoredSecret {
        name,
        version: u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default(),
        versions: 1,
        note: row.get(2)?,
        created: stamp(row.get(3)?, row.get(4)?),
        updated: stamp(row.get(5)?, row.get(6)?),
        last_used,
        sound: true,
    }))
}
