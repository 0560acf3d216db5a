//! Fernet, the reading half: `0x80 ‖ time ‖ IV ‖ AES-128-CBC ‖ HMAC-SHA256`, in base64 (<https://github.com/fernet/spec>).
//!
//! A token's age is not looked at: what is stored has no lifetime.

use std::fmt;

use aes::Aes128;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::keys::EncryptionKeyError;
use crate::keys::sealed::decode;

const VERSION: u8 = 0x80;
const HEAD_BYTES: usize = 1 + 8;
const IV_BYTES: usize = 16;
const MAC_BYTES: usize = 32;

/// The key of a deployment that encrypts with Fernet: 32 bytes, half of them for authentication.
pub struct FernetKey(Zeroizing<[u8; 32]>);

impl FernetKey {
    /// Reads a key, in base64.
    ///
    /// # Errors
    /// Where it is none. The text is not repeated.
    pub fn parse(text: &str) -> Result<Self, EncryptionKeyError> {
        let bytes = decode(text)?;
        let key = bytes.as_slice().try_into().map_err(|_| EncryptionKeyError::Length(bytes.len()))?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// What a token holds; `None` where it is no token, of another key, or was changed.
    pub(super) fn open(&self, token: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let token = URL_SAFE.decode(token.trim_ascii()).ok()?;
        let (signing, encryption) = self.0.split_first_chunk::<16>()?;
        let (signed, mac) = token.split_at_checked(token.len().checked_sub(MAC_BYTES)?)?;
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(signing).for_each(|(to, from)| *to = *from);
        let mut computed = Hmac::<Sha256>::new((&*block).into());
        computed.update(signed);
        // compares in constant time
        computed.verify_slice(mac).ok()?;
        let (head, rest) = signed.split_at_checked(HEAD_BYTES)?;
        let (iv, ciphertext) = rest.split_at_checked(IV_BYTES)?;
        if head.first() != Some(&VERSION) || ciphertext.is_empty() {
            return None;
        }
        let cipher = Decryptor::<Aes128>::new_from_slices(encryption, iv).ok()?;
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        let length = cipher.decrypt_padded::<Pkcs7>(&mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

impl fmt::Debug for FernetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FernetKey(..)")
    }
}
