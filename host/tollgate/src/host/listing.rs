//! What there is: models, plugins, and what a component says of itself.

use crate::keys;
use crate::pipeline::House;
use crate::registry::Origin;
use crate::sandbox::Import;
use crate::types::{Caller, Description, Digest, Grant, Model, ModelId, PluginName, SecretRef};

/// One model of one plugin.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ModelListing {
    /// Its canonical id.
    pub id: ModelId,
    /// What its provider says of it.
    pub model: Model,
    /// Whether its bare name means this model; otherwise an earlier plugin has that name.
    pub owns_bare_name: bool,
    /// Whether it needs a key.
    pub needs_key: bool,
    /// Whether a key was found; `true` where none is needed.
    pub key_available: bool,
}

/// One installed plugin.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PluginListing {
    /// The name under which it is installed.
    pub name: PluginName,
    /// Where it came from.
    pub origin: Origin,
    /// Of its component; a native plugin has none.
    pub digest: Option<Digest>,
    /// What it says of itself.
    pub description: Description,
    /// What it imports, and what the host does with each import.
    pub imports: Vec<Import>,
    /// What it was granted.
    pub grant: Grant,
    /// Where its key is looked up, first to last.
    pub keys: Vec<SecretRef>,
}

/// What a component exports, imports and asks for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inspection {
    /// The digest that pins it.
    pub digest: Digest,
    /// How many bytes it has.
    pub bytes: usize,
    /// What it exports.
    pub exports: Vec<String>,
    /// What it imports, and what the host does with each import.
    pub imports: Vec<Import>,
    /// What it says of itself.
    pub description: Description,
}

pub(super) async fn models(house: &House) -> Vec<ModelListing> {
    let mut listing = Vec::new();
    for plugin in house.registry.plugins() {
        let key_set = keys::is_set(house.keys.as_ref(), &plugin.keys, &Caller::default()).await;
        for model in plugin.known().models() {
            let needs_key = model.key_slot.is_some();
            listing.push(ModelListing {
                id: ModelId { plugin: plugin.name.clone(), name: model.name.clone() },
                owns_bare_name: house.registry.owns_bare_name(plugin, model),
                needs_key,
                key_available: !needs_key || key_set,
                model: Model::clone(model),
            });
        }
    }
    listing
}
