//! What an engine has compiled, by digest: in memory, for as long as the engine lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;
use wasmtime::component::Component;

use super::CompileError;
use crate::types::Digest;

/// Compiled components. Whoever asks for one that is being compiled waits for it.
#[derive(Default)]
pub(in crate::sandbox) struct Kept(Mutex<HashMap<Digest, Arc<OnceCell<Component>>>>);

impl Kept {
    /// What is kept of this digest, or what `make` makes. Where whoever makes it goes away, the next one does.
    pub(super) async fn get<F>(
        &self,
        digest: Digest,
        make: impl FnOnce() -> F,
    ) -> Result<Component, CompileError>
    where
        F: Future<Output = Result<Component, CompileError>>,
    {
        let cell = self.lock().entry(digest).or_default().clone();
        let made = cell.get_or_try_init(make).await.cloned();
        if made.is_err() {
            self.forget(&digest);
        }
        made
    }

    /// Keeps nothing of this digest, such as of a plugin that was refused after it was compiled.
    pub(in crate::sandbox) fn forget(&self, digest: &Digest) {
        self.lock().remove(digest);
    }

    pub(in crate::sandbox) fn has(&self, digest: &Digest) -> bool {
        self.lock().contains_key(digest)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Arc<OnceCell<Component>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
