//! The schema of the rules for models and purposes.

use serde_json::{Map, Value, json};

use super::{about, map, named, object, text};

/// A model's name: an id, an alias or `plugin/name`.
const MODEL_NAME: &str = "^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$";

/// The keys of the file.
pub(super) fn properties() -> Map<String, Value> {
    let models = "The only models that may be used, beside the defaults. Without the key: all.";
    let purposes = "What prompts are for, each with rules of its own.";
    let aliases = "Other names for models, each with the model's id.";
    let require_keys = json!({
        "description": "Whether only models are listed and used whose key is set.",
        "type": "boolean",
        "default": true,
    });
    [
        ("default_model", about("What answers where nothing more specific chooses.", reference())),
        ("models", about(models, allowlist(model_name()))),
        ("blocked_models", about("Never used, whatever allows them.", list(model_name()))),
        ("require_keys", require_keys),
        ("aliases", map(aliases, named(MODEL_NAME), model_name())),
        ("purposes", map(purposes, purpose_name(), purpose())),
    ]
    .map(|(name, schema)| (name.to_owned(), schema))
    .into_iter()
    .collect()
}

fn purpose() -> Value {
    let models =
        "The only models that may be used for it, beside `model`; the global `models` does not count then.";
    object(
        "The rules of one purpose. What it does not say, the global rules do.",
        json!({
            "description": about("What it is for, for people to read.", text()),
            "model": about("Its default.", reference()),
            "models": about(models, allowlist(reference())),
            "blocked_models": about("Never used for it.", list(model_name())),
            "fallback": about("What may answer where the chosen model cannot, in order.", list(reference())),
        }),
        &[],
    )
}

/// What schemas refer to.
pub(super) fn definitions() -> Map<String, Value> {
    let secret = json!({
        "description": "The name of the secret that is used with it there. A secret without a value is an error.",
        "type": "string",
        "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$",
    });
    let key_fallback = json!({
        "description": "Whether the usual places are looked at where that secret has no value.",
        "type": "boolean",
        "default": false,
    });
    let mut used = object(
        "A model, and how it is used there.",
        json!({
            "model": model_name(),
            "key": secret,
            "key_fallback": key_fallback,
            "options": {
                "description": "Options of the model, unless the caller sets them.",
                "type": "object",
                "additionalProperties": true,
            },
        }),
        &["model"],
    );
    if let Value::Object(used) = &mut used {
        used.insert("dependentRequired".into(), json!({ "key_fallback": ["key"] }));
    }
    let elsewhere = json!({ "$ref": "#/$defs/elsewhere" });
    let name = json!({ "anyOf": [named(MODEL_NAME), elsewhere] });
    let reference = json!({ "anyOf": [model_name(), used] });
    [("model_name", name), ("ref", reference)]
        .map(|(name, schema)| (name.to_owned(), schema))
        .into_iter()
        .collect()
}

/// A model's name that is a key.
pub(super) fn model_key() -> Value {
    named(MODEL_NAME)
}

/// A purpose's name.
pub(super) fn purpose_name() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^\\S(.*\\S)?$" })
}

/// A model's name, from here or from elsewhere.
pub(super) fn model_name() -> Value {
    json!({ "$ref": "#/$defs/model_name" })
}

fn reference() -> Value {
    json!({ "$ref": "#/$defs/ref" })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn allowlist(items: Value) -> Value {
    json!({ "type": "array", "items": items, "minItems": 1 })
}
