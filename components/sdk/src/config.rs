//! The settings that the operator gave this plugin: never a credential, which stays with the host.
//!
//! The host checks settings against the description's list before anything runs; the getters here say what they found
//! where a setting is of another type all the same. Outside WebAssembly there are no settings, unless
//! [`testing`] gives some.

use serde::de::DeserializeOwned;

use crate::bindings::tollgate::plugin::config as imported;
use crate::testing;
use crate::types::{Entry, Error, ErrorKind, Value};

/// The value of one setting, or `None` where it is not set.
#[must_use]
pub fn get(name: &str) -> Option<Value> {
    if cfg!(target_family = "wasm") { imported::get(name) } else { testing::setting(name) }
}

/// All settings, in the order of the operator's file.
#[must_use]
pub fn entries() -> Vec<Entry> {
    if cfg!(target_family = "wasm") { imported::entries() } else { testing::settings() }
}

/// A setting that is text. An empty text counts as not set.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] names the setting, where it is something else.
pub fn text(name: &str) -> Result<Option<String>, Error> {
    match get(name) {
        None => Ok(None),
        Some(Value::Text(text)) if text.is_empty() => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(name, "a text")),
    }
}

/// A setting that is true or false.
///
/// # Errors
/// As [`text`].
pub fn boolean(name: &str) -> Result<Option<bool>, Error> {
    match get(name) {
        None => Ok(None),
        Some(Value::Boolean(value)) => Ok(Some(value)),
        Some(_) => Err(wrong(name, "true or false")),
    }
}

/// A setting that is a whole number.
///
/// # Errors
/// As [`text`].
pub fn integer(name: &str) -> Result<Option<i64>, Error> {
    match get(name) {
        None => Ok(None),
        Some(Value::Integer(value)) => Ok(Some(value)),
        Some(_) => Err(wrong(name, "a whole number")),
    }
}

/// All settings as a struct of the author's, by field name.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`], where a value does not fit its field.
pub fn read<T: DeserializeOwned>() -> Result<T, Error> {
    crate::types::entries_as(&entries())
        .map_err(|cause| Error::new(ErrorKind::InvalidRequest, format!("settings: {cause}")))
}

fn wrong(name: &str, wanted: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("setting `{name}` must be {wanted}"))
}
