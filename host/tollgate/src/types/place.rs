//! Where something was written.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where in a configuration something stands, so that whatever is decided by it can name the line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The file; `None` where the configuration was put together in code.
    pub file: Option<Arc<PathBuf>>,
    /// The line, from 1; 0 without a file.
    pub line: usize,
    /// The column in characters, from 1; 0 without a file.
    pub column: usize,
    /// The path of keys that leads there, such as `purposes.chat.models[0]`.
    pub key: String,
}

impl Place {
    /// A key of a configuration that was put together in code.
    #[must_use]
    pub fn of_key(key: impl Into<String>) -> Self {
        Self { key: key.into(), ..Self::default() }
    }

    /// A key of a file.
    #[must_use]
    pub fn in_file(file: Arc<PathBuf>, line: usize, column: usize, key: impl Into<String>) -> Self {
        Self { file: Some(file), line, column, key: key.into() }
    }
}

/// `` `purposes.chat.models` (tollgate.yaml:12) ``, or the key alone.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.key)?;
        match &self.file {
            Some(file) => write!(f, " ({}:{})", file.display(), self.line),
            None => Ok(()),
        }
    }
}
