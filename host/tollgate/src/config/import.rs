//! The file of the programs before this one: what its blocks mean here.
//!
//! `datasette.yaml` has a block for each of the plugins whose place tollgate takes: for models and purposes, for what
//! is held, for limits, for secrets. They are read by the readers of this room, so that their mistakes are told at
//! their places there, and written down as a file of this room's, with a comment wherever the same words now do more.
//! What comes out is read once more before anybody sees it.
//!
//! | there | here |
//! |---|---|
//! | `models: []` | no list: it allowed everything |
//! | a key without a counterpart | a comment |
//! | `{"$env": …}` under the encryption key | the same: nothing is looked up |
//! | an encryption key in the file itself | a comment, without the key |
//! | any other block, any other plugin | counted in a comment |

mod note;
mod write;

use std::path::Path;

use super::checked::{model, money};
use super::expand::NoExpansion;
use super::mistake::{ConfigErrors, Mistakes, Position, Problem};
use super::money::{LimitConfig, Reservations};
use super::raw::{self, Kind, Node};
use super::reading::{Field, Foreign, Reading};
use super::{Config, EncryptionKeyAt};
use crate::policy::ModelRules;

/// The blocks that mean something here.
const LLM: &str = "datasette-llm";
const ACCOUNTANT: &str = "datasette-llm-accountant";
const LIMITS: &str = "datasette-llm-limits";
const SECRETS: &str = "datasette-secrets";

/// Everything that was found.
#[derive(Debug, Default)]
struct Found {
    models: Option<ModelRules>,
    reservations: Option<Reservations>,
    limits: Vec<LimitConfig>,
    encryption_key: Option<EncryptionKeyAt>,
    /// Whether there is a block for secrets.
    secrets: bool,
    /// Whether the encryption key stands in the file.
    inline_key: bool,
    /// The database that the secrets were in.
    database: bool,
    /// What has no meaning here.
    foreign: Foreign,
    /// How many other plugins there are.
    other_plugins: usize,
    /// How many other keys the file has.
    other_keys: usize,
}

/// Gives the configuration that means the same as the blocks of a `datasette.yaml` or `.json`, with comments where it
/// does not quite.
///
/// `file` names the file in messages. Nothing is looked up, in the environment or elsewhere. Comments of the file are
/// not carried over, and plugins are not either: which components to trust is to be decided anew.
///
/// # Errors
/// All mistakes of the blocks, each at its place; also what is no mistake there, and would be one here.
///
/// # Examples
/// ```
/// use std::path::Path;
///
/// let text = "plugins:\n  datasette-llm:\n    default_model: gpt-5.4-mini\n";
/// let config = tollgate::config::import(text, Path::new("datasette.yaml"))?;
/// assert!(config.contains("\ndefault_model: gpt-5.4-mini\n"));
/// # Ok::<(), tollgate::config::ConfigErrors>(())
/// ```
pub fn import(text: &str, file: &Path) -> Result<String, ConfigErrors> {
    let mut mistakes = Mistakes::default();
    let tree = raw::read(text, &mut mistakes);
    let mut reading = Reading::of_foreign_file(mistakes, &NoExpansion, file);
    let mut found = Found::default();
    if let Some(tree) = &tree {
        found = read(&mut reading, tree);
    }
    let (mistakes, foreign) = reading.into_foreign();
    mistakes.into_result(file)?;
    found.foreign = foreign;
    let written = write::file(&found, file);
    Config::parse(&written, Path::new("the result"), &NoExpansion)?;
    Ok(written)
}

fn read(reading: &mut Reading<'_>, tree: &Node) -> Found {
    let mut found = Found::default();
    let entries = reading.entries(&Field::root(tree)).unwrap_or_default();
    let plugins = entries.iter().find(|(name, _)| *name == "plugins");
    found.other_keys = entries.len() - usize::from(plugins.is_some());
    let blocks = plugins.and_then(|(_, field)| reading.entries(field)).unwrap_or_default();
    let mut known = 0;
    for (name, field) in &blocks {
        match *name {
            LLM => found.models = llm(reading, field),
            ACCOUNTANT => found.reservations = Some(money::reservations(reading, field)),
            LIMITS => found.limits = limits(reading, field),
            SECRETS => secrets(reading, field, &mut found),
            _ => {
                found.other_plugins += 1;
                continue;
            }
        }
        known += 1;
    }
    if known == 0 && matches!(tree.kind, Kind::Map(_)) {
        let suggestion =
            format!("it takes `plugins` with `{LLM}`, `{ACCOUNTANT}`, `{LIMITS}` or `{SECRETS}`");
        let nothing = Problem::Unfit("there is nothing here that tollgate would take over".to_owned());
        reading.note_place(&start(), nothing, suggestion);
    }
    found
}

/// The first character of the file.
fn start() -> crate::types::Place {
    let mut place = crate::types::Place::default();
    (place.line, place.column) = (Position::START.line, Position::START.column);
    place
}

fn llm(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<ModelRules> {
    let known = ["default_model", "models", "blocked_models", "require_keys", "purposes"];
    let fields = reading.fields(field, &known)?;
    Some(model::rules(reading, &fields))
}

fn limits(reading: &mut Reading<'_>, field: &Field<'_>) -> Vec<LimitConfig> {
    let Some(fields) = reading.fields(field, &["limits"]) else {
        return Vec::new();
    };
    fields.get("limits").map(|field| money::limits(reading, &field, "model_id")).unwrap_or_default()
}

fn secrets(reading: &mut Reading<'_>, field: &Field<'_>, found: &mut Found) {
    let Some(fields) = reading.fields(field, &["encryption_key", "encryption-key", "database"]) else {
        return;
    };
    found.secrets = true;
    found.database = fields.get("database").is_some();
    // both ways of writing it were known there
    let key = fields.get("encryption_key").or_else(|| fields.get("encryption-key"));
    let Some(field) = key else {
        return;
    };
    found.inline_key = !field.is_expansion();
    if found.inline_key {
        return;
    }
    for (name, inner) in reading.entries(&field).unwrap_or_default() {
        let Some(text) = reading.text(&inner) else {
            continue;
        };
        match name {
            "$env" => found.encryption_key = Some(EncryptionKeyAt::Env(text.value)),
            "$file" => found.encryption_key = Some(EncryptionKeyAt::File(text.value.into())),
            _ => reading.unfit(&inner, "takes `$env` or `$file`", ""),
        }
    }
}

#[cfg(test)]
mod tests;
