//! A plugin's own settings. The plugin reads them, so that nothing comes in here from elsewhere (SECURITY.md C13).

use crate::config::mistake::Problem;
use crate::config::raw::Kind;
use crate::config::reading::{Field, Reading};
use crate::config::scalar::{Meaning, Scalar};
use crate::types::{Entry, Value};

/// The settings, in the order of the file.
pub(super) fn settings(reading: &mut Reading<'_>, field: &Field<'_>) -> Vec<Entry> {
    let entries = reading.entries(field).unwrap_or_default();
    let mut settings = Vec::new();
    for (name, field) in entries {
        if name.starts_with('$') {
            refuse(reading, &field);
        } else if let Some(value) = json(reading, &field) {
            settings.push(Entry { name: name.to_owned(), value: Value::from(value) });
        }
    }
    settings
}

fn refuse(reading: &mut Reading<'_>, field: &Field<'_>) {
    let what = "nothing is put into a plugin's settings from elsewhere: the plugin reads them".to_owned();
    reading.note_key(
        field,
        Problem::Unfit(what),
        "write the value; a secret goes into the plugin's `key`".to_owned(),
    );
}

fn json(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<serde_json::Value> {
    match &field.node.kind {
        Kind::Refused => None,
        Kind::Scalar(scalar) => number_or_text(reading, field, scalar),
        Kind::List(_) => {
            let items = reading.items(field)?;
            let values: Vec<_> = items.iter().map(|item| json(reading, item)).collect();
            values.into_iter().collect()
        }
        Kind::Map(_) => {
            let mut object = serde_json::Map::new();
            for (name, field) in reading.entries(field)? {
                if name.starts_with('$') {
                    refuse(reading, &field);
                } else if let Some(value) = json(reading, &field) {
                    object.insert(name.to_owned(), value);
                }
            }
            Some(object.into())
        }
    }
}

fn number_or_text(
    reading: &mut Reading<'_>,
    field: &Field<'_>,
    scalar: &Scalar,
) -> Option<serde_json::Value> {
    match scalar.meaning() {
        Meaning::Boolean(value) => Some(value.into()),
        Meaning::Integer(value) => Some(value.into()),
        Meaning::Number(value) => Some(value.into()),
        Meaning::Text(text) => Some(text.into()),
        Meaning::Ambiguous => reading.wrong_type(field, "a text"),
        Meaning::Null | Meaning::Huge => reading.wrong_type(field, "a value"),
    }
}
