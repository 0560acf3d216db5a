//! The host's own key, under which its compiled code is authenticated.
//!
//! It is made once and stays in the cache's directory, readable by its user alone. One that others could have read or
//! written, that is a link, or that is broken is thrown away: with a new key, everything in the cache is foreign.

use std::fmt;
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::file::{self, ReadError};
use crate::telemetry::SECURITY;
use crate::types::unguessable;

const FILE: &str = "key";
const BYTES: u64 = 32;

/// The key. It cannot be printed.
pub(super) struct Key([u8; 32]);

impl Key {
    /// Reads the key in this directory, or makes one. Of several that make one at the same time, all get the same.
    ///
    /// # Errors
    /// Where none can be kept there.
    pub(super) fn load(dir: &Path) -> io::Result<Self> {
        let path = dir.join(FILE);
        // once where it is there, twice where it is made, more often only while others make and remove it, too
        for _ in 0..4 {
            match file::read_own(&path, BYTES, 0o077) {
                Ok((_, bytes)) => {
                    if let Ok(key) = bytes.try_into() {
                        return Ok(Self(key));
                    }
                    Self::distrust(&path, &ReadError::Unfit("is too short"))?;
                }
                Err(ReadError::Absent) => {}
                Err(error) => Self::distrust(&path, &error)?,
            }
            file::add(&path, &Sha256::digest(unguessable()))?;
        }
        Err(io::Error::other("the host's key does not stay where it was put"))
    }

    fn distrust(path: &Path, error: &ReadError) -> io::Result<()> {
        tracing::warn!(target: SECURITY, %error, "the compiled code's key is not used any more; all is compiled again");
        file::remove(path)
    }

    /// Of the length that HMAC-SHA256 takes keys in; shorter ones are filled up with zeros.
    pub(super) fn block(&self) -> [u8; 64] {
        let mut block = [0; 64];
        block.iter_mut().zip(&self.0).for_each(|(to, from)| *to = *from);
        block
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
impl Key {
    pub(super) fn fixed(byte: u8) -> Self {
        Self([byte; 32])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_make_a_key_at_the_same_time_get_the_same() {
        // P03
        let dir = tempfile::tempdir().unwrap();
        let keys: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let making: Vec<_> = (0..16).map(|_| scope.spawn(|| Key::load(dir.path()).unwrap().0)).collect();
            making.into_iter().map(|made| made.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && *key != [0; 32]));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_have_is_another_from_then_on() {
        // P03
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = dir.path().join(FILE);
        let outside = elsewhere.path().join("planted");
        std::fs::write(&outside, [7; 32]).unwrap();
        std::fs::set_permissions(&outside, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut last = Key::load(dir.path()).unwrap().0;
        assert_eq!(Key::load(dir.path()).unwrap().0, last);
        let spoil: [(&str, &dyn Fn()); 6] = [
            ("readable", &|| {
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap()
            }),
            ("writable", &|| {
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o602)).unwrap()
            }),
            ("short", &|| std::fs::write(&path, [1; 31]).unwrap()),
            ("long", &|| std::fs::write(&path, [1; 33]).unwrap()),
            ("a link", &|| {
                std::fs::remove_file(&path).unwrap();
                symlink(&outside, &path).unwrap();
            }),
            ("a directory", &|| {
                std::fs::remove_file(&path).unwrap();
                std::fs::create_dir(&path).unwrap();
            }),
        ];
        for (what, spoil) in spoil {
            spoil();
            let next = Key::load(dir.path()).unwrap().0;
            assert!(next != last && next != [7; 32], "{what}");
            let metadata = std::fs::symlink_metadata(&path).unwrap();
            assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600, "{what}");
            last = next;
        }
        assert_eq!(std::fs::read(&outside).unwrap(), [7; 32]);
    }

    #[test]
    fn a_key_is_not_printed() {
        assert_eq!(format!("{:?}", Key::fixed(1)), "Key(..)");
    }
}
