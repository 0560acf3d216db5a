//! `{"$env": NAME}` and `{"$file": path}`: texts that stand elsewhere.
//!
//! The room only asks; whoever embeds it decides whether there is anything to be had. What comes back may be a secret
//! that somebody put in the wrong place, so that no message repeats it.

use std::path::Path;

/// Answers what a configuration wants from outside its file.
pub trait Expand {
    /// The value of an environment variable.
    ///
    /// # Errors
    /// Why there is none.
    fn variable(&self, name: &str) -> Result<String, ExpandError>;

    /// The text of a file.
    ///
    /// # Errors
    /// Why there is none.
    fn file(&self, path: &Path) -> Result<String, ExpandError>;
}

/// Why a text from outside is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpandError {
    /// Whoever reads the configuration does not expand.
    #[error("`$env` and `$file` are not expanded here")]
    NotOffered,
    /// The variable is not set, or empty.
    #[error("the environment variable `{0}` is not set")]
    Unset(String),
    /// The file cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    Unreadable {
        /// Which file.
        path: String,
        /// What the system said.
        reason: String,
    },
}

/// Refuses to expand anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoExpansion;

impl Expand for NoExpansion {
    fn variable(&self, _name: &str) -> Result<String, ExpandError> {
        Err(ExpandError::NotOffered)
    }

    fn file(&self, _path: &Path) -> Result<String, ExpandError> {
        Err(ExpandError::NotOffered)
    }
}
