//! One plugin's entry: which component it is and what it is granted.

use std::str::FromStr;

use super::{origin, sandbox, setting};
use crate::config::mistake::{Problem, shown};
use crate::config::reading::{Field, Fields, Reading, Text, nearest};
use crate::config::{Pin, PluginConfig, Source};
use crate::types::{Digest, PluginName, SecretName, SecretRef};

/// Every key of a plugin's entry.
const KEYS: &[&str] = &["source", "sha256", "dev", "origins", "key", "config", "sandbox", "strict_imports"];

/// All plugins, in the order of the file.
pub(super) fn plugins(reading: &mut Reading<'_>, field: &Field<'_>) -> Vec<PluginConfig> {
    let entries = reading.entries(field).unwrap_or_default();
    entries.iter().filter_map(|(name, field)| plugin(reading, name, field)).collect()
}

fn plugin(reading: &mut Reading<'_>, name: &str, field: &Field<'_>) -> Option<PluginConfig> {
    let parsed = PluginName::from_str(name);
    if let Err(error) = &parsed {
        reading.note_key(field, Problem::Unfit(error.to_string()), None);
    }
    let fields = reading.fields(field, KEYS)?;
    // the rest is read under any name, so that its mistakes are told in the same run
    let name = parsed.or_else(|_| PluginName::from_str("unnamed")).ok()?;
    let source = source(reading, field, &fields, &name);
    let rule = origin::KeyRule {
        named: fields.get("key").is_some(),
        is_builtin: matches!(source, Some(Source::Builtin(_))),
    };
    let mut plugin = PluginConfig::builtin(name);
    if let Some(source) = source {
        plugin.source = source;
    }
    plugin.key = fields.get("key").and_then(|field| key(reading, &field));
    plugin.origins = fields.get("origins").and_then(|field| origin::origins(reading, &field, rule));
    plugin.config = fields.get("config").map(|field| setting::settings(reading, &field)).unwrap_or_default();
    if let Some(field) = fields.get("sandbox") {
        sandbox::limits(reading, &field, &mut plugin.sandbox, &mut plugin.egress);
    }
    plugin.strict_imports =
        fields.get("strict_imports").and_then(|field| reading.boolean(&field)).unwrap_or_default();
    Some(plugin)
}

fn source(
    reading: &mut Reading<'_>,
    plugin: &Field<'_>,
    fields: &Fields<'_>,
    name: &PluginName,
) -> Option<Source> {
    let pin = pin(reading, fields);
    let Some(field) = fields.get("source") else {
        unpinnable(reading, fields);
        return Some(Source::Builtin(name.as_str().to_owned()));
    };
    let text = reading.text(&field)?;
    if let Some(name) = text.value.strip_prefix("builtin:") {
        unpinnable(reading, fields);
        let name = Text { value: name.to_owned(), expanded: text.expanded };
        return reading.parse::<PluginName>(&field, &name).map(|name| Source::Builtin(name.into()));
    }
    let Some(path) = text.value.strip_prefix("file:").filter(|path| !path.is_empty()) else {
        unknown_source(reading, &field, &text);
        return None;
    };
    if path.starts_with("//") {
        reading.unfit(&field, "a source is no URL", "write `file:` and a path, such as `file:./plugin.wasm`");
        return None;
    }
    let resolved = reading.resolve(&field, path)?;
    match pin {
        Pinned::To(pin) => Some(Source::File { path: resolved, pin }),
        Pinned::Badly => None,
        Pinned::Not => {
            let digest = format!(
                "add `sha256:` and the digest that `sha256sum {}` prints, or `dev: true` to run whatever is there",
                shown(path)
            );
            reading.note_key(plugin, Problem::MissingKey("sha256"), digest);
            None
        }
    }
}

fn unknown_source(reading: &mut Reading<'_>, field: &Field<'_>, text: &Text) {
    let scheme = text.value.split(':').next().unwrap_or_default();
    let suggestion = match nearest(scheme, &["builtin", "file"]) {
        Some(near) if !text.expanded => format!("did you mean `{near}:`?"),
        _ => "write `builtin:NAME`, or `file:./PATH` with `sha256`".to_owned(),
    };
    reading.unfit(field, "a source is `builtin:NAME` or `file:PATH`", &suggestion);
}

/// What an entry says about the bytes of its component.
enum Pinned {
    Not,
    /// Something that was noted as a mistake.
    Badly,
    To(Pin),
}

fn pin(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Pinned {
    let dev = fields.get("dev").map(|field| (reading.boolean(&field), field));
    let digest = fields.get("sha256").map(|field| reading.word::<Digest>(&field));
    match (digest, dev) {
        (Some(_), Some((Some(true), field))) => {
            reading.unfit(
                &field,
                "`dev: true` runs whatever is there, `sha256` only one file",
                "keep one of the two",
            );
            Pinned::Badly
        }
        (Some(None), _) | (None, Some((None, _))) => Pinned::Badly,
        (Some(Some(digest)), _) => Pinned::To(Pin::Sha256(digest)),
        (None, Some((Some(true), _))) => Pinned::To(Pin::Dev),
        (None, None | Some((Some(false), _))) => Pinned::Not,
    }
}

/// Notes `sha256` and `dev` where the component is part of the program.
fn unpinnable(reading: &mut Reading<'_>, fields: &Fields<'_>) {
    for key in ["sha256", "dev"] {
        if let Some(field) = fields.get(key) {
            let what = format!("`{key}` belongs to a `file:` source; this one is built in");
            reading.note_key(
                &field,
                Problem::Unfit(what),
                "remove it, or add `source: \"file:…\"`".to_owned(),
            );
        }
    }
}

/// Which secret fills the plugin's slot. Nothing written here is repeated: it may be a secret by mistake.
fn key(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<SecretRef> {
    const FORMS: &str = "write the NAME of a secret, `{env: VARIABLE}` or `{llm: NAME}`";
    if field.is_map() {
        return elsewhere(reading, field, FORMS);
    }
    if field.is_expansion() {
        reading.unfit(field, "`$env` puts a text into this file, and a key is no part of it", FORMS);
        return None;
    }
    let text = reading.text(field)?;
    if let Ok(name) = SecretName::from_str(&text.value) {
        return Some(SecretRef::Secret(name));
    }
    reading.unfit(field, "a secret's name takes up to 128 letters, digits and `_`, not a digit first", FORMS);
    None
}

fn elsewhere(reading: &mut Reading<'_>, field: &Field<'_>, forms: &str) -> Option<SecretRef> {
    let fields = reading.fields(field, &["env", "llm"])?;
    match (fields.get("env"), fields.get("llm")) {
        (Some(field), None) => {
            let name = plain_text(reading, &field)?;
            if SecretName::from_str(&name).is_err() {
                reading.unfit(
                    &field,
                    "a variable's name takes letters, digits and `_`, not a digit first",
                    forms,
                );
                return None;
            }
            Some(SecretRef::Env(name))
        }
        (None, Some(field)) => plain_text(reading, &field).map(SecretRef::Llm),
        (Some(_), Some(_)) => {
            reading.unfit(field, "a slot takes one key", "keep one of `env` and `llm`");
            None
        }
        (None, None) => {
            reading.unfit(field, "says nowhere to look", forms);
            None
        }
    }
}

fn plain_text(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<String> {
    if field.is_expansion() {
        return reading.wrong_type(field, "a text");
    }
    reading.text(field).map(|text| text.value)
}
