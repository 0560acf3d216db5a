//! What benchmarks run of this room: the scrubbing of one response, without the response.

use std::sync::Arc;

use bytes::Bytes;

use super::scrub::{Patterns, Scrub};
use crate::secret::Secret;

/// Takes a key out of what passes.
#[derive(Debug)]
pub struct Scrubber(Scrub);

impl Scrubber {
    /// `None` where the key is too short to be scrubbed.
    #[must_use]
    pub fn new(key: &Secret) -> Option<Self> {
        Patterns::new(key).map(|patterns| Self(Scrub::new(Arc::new(patterns), 0)))
    }

    /// Takes a chunk, gives back what may go on.
    pub fn push(&mut self, chunk: Bytes) -> Bytes {
        self.0.push(chunk)
    }

    /// How often the key was found.
    #[must_use]
    pub fn hits(&self) -> u32 {
        self.0.hits()
    }
}
