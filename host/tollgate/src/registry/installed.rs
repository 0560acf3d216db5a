//! One installed plugin, and the list of its models as far as it is known.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::cache::Listed;
use crate::keys::KeyOrder;
use crate::plugin::Provider;
use crate::types::{Digest, Entry, Model, PluginName};

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
    /// What the vendor listed last.
    pub(crate) listed: ArcSwapOption<Listed>,
}

impl Installed {
    /// The models that are known now: the described ones, then those that the vendor listed beside them.
    pub(crate) fn models(&self) -> Vec<Model> {
        let described = &self.provider.description().models;
        let mut models = described.clone();
        if let Some(listed) = &*self.listed.load() {
            let unknown = |model: &&Model| !described.iter().any(|known| known.name == model.name);
            models.extend(listed.models.iter().filter(unknown).cloned());
        }
        models
    }

    /// The model of that name or alias. Names win.
    pub(crate) fn model(&self, name: &str) -> Option<Model> {
        let models = self.models();
        let by_name = models.iter().position(|model| model.name.as_str() == name);
        let found = by_name.or_else(|| {
            models.iter().position(|model| model.aliases.iter().any(|alias| alias.as_str() == name))
        })?;
        models.into_iter().nth(found)
    }

    /// Whether it has a model of that very name.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.models().iter().any(|model| model.name.as_str() == name)
    }
}
