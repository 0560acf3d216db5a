//! The key that secrets are encrypted with.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::types::unguessable;

const BYTES: usize = 32;

/// More than any spelling of a key takes.
const MOST_TEXT_BYTES: usize = 64;

/// What the key is used for, each time under another key that is derived from it: knowing one tells nothing of another.
const FOR_ID: &[u8] = b"tollgate encryption key: id 1";
const FOR_SEALING: &[u8] = b"tollgate encryption key: sealing 1";

/// The key that a [`SecretStore`](super::SecretStore) encrypts with: 32 random bytes.
///
/// It cannot be printed; [`EncryptionKey::encode`] is the one way out, for whoever keeps it. Its memory is wiped when it is
/// dropped, and kept out of swap where the system allows that. What this cannot do: the processor's registers, what the
/// compiler copied to the stack meanwhile, and a machine that hibernates.
pub struct EncryptionKey {
    // wiped before it is unlocked: fields are dropped in order
    bytes: Box<Keys>,
    _in_memory: Option<region::LockGuard>,
    id: KeyId,
}

#[derive(Default)]
struct Keys {
    own: Zeroizing<[u8; BYTES]>,
    sealing: Zeroizing<[u8; BYTES]>,
}

/// Which key it is: derived from it, and tells nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 8]);

/// Why a text is no encryption key. The text is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptionKeyError {
    /// There is nothing.
    #[error("the encryption key is empty")]
    Empty,
    /// It is no base64.
    #[error("the encryption key is not base64; `tollgate keys init --print` prints one that is")]
    Encoding,
    /// It has another length.
    #[error("the encryption key has {0} bytes; it takes 32 random ones, in base64")]
    Length(usize),
    /// Nobody has drawn it.
    #[error("the encryption key is the same byte again and again; it takes 32 random ones, in base64")]
    Constant,
}

impl EncryptionKey {
    /// A fresh key, from the system's random source.
    #[must_use]
    pub fn generate() -> Self {
        let mut source = unguessable();
        let mut bytes: [u8; BYTES] = Sha256::digest(source).into();
        let key = Self::new(&bytes);
        source.zeroize();
        bytes.zeroize();
        key
    }

    /// Reads a key: 32 bytes in base64, in either alphabet, with or without `=`; white space around it does not count.
    ///
    /// # Errors
    /// Where it is anything else.
    pub fn parse(text: &str) -> Result<Self, EncryptionKeyError> {
        let decoded = decode(text)?;
        let bytes: Zeroizing<[u8; BYTES]> = Zeroizing::new(
            decoded.as_slice().try_into().map_err(|_| EncryptionKeyError::Length(decoded.len()))?,
        );
        // of a key, not of a secret that anybody guesses at: no answer depends on it but this refusal
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err(EncryptionKeyError::Constant);
        }
        Ok(Self::new(&bytes))
    }

    /// The key in base64, for whoever keeps it.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(MOST_TEXT_BYTES));
        engine(false).encode_string(self.bytes.own.as_slice(), &mut text);
        text
    }

    /// Which key it is.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key under which values are sealed.
    pub(super) fn sealing(&self) -> &[u8; BYTES] {
        &self.bytes.sealing
    }

    fn new(bytes: &[u8; BYTES]) -> Self {
        let mut keys = Box::<Keys>::default();
        // the pages may stay swappable where the system's allowance is used up: better than no key
        let in_memory = region::lock(std::ptr::from_ref::<Keys>(&keys), size_of::<Keys>()).ok();
        keys.own.copy_from_slice(bytes);
        derive(bytes, FOR_SEALING, &mut keys.sealing);
        let mut whole = Zeroizing::new([0; BYTES]);
        derive(bytes, FOR_ID, &mut whole);
        let mut id = [0; 8];
        id.iter_mut().zip(whole.iter()).for_each(|(to, from)| *to = *from);
        Self { bytes: keys, _in_memory: in_memory, id: KeyId(id) }
    }
}

fn derive(key: &[u8; BYTES], purpose: &[u8], into: &mut [u8; BYTES]) {
    // HMAC takes keys of a block's length; shorter ones are filled up with zeros
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(purpose);
    let mut derived = mac.finalize().into_bytes();
    into.copy_from_slice(&derived);
    derived.as_mut_slice().zeroize();
}

/// The bytes of a text in base64.
pub(in crate::keys) fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, EncryptionKeyError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(EncryptionKeyError::Empty);
    }
    if text.len() > MOST_TEXT_BYTES {
        return Err(EncryptionKeyError::Encoding);
    }
    let is_standard = text.contains(['+', '/']);
    let decoded = engine(is_standard).decode(text).map_err(|_| EncryptionKeyError::Encoding)?;
    Ok(Zeroizing::new(decoded))
}

fn engine(is_standard: bool) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(if is_standard { &STANDARD } else { &URL_SAFE }, config)
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptionKey({})", self.id)
    }
}

impl KeyId {
    pub(super) fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_every_usual_spelling() {
        let bytes: Vec<u8> = (0_u8..32).map(|byte| 0xf8 ^ byte).collect();
        let spellings = [
            base64::engine::general_purpose::STANDARD.encode(&bytes),
            base64::engine::general_purpose::STANDARD_NO_PAD.encode(&bytes),
            base64::engine::general_purpose::URL_SAFE.encode(&bytes),
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes),
        ];
        assert!(spellings[0].contains(['+', '/']) && spellings[2].contains(['-', '_']));
        let id = EncryptionKey::parse(&spellings[0]).unwrap().id();
        for text in &spellings {
            let key = EncryptionKey::parse(&format!(" {text}\r\n")).unwrap();
            assert_eq!((key.id(), key.encode().as_str()), (id, spellings[2].as_str()));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        let of = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        for (text, error) in [
            (String::new(), EncryptionKeyError::Empty),
            (" \n".into(), EncryptionKeyError::Empty),
            ("tgcanary, not base64".into(), EncryptionKeyError::Encoding),
            ("tgcanary".repeat(9), EncryptionKeyError::Encoding),
            ("+_".repeat(22), EncryptionKeyError::Encoding),
            (of(b"tgcanary"), EncryptionKeyError::Length(8)),
            (of(&[1; 33]), EncryptionKeyError::Length(33)),
            (of(&[0; 32]), EncryptionKeyError::Constant),
        ] {
            let refused = EncryptionKey::parse(&text).unwrap_err();
            assert_eq!(refused, error, "{text}");
            assert!(!refused.to_string().contains("tgcanary"));
        }
    }

    #[test]
    fn keys_differ_and_show_nothing_but_an_id() {
        // S06
        let (one, two) = (EncryptionKey::generate(), EncryptionKey::generate());
        assert_ne!(one.id(), two.id());
        assert_eq!(format!("{one:?}"), format!("EncryptionKey({})", one.id()));
        assert_eq!(one.id().to_string().len(), 16);
        assert_ne!(one.sealing(), &*one.bytes.own);
    }
}
