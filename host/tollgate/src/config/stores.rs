//! Where things are kept that the configuration only points at: the ledger, and the key of the stored secrets.

use std::fmt;
use std::path::PathBuf;

/// Where the key that encrypts stored secrets is: never the key itself. The library reads none of these places.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptionKeyAt {
    /// In this environment variable.
    Env(String),
    /// In this file. [`Config::parse`](super::Config::parse) has put the configuration's folder before a relative one.
    File(PathBuf),
    /// In the operating system's keyring.
    Keyring,
}

/// Where the ledger is. Default: SQLite in a file of the house's own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedgerAt {
    /// In this SQLite file; `None`: the one in the data directory of whoever embeds the library.
    /// [`Config::parse`](super::Config::parse) has put the folder of the configuration before a relative one.
    Sqlite(Option<PathBuf>),
    /// In this PostgreSQL database.
    Postgres(PostgresUrl),
}

impl Default for LedgerAt {
    fn default() -> Self {
        Self::Sqlite(None)
    }
}

/// The address of a PostgreSQL database, which may have a password in it: `Debug` shows nothing of it, and there is no
/// `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl PostgresUrl {
    /// Takes an address, password and all.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The address, to connect to. Not for messages.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresUrl(..)")
    }
}
