//! From the tree to what it means: the keys that there are, and what each of them takes.
//!
//! A function per mapping. Each lists the keys that it knows, reads them one by one and goes on after a mistake; what
//! it answers then is thrown away with the file.

mod origin;
mod plugin;
mod sandbox;
mod setting;

use super::raw::Node;
use super::reading::{Field, Reading};
use super::{Config, EgressConfig};
use crate::policy::{ModelRef, ModelRules, Named};
use crate::types::{ModelName, Origin, Scheme};

/// Reads the whole file.
pub(super) fn config(reading: &mut Reading<'_>, tree: &Node) -> Config {
    let Some(fields) = reading.fields(&Field::root(tree), &["default_model", "plugins", "egress"]) else {
        return Config::default();
    };
    let mut models = ModelRules::default();
    models.default_model = fields.get("default_model").and_then(|field| default_model(reading, &field));
    Config {
        models,
        plugins: fields.get("plugins").map(|field| plugin::plugins(reading, &field)).unwrap_or_default(),
        egress: fields.get("egress").map(|field| egress(reading, &field)).unwrap_or_default(),
        encryption_key: None,
    }
}

/// An id, an alias or `plugin/name`: a model's name has the characters of all three.
fn default_model(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<ModelRef> {
    let name = reading.parsed::<ModelName>(field)?;
    Some(ModelRef::new(Named::new(name.as_str(), reading.place(field))))
}

fn egress(reading: &mut Reading<'_>, field: &Field<'_>) -> EgressConfig {
    let Some(fields) = reading.fields(field, &["proxy", "ca_file"]) else {
        return EgressConfig::default();
    };
    EgressConfig {
        proxy: fields.get("proxy").and_then(|field| proxy(reading, &field)),
        ca_file: fields.get("ca_file").and_then(|field| reading.path(&field)),
    }
}

fn proxy(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<Origin> {
    let text = reading.text(field)?;
    let proxy = origin::parse(reading, field, &text)?;
    if proxy.scheme != Scheme::Http {
        let what = "a proxy is spoken to in `http`: what goes through it is encrypted already";
        reading.unfit(field, what, "write `http://HOST:PORT`");
        return None;
    }
    Some(proxy)
}
