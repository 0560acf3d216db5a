//! What the host asks of hooks that take part in the choice of a model.

use std::fmt;

use async_trait::async_trait;

use crate::types::{Caller, ModelId};

/// Takes part in the choice of models, as Rust code of the embedder's.
///
/// Hooks run in the order in which they were added. A hook that fails, panics or takes longer than two seconds refuses
/// (SECURITY.md 3.2): nothing is listed, and no prompt is admitted.
///
/// # Examples
/// ```
/// use async_trait::async_trait;
/// use tollgate::types::{Caller, ModelId};
/// use tollgate::{HookRefusal, ModelHook};
///
/// /// Visitors get the small models.
/// #[derive(Debug)]
/// struct Visitors;
///
/// #[async_trait]
/// impl ModelHook for Visitors {
///     async fn filter_models(&self, caller: &Caller, models: &[ModelId]) -> Result<Vec<String>, HookRefusal> {
///         let allowed = |id: &&ModelId| caller.actor.id().is_some() || id.name.as_str().ends_with("-mini");
///         Ok(models.iter().filter(allowed).map(ToString::to_string).collect())
///     }
/// }
/// ```
#[async_trait]
pub trait ModelHook: Send + Sync + fmt::Debug {
    /// Names the model of a prompt that names none: an id, an alias or `plugin/name`. `None` passes on to the next hook, and
    /// then to the configured default. Not asked where a model was named.
    ///
    /// # Errors
    /// Refuses the prompt.
    async fn default_model(&self, caller: &Caller) -> Result<Option<String>, HookRefusal> {
        let _ = caller;
        Ok(None)
    }

    /// Which of these models may be used, by whatever name. Can only take away: a model that was not offered is ignored.
    /// Judges each model by itself: a prompt's admission offers its one model only.
    ///
    /// # Errors
    /// Refuses all of them.
    async fn filter_models(&self, caller: &Caller, models: &[ModelId]) -> Result<Vec<String>, HookRefusal> {
        let _ = caller;
        Ok(models.iter().map(ToString::to_string).collect())
    }
}

/// A hook's no, with its reason for the caller to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct HookRefusal {
    /// Why.
    pub reason: String,
}

impl HookRefusal {
    /// Refuses for this reason.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}
