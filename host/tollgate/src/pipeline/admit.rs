//! Which model. First match: the id that was asked for, then the default; anything else is an error.

use super::{House, model_list};
use crate::registry::{Found, ModelUnknown};
use crate::types::ModelId;

/// Why no model was chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmitError {
    /// Nothing was asked for, and there is no default.
    #[error("no model given and no default configured; name one or set `default_model`")]
    NoModel,
    /// The empty string was asked for.
    #[error("the model's name is empty; leave it out for the default")]
    EmptyName,
    /// No plugin has it.
    #[error(transparent)]
    Unknown(#[from] ModelUnknown),
}

/// A model that may be used.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    pub(super) found: Found,
    pub(super) id: ModelId,
}

impl Admitted {
    pub(crate) fn id(&self) -> &ModelId {
        &self.id
    }

    pub(crate) fn model(&self) -> &crate::types::Model {
        &self.found.model
    }
}

/// Chooses the model. A name that nobody knows is asked for at the vendors that list models, before it is refused.
///
/// # Errors
/// See [`AdmitError`].
pub(crate) async fn admit(house: &House, asked: Option<&str>) -> Result<Admitted, AdmitError> {
    let asked = asked.or(house.default_model.as_deref()).ok_or(AdmitError::NoModel)?;
    if asked.is_empty() {
        return Err(AdmitError::EmptyName);
    }
    let found = match house.registry.find(asked) {
        Some(found) => found,
        None => ask_vendors(house, asked).await?,
    };
    let id = ModelId { plugin: found.plugin.name.clone(), name: found.model.name.clone() };
    Ok(Admitted { found, id })
}

async fn ask_vendors(house: &House, asked: &str) -> Result<Found, ModelUnknown> {
    for plugin in house.registry.candidates(asked) {
        if let Err(error) = model_list(house, &plugin).await {
            tracing::debug!(plugin = %plugin.name, %error, "cannot list its models");
        }
    }
    house.registry.find(asked).ok_or_else(|| house.registry.unknown(asked))
}
