//! Secrets of an existing deployment: the table `datasette_secrets`, whose values are Fernet tokens.
//!
//! Only read. Of each secret the newest version counts, and where that is deleted there is none: an older one must not come
//! back. A value that does not open is told of by its name, and the others are taken.

mod fernet;

use std::path::{Path, PathBuf};

use super::sealed::is_note;
use crate::db::{self, Connection, DbError, Row, SqlError};
use crate::keys::Stamp;
use crate::secret::Secret;
use crate::types::{SecretName, UtcMillis, printable};
pub use fernet::FernetKey;

/// What another store has.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Foreign {
    /// What can be taken over.
    pub secrets: Vec<ForeignSecret>,
    /// What cannot, and why not: the name as it stands there, made printable.
    pub unread: Vec<(String, &'static str)>,
}

/// A secret of another store.
#[derive(Debug)]
#[non_exhaustive]
pub struct ForeignSecret {
    /// Its name.
    pub name: SecretName,
    /// Its value.
    pub value: Secret,
    /// What its operator wrote beside it.
    pub note: Option<String>,
    /// When this version was stored, and by whom.
    pub created: Stamp,
    /// When it was last changed, and by whom.
    pub updated: Stamp,
    /// When it was last used, and by whom.
    pub last_used: Option<Stamp>,
}

/// Why nothing can be taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// Its file.
    #[error(transparent)]
    Db(#[from] DbError),
    /// It is another kind of database.
    #[error("{} has no table `datasette_secrets`", .path.display())]
    NoTable {
        /// The database.
        path: PathBuf,
    },
}

impl Foreign {
    /// Reads the secrets of a database. Blocks; the database is not changed.
    ///
    /// # Errors
    /// Where it cannot be read, has no such table, or others can write it.
    pub fn read(path: &Path, key: &FernetKey) -> Result<Self, ForeignError> {
        let failed = |error: SqlError| DbError::from(error).of(path);
        let connection = db::read_only(path)?;
        let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'datasette_secrets'";
        let tables: i64 = connection.query_row(tables, [], |row| row.get(0)).map_err(failed)?;
        if tables == 0 {
            return Err(ForeignError::NoTable { path: path.to_owned() });
        }
        Ok(rows(&connection, key).map_err(failed)?)
    }
}

/// The newest version of each secret, deleted or not. Times there are texts of seconds in UTC.
const NEWEST: &str = "SELECT name, encrypted, note, unixepoch(created_at), created_by, unixepoch(updated_at), \
    updated_by, unixepoch(last_used_at), last_used_by, deleted_at IS NOT NULL FROM datasette_secrets AS newest \
    WHERE id = (SELECT id FROM datasette_secrets WHERE name = newest.name ORDER BY version DESC, id DESC LIMIT 1) \
    ORDER BY name";

fn rows(connection: &Connection, key: &FernetKey) -> Result<Foreign, SqlError> {
    let mut foreign = Foreign::default();
    let mut statement = connection.prepare(NEWEST)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if row.get::<_, bool>(9)? {
            continue;
        }
        let name: String = row.get(0)?;
        match secret(row, &name, key)? {
            Ok(secret) => foreign.secrets.push(secret),
            Err(why) => foreign.unread.push((printable(&name, 128), why)),
        }
    }
    Ok(foreign)
}

fn secret(
    row: &Row<'_>,
    name: &str,
    key: &FernetKey,
) -> Result<Result<ForeignSecret, &'static str>, SqlError> {
    let Ok(name) = name.parse() else {
        return Ok(Err("its name is none here: letters, digits and `_`, not a digit first"));
    };
    // a token is text, and is stored as either
    let token = row.get_ref(1)?;
    let token = token.as_bytes().or_else(|_| token.as_str().map(str::as_bytes));
    let Some(plain) = token.ok().and_then(|token| key.open(token)) else {
        return Ok(Err("it does not decrypt with this key"));
    };
    let Some(value) = Secret::new(plain) else { return Ok(Err("it is empty")) };
    let of = |at: usize, by: usize| -> Result<Option<Stamp>, SqlError> {
        let Some(at) = moment(row.get(at)?) else { return Ok(None) };
        Ok(Some(Stamp { at, by: row.get(by)?, purpose: None }))
    };
    let unknown = || Stamp { at: UtcMillis::new(0), by: None, purpose: None };
    let created = of(3, 4)?.unwrap_or_else(unknown);
    let updated = of(5, 6)?.unwrap_or_else(|| created.clone());
    let note: Option<String> = row.get(2)?;
    let note = note.filter(|note| !note.is_empty() && is_note(note));
    Ok(Ok(ForeignSecret { name, value, note, created, updated, last_used: of(7, 8)? }))
}

fn moment(seconds: Option<i64>) -> Option<UtcMillis> {
    let seconds = u64::try_from(seconds?).ok()?;
    Some(UtcMillis::new(seconds.saturating_mul(1000)))
}

#[cfg(test)]
mod tests;
