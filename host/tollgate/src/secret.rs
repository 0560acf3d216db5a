//! Bytes that nobody may see.
//!
//! A [`Secret`] cannot be printed, serialized, compared or cloned out of the house: its bytes are reachable through
//! one crate-private method, which `egress::inject`, `egress::scrub` and the sealed key store call and nobody else.
//! They are wiped when the last owner lets go. An empty secret does not exist: an empty value means "unset".

mod credential;

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

pub use credential::Credential;

/// A secret value, such as an API key.
///
/// Clones share the same bytes. `Debug` shows nothing of it, not even its length.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<Box<[u8]>>>);

impl Secret {
    /// Takes a value in, without the white space around it; `None` where nothing is left.
    #[must_use]
    pub fn new(value: impl Into<Zeroizing<Vec<u8>>>) -> Option<Self> {
        let value = value.into();
        let trimmed = value.trim_ascii();
        (!trimmed.is_empty()).then(|| Self(Arc::new(Zeroizing::new(trimmed.into()))))
    }

    /// How many bytes it has: what a store or a header takes is bounded.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty secret does not exist")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing_of_itself() {
        let secret = Secret::new(b"tgcanary-value".to_vec()).unwrap();
        assert_eq!(format!("{secret:?} {secret:#?}"), "Secret(..) Secret(..)");
    }

    #[test]
    fn a_value_is_trimmed_and_an_empty_one_is_none() {
        assert_eq!(Secret::new(b" \tkey\r\n".to_vec()).unwrap().expose(), b"key");
        assert!(Secret::new(b" \r\n".to_vec()).is_none());
        assert!(Secret::new(Vec::new()).is_none());
    }
}
