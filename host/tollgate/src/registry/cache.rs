//! What vendors listed, believed for a day and kept for longer: a name that a configuration has shall not be unknown only
//! because nobody has asked today.
//!
//! A list belongs to a component and its settings: a changed digest or setting is another list. In memory always, and in
//! the cache directory where the embedder gave one. An entry that cannot be read, has another shape or comes from the
//! future is dropped without a word: it is only a cache, and removing its directory is always harmless.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::types::{Digest, Entry, Model, PluginName, UtcMillis};

/// How long a list is believed.
const FRESH: Duration = Duration::from_hours(24);

/// What a vendor listed, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// In milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) models: Vec<Model>,
}

impl Listed {
    pub(crate) fn is_fresh(&self, now: UtcMillis) -> bool {
        let at = UtcMillis::new(self.at);
        at <= now && now.since(at) < FRESH
    }
}

/// The directory of lists. Without one, nothing is kept beyond the process.
#[derive(Debug, Clone)]
pub(crate) struct ModelCache(Option<PathBuf>);

impl ModelCache {
    pub(crate) fn new(cache_dir: Option<&Path>) -> Self {
        Self(cache_dir.map(|dir| dir.join("models")))
    }

    /// What is kept under this key, however old it is.
    pub(crate) fn load(&self, key: &CacheKey, now: UtcMillis) -> Option<Listed> {
        let bytes = std::fs::read(self.path(key)?).ok()?;
        serde_json::from_slice::<Listed>(&bytes).ok().filter(|listed| UtcMillis::new(listed.at) <= now)
    }

    /// Keeps a list. What cannot be kept is not: the next process asks again.
    pub(crate) fn store(&self, key: &CacheKey, listed: &Listed) {
        let Some(path) = self.path(key) else { return };
        if let Err(error) = write(&path, listed) {
            tracing::debug!(path = %path.display(), %error, "a model list is not cached");
        }
    }

    fn path(&self, key: &CacheKey) -> Option<PathBuf> {
        Some(self.0.as_ref()?.join(format!("{}.json", key.0)))
    }
}

/// Names one plugin's list: its digest, installed name and settings, hashed. No name of a stranger's becomes a path.
#[derive(Debug, Clone)]
pub(crate) struct CacheKey(Digest);

impl CacheKey {
    pub(crate) fn new(component: &Digest, plugin: &PluginName, settings: &[Entry]) -> Self {
        let mut hash = Sha256::new();
        hash.update(component.as_bytes());
        hash.update(plugin.as_str());
        for entry in settings {
            hash.update(format!("\0{}\0{}", entry.name, entry.value));
        }
        Self(Digest::new(hash.finalize().into()))
    }
}

/// Written beside its place and moved there, so that no reader sees half of it.
fn write(path: &Path, listed: &Listed) -> io::Result<()> {
    let Some(dir) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(dir)?;
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&beside, serde_json::to_vec(listed).map_err(io::Error::other)?)?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(at: u64) -> Listed {
        Listed { at, models: vec![Model::new("m".parse().unwrap())] }
    }

    fn key(setting: &str) -> CacheKey {
        let settings = [Entry { name: "base_url".into(), value: crate::types::Value::Text(setting.into()) }];
        CacheKey::new(&Digest::new([0; 32]), &"p".parse().unwrap(), &settings)
    }

    #[test]
    fn a_list_is_fresh_for_a_day_and_better_than_none_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let cache = ModelCache::new(Some(dir.path()));
        cache.store(&key("a"), &listed(1000));
        let day = 24 * 3600 * 1000;
        assert_eq!(cache.load(&key("a"), UtcMillis::new(999 + day)), Some(listed(1000)));
        assert_eq!(cache.load(&key("a"), UtcMillis::new(1000 + day)), Some(listed(1000)));
        assert!(
            listed(1000).is_fresh(UtcMillis::new(999 + day))
                && !listed(1000).is_fresh(UtcMillis::new(1000 + day))
        );
        assert_eq!(cache.load(&key("a"), UtcMillis::new(999)), None);
        assert_eq!(cache.load(&key("b"), UtcMillis::new(1000)), None);
    }

    #[test]
    fn a_broken_entry_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let cache = ModelCache::new(Some(dir.path()));
        cache.store(&key("a"), &listed(0));
        let path = cache.path(&key("a")).unwrap();
        for content in ["", "{", "[]", "{\"at\": 0, \"models\": [{\"name\": \"bad name\"}]}"] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(cache.load(&key("a"), UtcMillis::new(0)), None, "{content}");
        }
    }
}
