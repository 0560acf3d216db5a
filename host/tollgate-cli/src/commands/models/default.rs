//! `tollgate models default`: the model that answers where nothing more specific chooses.

use std::path::Path;

use serde::Serialize;
use tollgate::Host;
use tollgate::config::with_default_model;
use tollgate::types::ModelName;

use crate::args::DefaultArgs;
use crate::exit::{Failure, Stop};
use crate::locate;
use crate::output::Output;
use crate::session::{Session, Unbuilt};

/// The default, as programs read it.
#[derive(Serialize)]
struct DefaultJson {
    /// `null`: there is none.
    default_model: Option<String>,
    file: Option<String>,
}

/// Shows it, or writes another.
pub(crate) async fn run(args: &DefaultArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    match &args.model {
        Some(model) => write(args, model, session, output).await,
        None => show(args, session, output).await,
    }
}

async fn show(args: &DefaultArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let read = session.read(args.host.config.as_deref())?;
    let written = read.config.models.default_model.as_ref().map(|default| default.model.name.clone());
    let host = session.open_read(read, &args.host.tried, output).await?;
    let judged = host.models().judge().await?;
    let default = judged.iter().find(|one| one.listing.is_default).map(|one| one.listing.id.to_string());
    // one that no vendor has listed yet has no other name
    let default = default.or(written);
    let file = locate::file(args.host.config.as_deref(), session.env());
    if output.is_json() {
        let file = file.map(|file| file.display().to_string());
        return output.value(&DefaultJson { default_model: default, file }).await;
    }
    match default {
        Some(id) => output.text(&format!("{id}\n")).await,
        None => {
            output.note("there is no default model; `tollgate models default MODEL` writes one");
            Ok(())
        }
    }
}

/// Nothing is written unless the file is a good one with it.
async fn write(args: &DefaultArgs, model: &str, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let name: ModelName = model.parse().map_err(|error| Failure::usage(format!("{error}"), None))?;
    let file = locate::file_to_write(args.host.config.as_deref(), session.env())?;
    let before = locate::read_if_there(&file)?;
    // checked as it was typed, and written as the id, which means the same whatever is installed later
    let host = checked(&before, &name, &file, session, output).await?;
    let judged = host.models().judge().await?;
    let chosen = judged.iter().find(|one| one.listing.is_default);
    let id = chosen.map_or_else(|| model.to_owned(), |one| one.listing.id.to_string());
    let id_as_name: ModelName = id.parse().unwrap_or(name);
    locate::write(&file, &edited(&before, &id_as_name, &file)?)?;
    if let Some(missing) = chosen.and_then(|one| one.missing.as_ref()) {
        output.note(&format!("warning: `{id}` {missing}"));
    }
    if output.is_json() {
        let file = Some(file.display().to_string());
        return output.value(&DefaultJson { default_model: Some(id), file }).await;
    }
    output.text(&format!("the default model is now {id} ({})\n", file.display())).await
}

fn edited(before: &str, name: &ModelName, file: &Path) -> Result<String, Failure> {
    with_default_model(before, name)
        .map_err(|error| Failure::config(format!("{}: {error}", file.display()), None))
}

/// A host with the file as it would be. What is tried for one run is no part of it.
async fn checked(
    before: &str,
    name: &ModelName,
    file: &Path,
    session: &mut Session,
    output: &Output,
) -> Result<Host, Stop> {
    let read = locate::parse_text(&edited(before, name, file)?, file, session.env());
    Ok(session.open_read(read, &[], output).await.map_err(unwritten)?)
}

/// What is wrong with the file as it would be.
fn unwritten(unbuilt: Unbuilt) -> Failure {
    let mut failure = Failure::from(unbuilt);
    failure.hint.get_or_insert_with(|| "nothing was written".to_owned());
    failure
}
