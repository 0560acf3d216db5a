//! Sealing: XChaCha20-Poly1305, each time with a fresh nonce and with the place that the bytes belong to.
//!
//! A nonce has 24 random bytes, so that nobody has to count: two equal ones under one key are not to be expected before
//! 2^80 values. The place goes into the tag and not into the file: bytes that were moved elsewhere do not open there.

use chacha20poly1305::{AeadInOut as _, KeyInit as _, XChaCha20Poly1305};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::key::EncryptionKey;
use crate::secret::Secret;
use crate::types::{UtcMillis, unguessable};

pub(super) const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// What came out of sealing. Nothing in it is secret but the length.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) nonce: [u8; NONCE_BYTES],
    pub(super) bytes: Vec<u8>,
}

/// Where sealed bytes belong. Two different places never have the same encoding.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// A store's table of contents.
    Contents { store: &'a [u8; 16] },
    /// One version of one secret.
    Value { store: &'a [u8; 16], name: &'a str, version: i64, created: UtcMillis },
}

impl Place<'_> {
    /// A tag of its own for each kind, fields of fixed lengths, and the one of another length last, with its length.
    fn encode(&self, key: &EncryptionKey) -> Vec<u8> {
        match self {
            Self::Contents { store } => {
                [b"tollgate contents 1\0", store.as_slice(), key.id().as_bytes()].concat()
            }
            Self::Value { store, name, version, created } => [
                b"tollgate secret 1\0".as_slice(),
                store.as_slice(),
                key.id().as_bytes(),
                &version.to_be_bytes(),
                &created.as_millis().to_be_bytes(),
                &(name.len() as u64).to_be_bytes(),
                name.as_bytes(),
            ]
            .concat(),
        }
    }
}

/// Seals bytes for a place.
pub(super) fn seal(key: &EncryptionKey, place: Place<'_>, plain: &[u8]) -> Option<Sealed> {
    // with room for the tag, so that no copy is left behind where it grew
    let mut bytes = Zeroizing::new(Vec::with_capacity(plain.len().saturating_add(TAG_BYTES)));
    bytes.extend_from_slice(plain);
    let mut nonce = [0; NONCE_BYTES];
    // hashed, because some of those bits are fixed
    nonce.iter_mut().zip(Sha256::digest(unguessable())).for_each(|(to, from)| *to = from);
    let cipher = XChaCha20Poly1305::new(key.sealing().into());
    cipher.encrypt_in_place((&nonce).into(), &place.encode(key), &mut *bytes).ok()?;
    Some(Sealed { nonce, bytes: std::mem::take(&mut *bytes) })
}

/// Opens what was sealed for this place with this key; `None` where it was not, or was changed since.
pub(super) fn open(
    key: &EncryptionKey,
    place: Place<'_>,
    nonce: &[u8],
    sealed: Vec<u8>,
) -> Option<Zeroizing<Vec<u8>>> {
    let nonce: &[u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let mut bytes = Zeroizing::new(sealed);
    let cipher = XChaCha20Poly1305::new(key.sealing().into());
    cipher.decrypt_in_place(nonce.into(), &place.encode(key), &mut *bytes).ok()?;
    Some(bytes)
}

/// Seals a secret. This and [`open`] are all that the store has to do with a secret's bytes.
pub(super) fn seal_secret(key: &EncryptionKey, place: Place<'_>, secret: &Secret) -> Option<Sealed> {
    seal(key, place, secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: [u8; 16] = [7; 16];

    fn value<'a>(name: &'a str, version: i64, created: u64) -> Place<'a> {
        Place::Value { store: &STORE, name, version, created: UtcMillis::new(created) }
    }

    #[test]
    fn what_was_sealed_opens_at_its_place_only() {
        // S13
        let (key, other) = (EncryptionKey::generate(), EncryptionKey::generate());
        let sealed = seal(&key, value("A", 1, 5), b"tgcanary").unwrap();
        let opened = |key: &EncryptionKey, place| open(key, place, &sealed.nonce, sealed.bytes.clone());
        assert_eq!(opened(&key, value("A", 1, 5)).unwrap().as_slice(), b"tgcanary");
        assert!(opened(&other, value("A", 1, 5)).is_none());
        let elsewhere = Place::Value { store: &[8; 16], name: "A", version: 1, created: UtcMillis::new(5) };
        let places = [
            value("B", 1, 5),
            value("AA", 1, 5),
            value("A", 2, 5),
            value("A", 1, 6),
            elsewhere,
            Place::Contents { store: &STORE },
        ];
        for place in places {
            assert!(opened(&key, place).is_none(), "{place:?}");
        }
    }

    #[test]
    fn every_flipped_bit_and_every_lost_byte_is_seen() {
        // S13
        let key = EncryptionKey::generate();
        let sealed = seal(&key, value("A", 1, 5), b"tgcanary").unwrap();
        let opens =
            |nonce: &[u8], bytes: &[u8]| open(&key, value("A", 1, 5), nonce, bytes.to_vec()).is_some();
        assert!(opens(&sealed.nonce, &sealed.bytes));
        for bit in 0..sealed.bytes.len() * 8 {
            let mut flipped = sealed.bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!opens(&sealed.nonce, &flipped), "bit {bit}");
        }
        for bit in 0..sealed.nonce.len() * 8 {
            let mut flipped = sealed.nonce;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!opens(&flipped, &sealed.bytes), "bit {bit} of the nonce");
        }
        for length in 0..sealed.bytes.len() {
            assert!(!opens(&sealed.nonce, &sealed.bytes[..length]), "{length} bytes");
        }
        assert!(!opens(&sealed.nonce[..23], &sealed.bytes));
    }

    #[test]
    fn the_same_value_never_looks_the_same() {
        let key = EncryptionKey::generate();
        let [one, two] = [0, 1].map(|_| seal(&key, value("A", 1, 5), b"tgcanary").unwrap());
        assert!(one.nonce != two.nonce && one.bytes != two.bytes);
    }
}
