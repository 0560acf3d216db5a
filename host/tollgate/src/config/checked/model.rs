//! Which models may be used, for what, and with which key: the operator's words for [`ModelRules`].
//!
//! Names are compared as they were written. Whether a model of a name exists, and which aliases are the same, is known
//! only where there are plugins.

pub(super) mod purpose;

use std::str::FromStr;

use super::{key, read, setting};
use crate::config::mistake::{Problem, shown};
use crate::config::reading::{Field, Fields, Reading};
use crate::policy::{Alias, ModelRef, ModelRules, Named};
use crate::types::{ModelName, Place};

/// The rules among the keys of the file.
pub(in crate::config) fn rules(reading: &mut Reading<'_>, fields: &Fields<'_>) -> ModelRules {
    let mut rules = ModelRules {
        default_model: fields.get("default_model").and_then(|field| reference(reading, &field)),
        ..ModelRules::default()
    };
    if let Some(field) = fields.get("models") {
        rules.models = allowlist(reading, &field, plain_ids);
        rules.models_at = reading.place(&field);
    }
    rules.blocked_models = read(reading, fields, "blocked_models", plain_ids);
    if let Some(required) = fields.get("require_keys").and_then(|field| reading.boolean(&field)) {
        rules.require_keys = required;
    }
    rules.aliases = read(reading, fields, "aliases", aliases);
    rules.purposes = read(reading, fields, "purposes", purpose::purposes);
    refuse_blocked_defaults(reading, &rules);
    rules
}

/// A list that allows. One without an entry would allow nothing, which nobody who writes it means.
fn allowlist<'a, T>(
    reading: &mut Reading<'a>,
    field: &Field<'_>,
    list: fn(&mut Reading<'a>, &Field<'_>) -> Vec<T>,
) -> Option<Vec<T>> {
    let is_empty = reading.items(field)?.is_empty();
    if is_empty && reading.passes_empty(field) {
        return None;
    }
    if is_empty {
        reading.unfit(field, "an empty allowlist allows nothing", "remove the key or list models");
    }
    Some(list(reading, field))
}

/// A model's name: an id, an alias or `plugin/name`, which all have the characters of one.
pub(super) fn named(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<Named> {
    let name = reading.parsed::<ModelName>(field)?;
    Some(Named::new(name.as_str(), reading.place(field)))
}

/// A model's name that is a key, with the value that it stands for.
pub(super) fn named_key(reading: &mut Reading<'_>, name: &str, field: &Field<'_>) -> Option<Named> {
    match ModelName::from_str(name) {
        Ok(name) => Some(Named::new(name.as_str(), reading.place(field))),
        Err(error) => {
            reading.note_key(field, Problem::Unfit(error.to_string()), None);
            None
        }
    }
}

/// A list in which models are only named.
fn plain_ids(reading: &mut Reading<'_>, field: &Field<'_>) -> Vec<Named> {
    let items = reading.items(field).unwrap_or_default();
    items.iter().filter_map(|item| plain_id(reading, item)).collect()
}

fn plain_id(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<Named> {
    if field.is_map() {
        let place =
            "a `key` and `options` belong to `default_model`, `purposes.<p>.model` or `purposes.<p>.models`";
        reading.unfit(field, "this list takes plain ids only", place);
        return None;
    }
    named(reading, field)
}

/// A model, or a mapping that also says how it is used there.
fn reference(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<ModelRef> {
    if !field.is_map() {
        return named(reading, field).map(ModelRef::new);
    }
    let fields = reading.fields(field, &["model", "key", "key_fallback", "options"])?;
    let model = fields.get("model");
    if model.is_none() {
        let such = "such as `{model: gpt-5.4, key: MY_KEY}`".to_owned();
        reading.note_key(field, Problem::MissingKey("model"), such);
    }
    // all fields are read before the first mistake ends this entry
    let model = model.and_then(|field| named(reading, &field));
    let key = fields.get("key").and_then(|field| key::of_model(reading, &field));
    let key_fallback = fields.get("key_fallback").and_then(|field| reading.boolean(&field));
    let options = read(reading, &fields, "options", setting::of_model);
    if let (Some(field), None) = (fields.get("key_fallback"), fields.get("key")) {
        let what = "`key_fallback` says what follows a `key`, and there is none".to_owned();
        reading.note_key(&field, Problem::Unfit(what), "add a `key`, or remove it".to_owned());
    }
    let mut reference = ModelRef::new(model?);
    reference.at = reading.place(field);
    reference.key = key;
    reference.key_fallback = key_fallback.unwrap_or_default();
    reference.options = options;
    Some(reference)
}

/// A list of them, in which a model that stands twice says the same twice.
fn references(reading: &mut Reading<'_>, field: &Field<'_>) -> Vec<ModelRef> {
    let mut list: Vec<ModelRef> = Vec::new();
    for item in reading.items(field).unwrap_or_default() {
        let Some(fresh) = reference(reading, &item) else {
            continue;
        };
        let same = list.iter().find(|known| known.model.name == fresh.model.name);
        let difference = same.and_then(|known| {
            let keys = known.key != fresh.key || known.key_fallback != fresh.key_fallback;
            let options = (known.options != fresh.options).then_some("options");
            if keys { Some("keys") } else { options }
        });
        if let Some(difference) = difference {
            let problem = Problem::Twice(format!("`{}`", shown(&fresh.model.name)));
            let suggestion = format!("their {difference} differ; keep the one that is meant");
            reading.note(&item, problem, suggestion);
        }
        list.push(fresh);
    }
    list
}

fn aliases(reading: &mut Reading<'_>, field: &Field<'_>) -> Vec<Alias> {
    let mut aliases: Vec<Alias> = Vec::new();
    for (name, field) in reading.entries(field).unwrap_or_default() {
        let name = named_key(reading, name, &field);
        let model = named(reading, &field);
        aliases.extend(name.zip(model).map(|(name, model)| Alias::new(name.name, model)));
    }
    for alias in &aliases {
        if let Some(other) = aliases.iter().find(|other| other.name == alias.model.name) {
            let name = shown(&alias.model.name);
            let problem = Problem::Unfit(format!("`{name}` is an alias itself, and an alias names a model"));
            let suggestion = if other.name == alias.name {
                "write the model's id, such as `openai/gpt-5.4`".to_owned()
            } else {
                format!("write what `{name}` stands for: `{}`", shown(&other.model.name))
            };
            reading.note_place(&alias.model.at, problem, suggestion);
        }
    }
    aliases
}

/// A default that a list of its own level or the global one blocks would never answer.
fn refuse_blocked_defaults(reading: &mut Reading<'_>, rules: &ModelRules) {
    let global = rules.blocked_models.as_slice();
    let purposes = rules.purposes.iter();
    let own = purposes.map(|purpose| (purpose.model.as_ref(), purpose.blocked_models.as_slice()));
    for (default, blocked) in std::iter::once((rules.default_model.as_ref(), &[][..])).chain(own) {
        let Some(ModelRef { model, .. }) = default else {
            continue;
        };
        let by = blocked.iter().chain(global).find(|blocked| blocked.name == model.name);
        if let Some(Named { at: Place { key, line, .. }, .. }) = by {
            let name = shown(&model.name);
            let problem = Problem::Unfit(format!("`{name}` is blocked by `{key}` on line {line}"));
            let suggestion = "remove it there, or choose another default".to_owned();
            reading.note_place(&model.at, problem, suggestion);
        }
    }
}
