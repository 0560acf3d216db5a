//! `tollgate keys remove`.

use std::io::IsTerminal;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tollgate::types::SecretName;

use super::{name, set};
use crate::args::RemoveArgs;
use crate::exit::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

/// What was deleted, as programs read it.
#[derive(Serialize)]
struct RemovedJson<'a> {
    name: &'a str,
    versions: u64,
}

/// Deletes a secret. Without a terminal nobody can be asked, and `--yes` is needed.
pub(super) async fn run(args: &RemoveArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let config = session.config(args.config.file.as_deref())?;
    let vault = session.vault(&config);
    let stored = set::stored(&vault).await?;
    let name = name::meant(&args.name, &config, &stored)?;
    if !stored.contains(&name) {
        let message = format!("`{name}` is not stored");
        return Err(Failure::usage(message, Some("`tollgate keys list` shows what is".to_owned())).into());
    }
    let store = vault.open("deleting a secret", None).await?;
    if !args.yes && !asked(&name, output).await? {
        output.note("nothing was deleted");
        return Ok(());
    }
    let versions = store.remove(&name, &session.env().user()).await?.unwrap_or_default();
    if let Some(variable) = session.keys(&config).variable_of(&name) {
        output.note(&format!("note: the variable `{variable}` is still set"));
    }
    if output.is_json() {
        return output.value(&RemovedJson { name: name.as_str(), versions }).await;
    }
    let count = if versions == 1 { "its only version".to_owned() } else { format!("{versions} versions") };
    output.text(&format!("deleted `{name}`, {count}\n")).await
}

async fn asked(name: &SecretName, output: &Output) -> Result<bool, Stop> {
    if !std::io::stdin().is_terminal() || output.is_json() {
        let hint = Some("`--yes` deletes without asking".to_owned());
        return Err(
            Failure::usage(format!("nobody can be asked whether `{name}` is to be deleted"), hint).into()
        );
    }
    output.note(&format!("Delete `{name}` and all its versions? [y/N]"));
    let mut answer = String::new();
    let read = BufReader::new(tokio::io::stdin()).read_line(&mut answer).await;
    read.map_err(|error| Failure::ours(format!("cannot read from the terminal: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
