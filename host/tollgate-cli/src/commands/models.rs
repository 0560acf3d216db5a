//! `tollgate models`: what can be asked.

use serde::Serialize;
use tollgate::ModelListing;
use tollgate::types::Capability;

use crate::args::ModelsArgs;
use crate::exit::Stop;
use crate::output::Output;
use crate::session::Session;

/// One model, as programs read it.
#[derive(Serialize)]
struct ModelJson<'a> {
    id: String,
    plugin: &'a str,
    name: &'a str,
    aliases: Vec<&'a str>,
    needs_key: bool,
    key_available: bool,
    capabilities: Vec<&'a str>,
}

/// Lists them.
pub(crate) async fn run(args: &ModelsArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let host = session.open(&args.host, output).await?;
    let models = host.models().await;
    if output.is_json() {
        return output.value(&models.iter().map(json).collect::<Vec<_>>()).await;
    }
    let width = models.iter().map(|listing| listing.id.to_string().len()).max().unwrap_or_default();
    let lines: String = models.iter().map(|listing| line(listing, width)).collect();
    output.text(&lines).await
}

fn json(listing: &ModelListing) -> ModelJson<'_> {
    ModelJson {
        id: listing.id.to_string(),
        plugin: listing.id.plugin.as_str(),
        name: listing.id.name.as_str(),
        aliases: listing.model.aliases.iter().map(tollgate::types::ModelName::as_str).collect(),
        needs_key: listing.needs_key,
        key_available: listing.key_available,
        capabilities: listing.model.capabilities.iter().map(Capability::as_str).collect(),
    }
}

/// `openai/gpt-5.4  gpt-5.4, 5.4  no key`: the id, the shorter names for it, what is missing.
fn line(listing: &ModelListing, width: usize) -> String {
    let bare = listing.owns_bare_name.then_some(&listing.id.name);
    let names: Vec<&str> = bare.into_iter().chain(&listing.model.aliases).map(|name| name.as_str()).collect();
    let key = if listing.key_available { "" } else { "  (no key)" };
    let line = format!("{:width$}  {}{key}", listing.id.to_string(), names.join(", "));
    format!("{}\n", line.trim_end())
}
