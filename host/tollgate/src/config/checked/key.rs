//! Which secret fills a slot. Nothing written here is repeated in a message: it may be a secret by mistake.

use std::str::FromStr;

use crate::config::reading::{Field, Reading};
use crate::types::{SecretName, SecretRef};

/// What a plugin's `key` takes.
const FORMS: &str = "write the NAME of a secret, `{env: VARIABLE}` or `{llm: NAME}`";

/// The secret of a plugin's slot.
pub(super) fn of_plugin(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<SecretRef> {
    if field.is_map() {
        return elsewhere(reading, field);
    }
    name(reading, field, FORMS).map(SecretRef::Secret)
}

/// The secret that is used with a model in one place.
pub(super) fn of_model(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<SecretName> {
    const FORM: &str = "write the NAME of a secret";
    if field.is_map() {
        let what =
            "takes the name of a secret; variables and entries of llm's file belong to `plugins.<p>.key`";
        reading.unfit(field, what, FORM);
        return None;
    }
    name(reading, field, FORM)
}

fn name(reading: &mut Reading<'_>, field: &Field<'_>, forms: &str) -> Option<SecretName> {
    if field.is_expansion() {
        reading.unfit(field, "`$env` puts a text into this file, and a key is no part of it", forms);
        return None;
    }
    // a message of its own also for what is no text: an unquoted key of digits is a number
    if reading.is_text_or_refused(field)
        && let Ok(name) = SecretName::from_str(&reading.text(field)?.value)
    {
        return Some(name);
    }
    reading.unfit(field, "a secret's name takes up to 128 letters, digits and `_`, not a digit first", forms);
    None
}

fn elsewhere(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<SecretRef> {
    let fields = reading.fields(field, &["env", "llm"])?;
    match (fields.get("env"), fields.get("llm")) {
        (Some(field), None) => variable(reading, &field).map(SecretRef::Env),
        (None, Some(field)) => plain_text(reading, &field).map(SecretRef::Llm),
        (Some(_), Some(_)) => {
            reading.unfit(field, "a slot takes one key", "keep one of `env` and `llm`");
            None
        }
        (None, None) => {
            reading.unfit(field, "says nowhere to look", FORMS);
            None
        }
    }
}

/// The name of an environment variable.
pub(super) fn variable(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<String> {
    let name = plain_text(reading, field)?;
    if SecretName::from_str(&name).is_err() {
        let what = "a variable's name takes letters, digits and `_`, not a digit first";
        reading.unfit(field, what, "write the variable's name");
        return None;
    }
    Some(name)
}

/// A text that stands in the file itself.
pub(super) fn plain_text(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<String> {
    if field.is_expansion() {
        return reading.wrong_type(field, "a text");
    }
    if !reading.is_text_or_refused(field) {
        reading.unfit(field, "takes a name as a text", "quote it, if it is a name");
        return None;
    }
    reading.text(field).map(|text| text.value)
}
