//! A store's table of contents: what must be in it. It is what makes rows that were put back notice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Each secret that ever was, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Contents(BTreeMap<String, Entry>);

/// What must be there of one secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The highest version that ever was.
    highest: i64,
    is_live: bool,
}

impl Contents {
    /// The version that is read; `None` where there is no such secret, or none any more.
    pub(super) fn live(&self, name: &str) -> Option<i64> {
        self.0.get(name).filter(|entry| entry.is_live).map(|entry| entry.highest)
    }

    /// Begins the next version. Gives back its number.
    pub(super) fn next(&mut self, name: &str) -> i64 {
        let entry = self.0.entry(name.to_owned()).or_default();
        entry.highest = entry.highest.saturating_add(1);
        entry.is_live = true;
        entry.highest
    }

    /// Hides a secret, with all its versions. Gives back whether it was there.
    pub(super) fn hide(&mut self, name: &str) -> bool {
        let Some(entry) = self.0.get_mut(name) else { return false };
        std::mem::replace(&mut entry.is_live, false)
    }

    /// The names of those that are there.
    pub(super) fn live_names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, entry)| entry.is_live).map(|(name, _)| name.as_str())
    }
}
