//! Asking a vendor which models there are, once a day; where it cannot say, once a minute at the most.

use std::sync::Arc;

use super::House;
use super::dispatch::DispatchError;
use super::key::{KeyError, credential};
use crate::keys::KeyPlan;
use crate::plugin::Call;
use crate::registry::{CacheKey, Installed, Listed};
use crate::types::{Caller, RequestId};

/// Why a vendor's list could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ListError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    #[error("it could not be had a short while ago")]
    TooSoon,
}

/// Takes over what earlier processes were told today.
pub(crate) fn recall_lists(house: &House) {
    let now = house.clock.now();
    for plugin in house.registry.plugins() {
        if let Some(listed) = cache_key(plugin).and_then(|key| house.cache.load(&key, now)) {
            house.registry.learn(plugin, listed);
        }
    }
}

fn cache_key(plugin: &Installed) -> Option<CacheKey> {
    plugin.digest.map(|digest| CacheKey::new(&digest, &plugin.name, &plugin.settings))
}

/// Brings the plugin's list up to date: from memory, from the cache directory, or from the vendor.
pub(crate) async fn model_list(house: &House, plugin: &Arc<Installed>) -> Result<(), ListError> {
    let now = house.clock.now();
    if plugin.known().is_fresh(now) {
        house.registry.catch_up();
        return Ok(());
    }
    let key = cache_key(plugin);
    if let Some(listed) = key.as_ref().and_then(|key| house.cache.load(key, now)) {
        house.registry.learn(plugin, listed);
        return Ok(());
    }
    if !plugin.may_ask(now) {
        return Err(ListError::TooSoon);
    }
    let slot = plugin.provider.description().key_slots.first();
    let credential = match slot {
        Some(slot) => {
            let own = KeyPlan::own(&plugin.keys);
            Some(credential(house, plugin, slot, own, &Caller::default()).await?)
        }
        None => None,
    };
    let mut call = Call::new(RequestId::new(now)).with_credential(credential);
    call.cancel = house.tasks.shutdown_token();
    let seen = call.seen.clone();
    let models = plugin.provider.models(call).await.map_err(|error| {
        plugin.note_failure(now);
        DispatchError::new(plugin.name.clone(), error, &seen)
    })?;
    let listed = Listed { at: now.as_millis(), models };
    if let Some(key) = key {
        house.cache.store(&key, &listed);
    }
    house.registry.learn(plugin, listed);
    Ok(())
}
