//! `tollgate plugins list`: what is installed, and what each may do.

use serde::Serialize;
use tollgate::types::{OriginGrant, printable};
use tollgate::{KeyStore, PluginListing, PluginOrigin};

use super::{ImportJson, SlotJson, imports, slots};
use crate::args::ListArgs;
use crate::exit::Stop;
use crate::keys::EnvKeys;
use crate::output::Output;
use crate::session::Session;

/// One plugin, as programs read it.
#[derive(Serialize)]
struct PluginJson<'a> {
    name: &'a str,
    source: String,
    digest: Option<String>,
    version: &'a str,
    summary: &'a str,
    origins: Vec<OriginJson>,
    key_slots: Vec<SlotJson<'a>>,
    /// Where the key is looked up, first to last.
    keys: Vec<String>,
    imports: Vec<ImportJson<'a>>,
}

/// One granted origin, as programs read it.
#[derive(Serialize)]
struct OriginJson {
    origin: String,
    /// `null`: those of the described endpoints.
    methods: Option<Vec<String>>,
    /// `null`: those of the described endpoints.
    paths: Option<Vec<String>>,
    addresses: Vec<String>,
    carries_key: bool,
}

/// Lists the installed plugins.
pub(crate) async fn list(args: &ListArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let read = session.read(args.host.config.as_deref())?;
    let config = read.config.clone();
    let listed = session.open_read(read, &args.host.tried, output).await?.plugins();
    let keys = session.keys(&config);
    if output.is_json() {
        let plugins: Vec<_> = listed.iter().map(|plugin| json(plugin, &keys)).collect();
        return output.value(&plugins).await;
    }
    let mut text = String::new();
    for plugin in listed.iter() {
        text.push_str(&paragraph(plugin, &keys));
    }
    output.text(&text).await
}

fn json<'a>(plugin: &'a PluginListing, keys: &EnvKeys) -> PluginJson<'a> {
    PluginJson {
        name: plugin.name.as_str(),
        source: source(&plugin.origin),
        digest: plugin.digest.map(|digest| digest.to_string()),
        version: &plugin.description.version,
        summary: &plugin.description.summary,
        origins: plugin.grant.origins.iter().map(origin_json).collect(),
        key_slots: slots(&plugin.description),
        keys: plugin.keys.iter().map(|key| keys.hint(key)).collect(),
        imports: imports(&plugin.imports),
    }
}

fn origin_json(grant: &OriginGrant) -> OriginJson {
    let methods = grant.methods.as_ref();
    let paths = grant.paths.as_ref();
    OriginJson {
        origin: grant.origin.to_string(),
        methods: methods.map(|methods| methods.iter().map(ToString::to_string).collect()),
        paths: paths.map(|paths| paths.iter().map(|path| path.as_str().to_owned()).collect()),
        addresses: grant.addresses.iter().map(ToString::to_string).collect(),
        carries_key: grant.carries_key,
    }
}

/// As it is written in the configuration.
fn source(origin: &PluginOrigin) -> String {
    match origin {
        PluginOrigin::Builtin(name) => format!("builtin:{name}"),
        PluginOrigin::File(path) => format!("file:{}", path.display()),
        PluginOrigin::Bytes => "tried for this run".to_owned(),
        PluginOrigin::Native => "native".to_owned(),
        _ => "elsewhere".to_owned(),
    }
}

fn paragraph(plugin: &PluginListing, keys: &EnvKeys) -> String {
    let description = &plugin.description;
    let mut text = format!("{}  ({})\n", plugin.name, source(&plugin.origin));
    let mut line = |label: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("  {label:8}{value}\n"));
        }
    };
    line("is", printable(&description.summary, 400));
    line("version", printable(&description.version, 64));
    line("digest", plugin.digest.map(|digest| digest.to_string()).unwrap_or_default());
    let reached: Vec<String> = plugin.grant.origins.iter().map(origin_text).collect();
    line("reaches", if reached.is_empty() { "nothing".to_owned() } else { reached.join(", ") });
    if !description.key_slots.is_empty() {
        let places: Vec<String> = plugin.keys.iter().map(|key| keys.hint(key)).collect();
        line("key", places.join(", then "));
    }
    text
}

fn origin_text(grant: &OriginGrant) -> String {
    let key = if grant.carries_key { "" } else { " (without the key)" };
    format!("{}{key}", grant.origin)
}
