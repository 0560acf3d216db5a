//! Writing a configuration down as YAML that the reader of this room takes.

use std::path::Path;

use super::{Found, note};
use crate::config::money::{LimitConfig, Reservations};
use crate::config::scalar::{Meaning, Scalar};
use crate::config::stores::EncryptionKeyAt;
use crate::policy::{ModelRef, ModelRules, Named, PurposeRules};
use crate::types::{Entry, Nanocents};

/// How wide a comment is.
const WIDTH: usize = 100;

/// The whole file.
pub(super) fn file(found: &Found, file: &Path) -> String {
    let mut page = Page::default();
    for note in note::head(found, file) {
        page.comment(0, &note);
    }
    if let Some(rules) = &found.models {
        models(&mut page, rules);
    }
    let missing = note::without_built_in(found);
    if !missing.is_empty() {
        page.gap();
        page.comment(
            0,
            &format!(
                "No built-in offers these; `plugins` needs an entry of their vendor: {}",
                missing.join(", ")
            ),
        );
    }
    if let Some(held) = &found.reservations {
        reservations(&mut page, held);
    }
    limits(&mut page, &found.limits);
    if found.reservations.is_some() || !found.limits.is_empty() {
        page.gap();
        page.comment(0, note::PRICES);
    }
    if found.secrets {
        secrets(&mut page, found);
    }
    page.0
}

/// What has been written so far.
#[derive(Default)]
struct Page(String);

impl Page {
    /// An empty line.
    fn gap(&mut self) {
        self.0.push('\n');
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.0.push_str(&format!("{:indent$}{text}\n", ""));
    }

