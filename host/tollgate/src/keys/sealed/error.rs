//! Why a store does not do what it was asked for.

use std::path::PathBuf;

use super::key::KeyId;
use crate::db::{DbError, SqlError};
use crate::types::SecretName;

/// Why a [`SecretStore`](super::SecretStore) cannot be opened, or a secret not be read or stored. No value is part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretStoreError {
    /// Its file.
    #[error(transparent)]
    Db(#[from] DbError),
    /// It is sealed with another key.
    #[error(
        "{} is encrypted with the key {sealed_with}, and the configured one is {}",
        .path.display(), ids(.given)
    )]
    OtherKey {
        /// The store.
        path: PathBuf,
        /// The id of the key that it takes.
        sealed_with: String,
        /// The ids of those that were given.
        given: Vec<KeyId>,
    },
    /// Its table of contents does not open.
    #[error("{} was changed by somebody else or is damaged; restore it from a backup", .path.display())]
    Contents {
        /// The store.
        path: PathBuf,
    },
    /// One secret does not open. The others do.
    #[error("the stored secret `{name}` was changed by somebody else or is damaged; set it again")]
    Damaged {
        /// Which.
        name: SecretName,
    },
    /// The value is too long.
    #[error("a secret takes at most 64 KiB")]
    TooLong,
    /// The note does not do.
    #[error("a note takes at most 100 characters of printable text, in one line")]
    Note,
}

impl From<SqlError> for SecretStoreError {
    fn from(error: SqlError) -> Self {
        DbError::from(error).into()
    }
}

fn ids(keys: &[KeyId]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
