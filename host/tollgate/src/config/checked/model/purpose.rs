//! The rules of single purposes.

use std::str::FromStr;

use super::{allowlist, plain_ids, reference, references};
use crate::config::checked::read;
use crate::config::mistake::Problem;
use crate::config::reading::{Field, Reading};
use crate::policy::PurposeRules;
use crate::types::Purpose;

/// Every key of a purpose.
const KEYS: &[&str] = &["description", "model", "models", "blocked_models", "fallback"];

/// All purposes, in the order of the file.
pub(super) fn purposes(reading: &mut Reading<'_>, field: &Field<'_>) -> Vec<PurposeRules> {
    let entries = reading.entries(field).unwrap_or_default();
    entries.iter().filter_map(|(name, field)| purpose(reading, name, field)).collect()
}

fn purpose(reading: &mut Reading<'_>, name: &str, field: &Field<'_>) -> Option<PurposeRules> {
    let name = named(reading, name, field);
    let fields = reading.fields(field, KEYS)?;
    // the rest is read under any name, so that its mistakes are told in the same run
    let mut rules = PurposeRules::new(name.or_else(|| Purpose::from_str("unnamed").ok())?);
    if let Some(field) = fields.get("description") {
        rules.description = reading.text(&field).map(|text| text.value);
    }
    rules.model = fields.get("model").and_then(|field| reference(reading, &field));
    if let Some(field) = fields.get("models") {
        rules.models = allowlist(reading, &field, references);
        rules.models_at = reading.place(&field);
    }
    rules.blocked_models = read(reading, &fields, "blocked_models", plain_ids);
    rules.fallback = read(reading, &fields, "fallback", references);
    Some(rules)
}

/// A purpose's name that is a key.
pub(in crate::config::checked) fn named(
    reading: &mut Reading<'_>,
    name: &str,
    field: &Field<'_>,
) -> Option<Purpose> {
    match Purpose::from_str(name) {
        Ok(purpose) => Some(purpose),
        Err(error) => {
            reading.note_key(field, Problem::Unfit(error.to_string()), None);
            None
        }
    }
}
