//! What the operator wrote about models and purposes, with the place of each word, before any of it meets a model.

use crate::types::{Entry, Place, Purpose, SecretName};

/// The rules for models: top-level keys of the configuration.
///
/// Names are as they were written; an id, an alias or `plugin/name`. They get their meaning when the host is built, and
/// again whenever a vendor lists models.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelRules {
    /// `default_model`: what answers where nothing more specific chooses.
    pub default_model: Option<ModelRef>,
    /// `models`: the only models that may be used, beside the defaults. `None`: all.
    pub models: Option<Vec<Named>>,
    /// Where `models` stands.
    pub models_at: Place,
    /// `blocked_models`: never used, whatever allows them.
    pub blocked_models: Vec<Named>,
    /// `require_keys`: whether only models are listed and used whose key is set. Default: true.
    pub require_keys: bool,
    /// `aliases`: other names for models, each with what it means.
    pub aliases: Vec<Alias>,
    /// `purposes`, in the order of the file; no name twice.
    pub purposes: Vec<PurposeRules>,
}

/// No rule but `require_keys`.
impl Default for ModelRules {
    fn default() -> Self {
        Self {
            default_model: None,
            models: None,
            models_at: Place::of_key("models"),
            blocked_models: Vec::new(),
            require_keys: true,
            aliases: Vec::new(),
            purposes: Vec::new(),
        }
    }
}

/// The rules of one purpose.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PurposeRules {
    /// Its name.
    pub name: Purpose,
    /// What it is for, for people to read.
    pub description: Option<String>,
    /// `model`: its default.
    pub model: Option<ModelRef>,
    /// `models`: the only models that may be used for it, beside `model`; the global list does not count then. `None`:
    /// the global list.
    pub models: Option<Vec<ModelRef>>,
    /// Where `models` stands.
    pub models_at: Place,
    /// `blocked_models`: never used for it.
    pub blocked_models: Vec<Named>,
    /// `fallback`: what may answer where the chosen model cannot.
    pub fallback: Vec<ModelRef>,
}

impl PurposeRules {
    /// A purpose without rules of its own.
    #[must_use]
    pub fn new(name: Purpose) -> Self {
        let models_at = Place::of_key(format!("purposes.{name}.models"));
        Self {
            name,
            description: None,
            model: None,
            models: None,
            models_at,
            blocked_models: Vec::new(),
            fallback: Vec::new(),
        }
    }
}

/// A model, and how it is used there.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelRef {
    /// The model.
    pub model: Named,
    /// Where the ref as a whole stands.
    pub at: Place,
    /// `key`: the secret that its key slot uses there.
    pub key: Option<SecretName>,
    /// `key_fallback`: whether the next place is looked at where that secret is not set.
    pub key_fallback: bool,
    /// `options`: what is set unless the caller sets it.
    pub options: Vec<Entry>,
}

impl ModelRef {
    /// A model without a key or options of its own.
    #[must_use]
    pub fn new(model: Named) -> Self {
        Self { at: model.at.clone(), model, key: None, key_fallback: false, options: Vec::new() }
    }

    /// The same with the secret that its key slot uses.
    #[must_use]
    pub fn key(mut self, key: SecretName) -> Self {
        self.key = Some(key);
        self
    }
}

/// A model's name as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Named {
    /// The name: an id, an alias, or `plugin/name`.
    pub name: String,
    /// Where it stands.
    pub at: Place,
}

impl Named {
    /// A name that was written there.
    #[must_use]
    pub fn new(name: impl Into<String>, at: Place) -> Self {
        Self { name: name.into(), at }
    }
}

/// One more name for a model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alias {
    /// The name.
    pub name: String,
    /// The model that it stands for. Never another alias of the operator's.
    pub model: Named,
}

impl Alias {
    /// `name` for `model`.
    #[must_use]
    pub fn new(name: impl Into<String>, model: Named) -> Self {
        Self { name: name.into(), model }
    }
}
