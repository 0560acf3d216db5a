//! A secret with the place in a request where it goes.

use super::Secret;
use crate::types::{Placement, SecretRef};

/// A secret, where in a request it goes, and where it was found.
///
/// Which origins it may go to is not said here but in the grant: [`OriginGrant::carries_key`].
///
/// [`OriginGrant::carries_key`]: crate::types::OriginGrant::carries_key
#[derive(Debug, Clone)]
pub struct Credential {
    /// The value.
    pub(crate) secret: Secret,
    /// The header that it goes into.
    pub(crate) placement: Placement,
    /// Where it was found; for audit, never for a plugin.
    pub(crate) source: SecretRef,
}

impl Credential {
    /// Binds a secret to its place.
    #[must_use]
    pub fn new(secret: Secret, placement: Placement, source: SecretRef) -> Self {
        Self { secret, placement, source }
    }

    /// Where the value was found.
    #[must_use]
    pub fn source(&self) -> &SecretRef {
        &self.source
    }
}
