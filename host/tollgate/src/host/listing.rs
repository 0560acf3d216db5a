//! What there is: models, plugins, and what a component says of itself.

use std::sync::Arc;

use crate::pipeline::{House, Judged, Missing};
use crate::policy::PurposeRules;
use crate::registry::Origin;
use crate::sandbox::Import;
use crate::types::{Description, Digest, Entry, Grant, Model, ModelId, PluginName, Purpose, SecretRef};

/// One model of one plugin.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ModelListing {
    /// Its canonical id.
    pub id: ModelId,
    /// What its provider says of it.
    pub model: Arc<Model>,
    /// Whether its bare name means this model; otherwise an earlier plugin or an alias of the operator's has that name.
    pub owns_bare_name: bool,
    /// The other short names that mean this model: the operator's aliases, then those of its plugin that no other has.
    pub aliases: Vec<String>,
    /// Whether it is the configured default: it answers where no model is named and no hook names one.
    pub is_default: bool,
    /// Whether it needs a key.
    pub needs_key: bool,
    /// Whether a key was found; `true` where none is needed.
    pub key_available: bool,
    /// Where the key was found.
    pub key: Option<SecretRef>,
    /// The options that hold for this purpose unless the caller sets them.
    pub options: Vec<Entry>,
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

/// One model, and why it cannot be used, if it cannot.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JudgedModel {
    /// The model.
    pub listing: ModelListing,
    /// The rule that keeps the caller from it; `None`: it is listed and may be used.
    pub missing: Option<Missing>,
}

/// One purpose.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PurposeListing {
    /// Its name.
    pub name: Purpose,
    /// What it is for.
    pub description: Option<String>,
    /// The model that answers where none is named; `None` where there is none, none that is known yet,
    /// or none that the rules permit.
    pub default_model: Option<ModelId>,
}

impl From<Judged> for JudgedModel {
    fn from(judged: Judged) -> Self {
        let Judged { offered, is_default, key, options, missing } = judged;
        let needs_key = offered.model.key_slot.is_some();
        let listing = ModelListing {
            id: offered.id,
            model: offered.model,
            owns_bare_name: offered.owns_bare_name,
            aliases: offered.aliases.into_iter().map(String::from).collect(),
            is_default,
            needs_key,
            key_available: !needs_key || key.is_some(),
            key,
            options,
        };
        Self { listing, missing }
    }
}

pub(super) fn purposes(house: &House) -> Vec<PurposeListing> {
    let view = house.registry.view();
    let listing = |purpose: &PurposeRules| {
        let name = Some(&purpose.name);
        let default = view.policy.default_model(name).and_then(|default| view.catalog.find(&default.name));
        let permitted = default.filter(|index| view.policy.judge(*index, name).is_ok());
        let default = permitted.and_then(|index| view.catalog.get(index));
        PurposeListing {
            name: purpose.name.clone(),
            description: purpose.description.clone(),
            default_model: default.map(|offered| offered.id.clone()),
        }
    };
    house.registry.rules().purposes.iter().map(listing).collect()
}
