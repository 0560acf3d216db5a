//! The file of the encryption key.
//!
//! One key per line, in base64; lines that begin with `#` are for people. There are two keys while one is being replaced
//! by the other, and the store takes one of them. It is written whole or not at all, and is on the disk before anything is
//! encrypted with what stands in it.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::key::{EncryptionKey, EncryptionKeyError};
use crate::file;

/// A file of two keys has a third of this.
const MOST_BYTES: u64 = 1 << 10;

const HEADING: &str =
    "# tollgate's encryption key. Without it, nobody can read the stored secrets: keep a copy.\n";

/// A file with the encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
    /// The operator put it there: it may be readable by others, as what a service manager mounts, but not writable.
    is_given: bool,
}

/// Why a key file cannot be used. Nothing of a key is part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("cannot use the key file {}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// Others could have read or written it.
    #[error("the key file {} {why}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the way out.
        why: String,
    },
    /// There is a file already.
    #[error("there is a key file already: {}", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no key in it.
    #[error("{}: {error}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: EncryptionKeyError,
    },
}

impl KeyFile {
    /// A file that this program makes and keeps: nobody else may read it.
    #[must_use]
    pub fn own(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), is_given: false }
    }

    /// A file that the operator put somewhere: nobody else may write it.
    #[must_use]
    pub fn given(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), is_given: true }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys in it; none where there is no file.
    ///
    /// # Errors
    /// See [`KeyFileError`]. A file without a key is an error.
    pub fn read(&self) -> Result<Vec<EncryptionKey>, KeyFileError> {
        let metadata = match std::fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.io(error)),
        };
        self.judge(&metadata)?;
        let text = Zeroizing::new(std::fs::read(&self.path).map_err(|error| self.io(error))?);
        let key = |error| KeyFileError::Key { path: self.path.clone(), error };
        let text = std::str::from_utf8(&text).map_err(|_| key(EncryptionKeyError::Encoding))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(EncryptionKey::parse).collect::<Result<Vec<_>, _>>().map_err(key)?;
        if keys.is_empty() { Err(key(EncryptionKeyError::Empty)) } else { Ok(keys) }
    }

    /// Makes the file, for its user alone.
    ///
    /// # Errors
    /// [`KeyFileError::Exists`] where there is one: a key that is overwritten is lost, and every secret with it.
    pub fn create(&self, key: &EncryptionKey) -> Result<(), KeyFileError> {
        if let Some(dir) = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            file::make_directory(dir).map_err(|error| self.io(error))?;
        }
        let is_new = file::keep(&self.path, content(&[key]).as_bytes()).map_err(|error| self.io(error))?;
        if is_new { Ok(()) } else { Err(KeyFileError::Exists { path: self.path.clone() }) }
    }

    /// Puts these keys into the file, in place of those in it.
    ///
    /// # Errors
    /// Where it cannot be written. The keys are those from before then.
    pub fn replace(&self, keys: &[&EncryptionKey]) -> Result<(), KeyFileError> {
        // of a link, the target is replaced
        let path = std::fs::canonicalize(&self.path).map_err(|error| self.io(error))?;
        file::exchange(&path, content(keys).as_bytes()).map_err(|error| self.io(error))
    }

    fn judge(&self, metadata: &std::fs::Metadata) -> Result<(), KeyFileError> {
        let foreign = |why: String| KeyFileError::Foreign { path: self.path.clone(), why };
        let shown = self.path.display();
        if !metadata.is_file() {
            return Err(foreign("is no file".to_owned()));
        }
        if metadata.len() > MOST_BYTES {
            return Err(foreign("is too large for a file of a key".to_owned()));
        }
        if self.is_given {
            if file::gives(metadata, 0o022) {
                return Err(foreign(format!("can be written by others; `chmod go-w {shown}`")));
            }
            return Ok(());
        }
        if !file::is_own(metadata) {
            return Err(foreign("belongs to another user".to_owned()));
        }
        if file::gives(metadata, 0o077) {
            let why = "is open to others, who may have read it; `chmod 600 ";
            return Err(foreign(format!("{why}{shown}`, then `tollgate keys rotate`")));
        }
        Ok(())
    }

    fn io(&self, error: std::io::Error) -> KeyFileError {
        KeyFileError::Io { path: self.path.clone(), error }
    }
}

fn content(keys: &[&EncryptionKey]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(512));
    text.push_str(HEADING);
    for key in keys {
        text.push_str(&key.encode());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::own(dir.path().join("own/encryption.key"));
        assert!(file.read().unwrap().is_empty());
        let (one, two) = (EncryptionKey::generate(), EncryptionKey::generate());
        file.create(&one).unwrap();
        assert!(matches!(file.create(&two).unwrap_err(), KeyFileError::Exists { .. }));
        let ids = |file: &KeyFile| file.read().unwrap().iter().map(EncryptionKey::id).collect::<Vec<_>>();
        assert_eq!(ids(&file), [one.id()]);
        file.replace(&[&one, &two]).unwrap();
        assert_eq!(ids(&file), [one.id(), two.id()]);
        file.replace(&[&two]).unwrap();
        assert_eq!(ids(&file), [two.id()]);
        assert_eq!(
            std::fs::read_dir(dir.path().join("own")).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn a_file_without_a_key_is_an_error_that_repeats_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        for text in ["", "# nothing\n", "tgcanary\n", "\u{feff}tgcanary", &"tgcanary".repeat(1000)] {
            std::fs::write(&path, text).unwrap();
            let error = KeyFile::given(&path).read().unwrap_err().to_string();
            assert!(error.contains("key") && !error.contains("tgcanary"), "{error}");
        }
        std::fs::write(&path, b"\xff\xfe").unwrap();
        assert!(KeyFile::given(&path).read().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn others_read_no_key_of_ours_and_write_none_at_all() {
        // S11
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own/key");
        KeyFile::own(&path).create(&EncryptionKey::generate()).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        for (mode, own, given) in [
            (0o600, true, true),
            (0o640, false, true),
            (0o604, false, true),
            (0o660, false, false),
            (0o602, false, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(KeyFile::own(&path).read().is_ok(), own, "{mode:o}");
            assert_eq!(KeyFile::given(&path).read().is_ok(), given, "{mode:o}");
        }
        let error = KeyFile::own(&path).read().unwrap_err().to_string();
        assert!(error.contains(&format!("`chmod 600 {}`", path.display())), "{error}");
    }
}
