//! An entry of the cache: `magic ‖ MAC ‖ code`.
//!
//! The MAC is an HMAC-SHA256 under the host's own key, over the magic, everything that the entry's name is hashed of, and
//! the code. So an entry is good under its own name only, for the engine that it was made for.

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::key::Key;
use super::native::Native;
use crate::types::Digest;

const MAGIC: &[u8; 16] = b"tollgate: code 1";
const MAC_BYTES: usize = 32;
/// What an entry has ahead of the code.
pub(super) const HEAD_BYTES: usize = MAGIC.len() + MAC_BYTES;

/// What compiled code was made of, by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    component: Digest,
    engine: Digest,
    version: &'static str,
}

/// Why an entry is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("it is cut off")]
    Short,
    #[error("it is no compiled code of this host's")]
    Magic,
    #[error("it was changed, or made with another key, for another component, engine or version")]
    Mac,
}

impl Name {
    /// The code of this component for an engine with this fingerprint, of this version of the host.
    pub(super) fn new(component: Digest, engine: Digest) -> Self {
        Self { component, engine, version: env!("CARGO_PKG_VERSION") }
    }

    /// The name of its file: nothing in it comes from a stranger.
    pub(super) fn file(&self) -> String {
        let mut hash = Sha256::new();
        self.parts().for_each(|part| hash.update(part));
        format!("{}.code", Digest::new(hash.finalize().into()))
    }

    /// Of fixed lengths, but for the last.
    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        [self.component.as_bytes().as_slice(), self.engine.as_bytes(), self.version.as_bytes()].into_iter()
    }

    fn mac(&self, key: &Key, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&key.block().into());
        mac.update(MAGIC);
        self.parts().for_each(|part| mac.update(part));
        // so that no end of the version can be the beginning of the code
        mac.update(&(self.version.len() as u64).to_le_bytes());
        mac.update(code);
        mac
    }
}

/// What goes ahead of this code in its entry.
pub(super) fn seal(name: &Name, key: &Key, native: &Native) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    let (magic, mac) = head.split_at_mut(MAGIC.len());
    magic.copy_from_slice(MAGIC);
    mac.copy_from_slice(&name.mac(key, native.as_bytes()).finalize().into_bytes());
    head
}

/// The code of an entry that is this host's own, of this name, and whole.
pub(super) fn open(name: &Name, key: &Key, entry: Vec<u8>) -> Result<Native, Broken> {
    let (head, code) = entry.split_at_checked(HEAD_BYTES).ok_or(Broken::Short)?;
    let mac = head.strip_prefix(MAGIC).ok_or(Broken::Magic)?;
    // compares in constant time
    name.mac(key, code).verify_slice(mac).map_err(|_| Broken::Mac)?;
    Ok(Native::vouched(Bytes::from(entry).slice(HEAD_BYTES..)))
}

#[cfg(test)]
impl Name {
    pub(super) fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> Name {
        Name::new(Digest::new([1; 32]), Digest::new([2; 32]))
    }

    fn sealed(name: &Name, key: u8) -> Vec<u8> {
        let native = Native::vouched(Bytes::from_static(b"native code"));
        [seal(name, &Key::fixed(key), &native).as_slice(), native.as_bytes()].concat()
    }

    #[test]
    fn an_entry_is_good_under_its_own_name_and_key_only() {
        // P03
        let good = sealed(&name(), 1);
        let opened = |entry: &[u8], name: &Name, key| {
            open(name, &Key::fixed(key), entry.to_vec()).map(|native| native.as_bytes().to_vec())
        };
        assert_eq!(opened(&good, &name(), 1).unwrap(), b"native code");
        assert_eq!(opened(&good, &name(), 2), Err(Broken::Mac));
        let others = [
            Name::new(Digest::new([3; 32]), Digest::new([2; 32])),
            Name::new(Digest::new([1; 32]), Digest::new([3; 32])),
            Name::new(Digest::new([2; 32]), Digest::new([1; 32])),
            name().version("0.0.0"),
            name().version(""),
        ];
        for other in others {
            assert_eq!(opened(&good, &other, 1), Err(Broken::Mac), "{other:?}");
            assert_ne!(other.file(), name().file());
        }
    }

    #[test]
    fn every_flipped_bit_and_every_lost_byte_is_seen() {
        // P03
        let good = sealed(&name(), 1);
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&name(), &Key::fixed(1), flipped).is_err(), "bit {bit}");
        }
        for length in 0..good.len() {
            assert!(open(&name(), &Key::fixed(1), good[..length].to_vec()).is_err(), "{length} bytes");
        }
        assert!(open(&name(), &Key::fixed(1), [good.as_slice(), b"x"].concat()).is_err());
    }

    #[test]
    fn where_the_version_ends_and_the_code_begins_is_part_of_it() {
        // P03
        let native = Native::vouched(Bytes::from_static(b"1code"));
        let (name, key) = (name().version("0.1"), Key::fixed(1));
        let entry = [seal(&name, &key, &native).as_slice(), b"code"].concat();
        assert_eq!(open(&name.version("0.11"), &key, entry).err(), Some(Broken::Mac));
    }
}
