//! One installed plugin, and the list of its models as far as it is known.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::cache::Listed;
use super::known::Known;
use crate::keys::KeyOrder;
use crate::plugin::Provider;
use crate::types::{Digest, Entry, PluginName};

/// Where a plugin came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// It is inside the program.
    Builtin(String),
    /// It was read from a file.
    File(PathBuf),
    /// It was handed over as bytes.
    Bytes,
    /// It is Rust code of the embedder's.
    Native,
}

/// One installed plugin.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) name: PluginName,
    pub(crate) origin: Origin,
    /// Of the component; a native plugin has none.
    pub(crate) digest: Option<Digest>,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) keys: KeyOrder,
    pub(crate) settings: Vec<Entry>,
    /// Its models: [`Known::described`] until the vendor lists them.
    pub(crate) known: ArcSwap<Known>,
}

impl Installed {
    /// What is known of its models now.
    pub(crate) fn known(&self) -> Guard<Arc<Known>> {
        self.known.load()
    }

    /// Takes over what its vendor listed.
    pub(crate) fn learn(&self, listed: Listed) {
        let described = &self.provider.description().models;
        self.known.store(Arc::new(Known::new(described, Some(listed))));
    }
}
