//! Hooks, asked in their order. Whatever keeps a hook from answering is a no (SECURITY.md 3.2).

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::House;
use crate::plugin::{HookRefusal, ModelHook};
use crate::types::{Caller, ModelId, PluginName, printable};

/// How long a hook may take (SECURITY.md 3.1).
const MOST: Duration = Duration::from_secs(2);

/// A hook under its name.
#[derive(Debug, Clone)]
pub(crate) struct NamedHook {
    pub(crate) name: PluginName,
    hook: Arc<dyn ModelHook>,
    /// Whether it was warned that it named what it was not offered.
    warned: Arc<AtomicBool>,
}

impl NamedHook {
    pub(crate) fn new(name: PluginName, hook: Arc<dyn ModelHook>) -> Self {
        Self { name, hook, warned: Arc::default() }
    }
}

/// A hook that refused, or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plugin `{plugin}` {failure}")]
#[non_exhaustive]
pub struct HookError {
    /// The hook's plugin.
    pub plugin: PluginName,
    /// What it did.
    pub failure: HookFailure,
}

/// Why a hook did not agree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HookFailure {
    /// It said no.
    #[error("refuses: {}", printable(.0, 1024))]
    Refused(String),
    /// It did not answer in time.
    #[error("did not answer within {limit_ms} ms")]
    TimedOut {
        /// How long it may take.
        limit_ms: u64,
    },
    /// It panicked.
    #[error("panicked")]
    Panicked,
    /// The host shut down.
    #[error("was stopped")]
    Stopped,
}

/// The first hook's choice, and whose it is.
pub(super) async fn chosen(
    house: &House,
    caller: &Caller,
) -> Result<Option<(String, PluginName)>, HookError> {
    for named in house.hooks.iter() {
        let (hook, caller) = (named.hook.clone(), caller.clone());
        let choice = ask(house, named, async move { hook.default_model(&caller).await }).await?;
        if let Some(name) = choice {
            return Ok(Some((name, named.name.clone())));
        }
    }
    Ok(None)
}

/// The hook that takes this model away, if one does.
pub(super) async fn removed_by(
    house: &House,
    caller: &Caller,
    model: &ModelId,
) -> Result<Option<PluginName>, HookError> {
    if house.hooks.is_empty() {
        return Ok(None);
    }
    let removed = filtered(house, caller, std::slice::from_ref(model)).await?;
    Ok(removed.into_iter().next().flatten())
}

/// For each of these models the hook that takes it away. Each hook is given what those before it left.
pub(super) async fn filtered(
    house: &House,
    caller: &Caller,
    models: &[ModelId],
) -> Result<Vec<Option<PluginName>>, HookError> {
    let mut removed: Vec<Option<PluginName>> = vec![None; models.len()];
    for named in house.hooks.iter() {
        let left = models.iter().zip(&removed).filter(|(_, removed)| removed.is_none());
        let offered: Vec<ModelId> = left.map(|(id, _)| id.clone()).collect();
        if offered.is_empty() {
            break;
        }
        let kept = kept(house, named, caller, offered).await?;
        for (id, removed) in models.iter().zip(&mut removed) {
            if removed.is_none() && !kept.contains(id) {
                *removed = Some(named.name.clone());
            }
        }
    }
    Ok(removed)
}

/// What one hook keeps of what it is offered, whatever else it names.
async fn kept(
    house: &House,
    named: &NamedHook,
    caller: &Caller,
    offered: Vec<ModelId>,
) -> Result<HashSet<ModelId>, HookError> {
    let (hook, caller, given) = (named.hook.clone(), caller.clone(), offered.clone());
    let names = ask(house, named, async move { hook.filter_models(&caller, &given).await }).await?;
    let view = house.registry.view();
    let offered: HashSet<&ModelId> = offered.iter().collect();
    let mut kept = HashSet::new();
    for name in names {
        let meant = view.catalog.find(&name).and_then(|index| view.catalog.get(index));
        match meant.filter(|meant| offered.contains(&meant.id)) {
            Some(meant) => drop(kept.insert(meant.id.clone())),
            None if !named.warned.swap(true, Ordering::Relaxed) => {
                let model = printable(&name, 128);
                tracing::warn!(plugin = %named.name, %model, "a hook keeps a model that it was not offered; ignored");
            }
            None => {}
        }
    }
    Ok(kept)
}

async fn ask<T: Send + 'static>(
    house: &House,
    named: &NamedHook,
    answer: impl Future<Output = Result<T, HookRefusal>> + Send + 'static,
) -> Result<T, HookError> {
    let failure = match house.tasks.run_embedders(MOST, answer).await {
        Ok(Some(Ok(answer))) => return Ok(answer),
        Ok(Some(Err(refusal))) => HookFailure::Refused(refusal.reason),
        Ok(None) => HookFailure::TimedOut { limit_ms: u64::try_from(MOST.as_millis()).unwrap_or(u64::MAX) },
        Err(error) if error.is_panic() => HookFailure::Panicked,
        Err(_) => HookFailure::Stopped,
    };
    Err(HookError { plugin: named.name.clone(), failure })
}
