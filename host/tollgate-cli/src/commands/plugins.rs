//! `tollgate plugins`: what is installed, and what a file would ask for.

mod inspect;
mod list;

pub(crate) use inspect::inspect;
pub(crate) use list::list;

use serde::Serialize;
use tollgate::types::{Endpoint, KeySlot, OptionSpec, printable};
use tollgate::{Import, ImportKind};

/// An import, as programs read it.
#[derive(Serialize)]
struct ImportJson<'a> {
    name: &'a str,
    kind: &'static str,
}

/// A key slot, as programs read it.
#[derive(Serialize)]
struct SlotJson<'a> {
    name: &'a str,
    header: &'a str,
    prefix: &'a str,
    obtain: Option<&'a str>,
}

/// A setting, as programs read it.
#[derive(Serialize)]
struct SettingJson<'a> {
    name: &'a str,
    summary: &'a str,
    default: Option<&'a str>,
}

fn import_json(import: &Import) -> ImportJson<'_> {
    ImportJson { name: &import.name, kind: import_word(&import.kind) }
}