    /// A comment, as many lines as it takes.
    fn comment(&mut self, indent: usize, text: &str) {
        let mut line = String::new();
        for word in text.split(' ') {
            if !line.is_empty() && indent + line.len() + word.len() + 3 > WIDTH {
                self.line(indent, &format!("# {line}"));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(indent, &format!("# {line}"));
    }

    /// A list, an item on each line.
    fn list(&mut self, indent: usize, key: &str, items: impl IntoIterator<Item = String>) {
        self.line(indent, &format!("{key}:"));
        for item in items {
            self.line(indent + 2, &format!("- {item}"));
        }
    }
}

fn models(page: &mut Page, rules: &ModelRules) {
    let purposes = &rules.purposes;
    let refs =
        purposes.iter().flat_map(|purpose| purpose.model.iter().chain(purpose.models.iter().flatten()));
    let has_key = rules.default_model.iter().chain(refs).any(|reference| reference.key.is_some());
    page.gap();
    if has_key {
        page.comment(0, note::KEYS);
    }
    if let Some(default) = &rules.default_model {
        page.line(0, &format!("default_model: {}", reference(default)));
    }
    page.comment(0, note::REQUIRE_KEYS);
    page.line(0, &format!("require_keys: {}", rules.require_keys));
    let own = purposes.iter().any(|purpose| purpose.models.is_some() || !purpose.blocked_models.is_empty());
    if own || rules.models.is_some() || !rules.blocked_models.is_empty() {
        page.gap();
        page.comment(0, note::LISTS);
    }
    if let Some(models) = &rules.models {
        page.list(0, "models", models.iter().map(named));
    }
    if !rules.blocked_models.is_empty() {
        page.list(0, "blocked_models", rules.blocked_models.iter().map(named));
    }
    if !purposes.is_empty() {
        page.line(0, "purposes:");
        purposes.iter().for_each(|purpose| self::purpose(page, purpose));
    }
}

fn purpose(page: &mut Page, rules: &PurposeRules) {
    let before = page.0.len();
    page.line(2, &format!("{}:", text(rules.name.as_str())));
    let head = page.0.len();
    if let Some(description) = &rules.description {
        page.line(4, &format!("description: {}", text(description)));
    }
    if let Some(model) = &rules.model {
        page.line(4, &format!("model: {}", reference(model)));
    }
    if let Some(models) = &rules.models {
        page.list(4, "models", models.iter().map(reference));
    }
    if !rules.blocked_models.is_empty() {
        page.list(4, "blocked_models", rules.blocked_models.iter().map(named));
    }
    if !rules.fallback.is_empty() {
        page.list(4, "fallback", rules.fallback.iter().map(reference));
    }
    if page.0.len() == head {
        page.0.truncate(before);
        page.line(2, &format!("{}: {{}}", text(rules.name.as_str())));
    }
}

fn reservations(page: &mut Page, held: &Reservations) {
    let amounts = [("auto", held.auto), ("default", held.default)];
    if amounts.iter().all(|(_, amount)| amount.is_none())
        && held.purposes.is_empty()
        && held.models.is_empty()
    {
        return;
    }
    page.gap();
    page.comment(0, note::RESERVATIONS);
    page.line(0, "reservations:");
    for (name, amount) in amounts {
        if let Some(amount) = amount {
            page.line(2, &format!("{name}_reservation_usd: {}", amount.usd()));
        }
    }
    let one =
        |name: &str, amount: Nanocents| format!("{}: {{reservation_usd: {}}}", text(name), amount.usd());
    if !held.purposes.is_empty() {
        page.line(2, "purposes:");
    }
    held.purposes.iter().for_each(|held| page.line(4, &one(held.purpose.as_str(), held.amount)));
    if !held.models.is_empty() {
        page.line(2, "models:");
    }
    held.models.iter().for_each(|held| page.line(4, &one(&held.model.name, held.amount)));
}

fn limits(page: &mut Page, limits: &[LimitConfig]) {
    if limits.is_empty() {
        return;
    }
    page.gap();
    page.comment(0, note::LIMITS);
    page.line(0, "limits:");
    for limit in limits {
        let (scope, window, amount) = (limit.scope.as_str(), limit.window.as_str(), limit.amount.usd());
        let purpose = limit.purpose.iter().map(|purpose| format!(", purpose: {}", text(purpose.as_str())));
        let model = limit.model.iter().map(|model| format!(", model: {}", named(model)));
        let only: String = purpose.chain(model).collect();
        let name = text(&limit.name);
        page.line(2, &format!("{name}: {{scope: {scope}, window: {window}, amount_usd: {amount}{only}}}"));
    }
}

fn secrets(page: &mut Page, found: &Found) {
    page.gap();
    page.comment(0, note::STORED);
    if found.inline_key {
        page.comment(0, note::INLINE_KEY);
    }
    let place = match &found.encryption_key {
        Some(EncryptionKeyAt::Env(name)) => format!("\"$env\": {}", quoted(name)),
        Some(EncryptionKeyAt::File(path)) => {
            page.comment(0, "differs: a relative path is relative to this file.");
            format!("\"$file\": {}", quoted(&path.to_string_lossy()))
        }
        Some(EncryptionKeyAt::Keyring) | None => return,
    };
    page.line(0, &format!("secrets: {{encryption_key: {{{place}}}}}"));
}

fn named(model: &Named) -> String {
    text(&model.name)
}

fn reference(reference: &ModelRef) -> String {
    let ModelRef { model, key, key_fallback, options, .. } = reference;
    let key = key.iter().map(|key| format!(", key: {}", text(key.as_str())));
    let fallback = key_fallback.then(|| ", key_fallback: true".to_owned());
    let options = (!options.is_empty()).then(|| format!(", options: {{{}}}", entries(options)));
    let more: String = key.chain(fallback).chain(options).collect();
    if more.is_empty() { named(model) } else { format!("{{model: {}{more}}}", named(model)) }
}

fn entries(entries: &[Entry]) -> String {
    let entry = |entry: &Entry| {
        let value = serde_json::to_value(&entry.value).unwrap_or_default();
        format!("{}: {}", text(&entry.name), flow(&value))
    };
    entries.iter().map(entry).collect::<Vec<_>>().join(", ")
}

/// A JSON value on one line.
fn flow(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(value) => text(value),
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        serde_json::Value::Object(object) => {
            let member =
                |(name, value): (&String, &serde_json::Value)| format!("{}: {}", text(name), flow(value));
            format!("{{{}}}", object.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A text, in quotes unless it is a plain word to every reader of YAML.
fn text(text: &str) -> String {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/@+-".contains(&byte));
    let plain = Scalar { text: text.to_owned(), plain: true };
    if is_word && matches!(plain.meaning(), Meaning::Text(_)) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' ' => quoted.push(' '),
            shown if shown.is_ascii_graphic() || shown.is_alphanumeric() => quoted.push(shown),
            hidden => quoted.push_str(&format!("\\U{:08x}", u32::from(hidden))),
        }
    }
    quoted.push('"');
    quoted
}
