//! `tollgate plugins inspect`: what a component is and asks for, before anybody trusts it with anything.

use std::path::Path;

use serde::Serialize;
use tollgate::config::{PluginConfig, Source};
use tollgate::types::{Description, Endpoint, KeySlot, OptionSpec, PluginName, printable};
use tollgate::{Import, Inspection};

use super::{ImportJson, SlotJson, imports, slots, word};
use crate::args::InspectArgs;
use crate::exit::{Failure, Stop};
use crate::output::Output;
use crate::session::{Session, component, noticed};

/// A component, as programs read it.
#[derive(Serialize)]
struct InspectionJson<'a> {
    file: String,
    digest: String,
    bytes: usize,
    exports: &'a [String],
    imports: Vec<ImportJson<'a>>,
    name: &'a str,
    version: &'a str,
    summary: &'a str,
    homepage: Option<&'a str>,
    key_slots: Vec<SlotJson<'a>>,
    endpoints: Vec<EndpointJson<'a>>,
    settings: Vec<SettingJson<'a>>,
    models: Vec<&'a str>,
    lists_models: bool,
}

/// A kind of request, as programs read it.
#[derive(Serialize)]
struct EndpointJson<'a> {
    method: &'a str,
    path: &'a str,
}

/// A setting, as programs read it.
#[derive(Serialize)]
struct SettingJson<'a> {
    name: &'a str,
    summary: &'a str,
    default: Option<&'a str>,
}

/// Says what a component exports, imports and asks for.
pub(crate) async fn inspect(args: &InspectArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let bytes = component(&args.file)?;
    let plugin = PluginConfig::new(name(&args.file)?, Source::Bytes(bytes));
    let host = session.open_empty(output).await?;
    let inspection = noticed(host.inspect(plugin), output).await?;
    if output.is_json() {
        return output.value(&json(&args.file, &inspection)).await;
    }
    output.text(&text(&args.file, &inspection)).await
}

/// The name under which it is started, and which errors call it: the file's, as far as that is a plugin's name.
fn name(file: &Path) -> Result<PluginName, Failure> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let name = stem.parse().or_else(|_| "component".parse());
    name.map_err(|error| Failure::ours(format!("{error}")))
}

fn json<'a>(file: &Path, inspection: &'a Inspection) -> InspectionJson<'a> {
    let Description { name, version, summary, homepage, endpoints, settings, models, lists_models, .. } =
        &inspection.description;
    let endpoint = |endpoint: &'a Endpoint| EndpointJson {
        method: endpoint.method.as_str(),
        path: endpoint.path.as_str(),
    };
    let setting = |setting: &'a OptionSpec| SettingJson {
        name: &setting.name,
        summary: &setting.summary,
        default: setting.default.as_deref(),
    };
    InspectionJson {
        file: file.display().to_string(),
        digest: inspection.digest.to_string(),
        bytes: inspection.bytes,
        exports: &inspection.exports,
        imports: imports(&inspection.imports),
        name,
        version,
        summary,
        homepage: homepage.as_deref(),
        key_slots: slots(&inspection.description),
        endpoints: endpoints.iter().map(endpoint).collect(),
        settings: settings.iter().map(setting).collect(),
        models: models.iter().map(|model| model.name.as_str()).collect(),
        lists_models: *lists_models,
    }
}

fn text(file: &Path, inspection: &Inspection) -> String {
    let description = &inspection.description;
    let called = printable(&format!("{} {}", description.name, description.version), 128);
    let mut text = format!("{}: {called}\n", file.display());
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(&format!("\n{title}\n"));
            text.extend(lines.iter().map(|line| format!("  {}\n", printable(line, 400))));
        }
    };
    section("says of itself", described(description));
    section("exports", inspection.exports.clone());
    section("imports", inspection.imports.iter().map(import).collect());
    section("asks for keys", description.key_slots.iter().map(slot).collect());
    section("makes requests", description.endpoints.iter().map(endpoint).collect());
    section("reads settings", description.settings.iter().map(setting).collect());
    section("knows models", description.models.iter().map(|model| model.name.to_string()).collect());
    text.push_str(&entry(file, inspection));
    text
}

fn described(description: &Description) -> Vec<String> {
    let homepage = description.homepage.iter().cloned();
    let lines = std::iter::once(description.summary.clone()).chain(homepage);
    lines.filter(|line| !line.is_empty()).collect()
}

fn import(import: &Import) -> String {
    format!("{}  ({})", import.name, word(import.kind))
}

fn slot(slot: &KeySlot) -> String {
    let obtain = slot.obtain.iter().map(|link| format!(", from {link}")).collect::<String>();
    format!("{}: in the header `{}`{obtain}", slot.name, slot.placement.header)
}

fn endpoint(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.method, endpoint.path.as_str())
}

fn setting(setting: &OptionSpec) -> String {
    let default = setting.default.iter().map(|value| format!(" (default {value})")).collect::<String>();
    format!("{}: {}{default}", setting.name, setting.summary)
}

/// What to write to install exactly this file.
fn entry(file: &Path, inspection: &Inspection) -> String {
    let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let source = serde_json::Value::from(format!("file:{}", path.display()));
    format!(
        "\nto install these {} bytes, under a name of your choice, reaching what you list:\n  plugins:\n    NAME:\n      \
         source: {source}\n      sha256: {}\n      origins: []\n",
        inspection.bytes, inspection.digest,
    )
}
