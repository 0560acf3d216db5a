//! `tollgate keys import`.

use serde::Serialize;
use tollgate::types::SecretName;
use tollgate::{FernetKey, Foreign, ForeignError};
use zeroize::Zeroizing;

use crate::args::ImportKeysArgs;
use crate::env::{DATASETTE_ENCRYPTION_KEY, Env};
use crate::exit::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

/// What became of each secret, as programs read it.
#[derive(Serialize)]
struct ImportedJson {
    imported: Vec<String>,
    already_stored: Vec<String>,
    left_out: Vec<LeftOutJson>,
}

/// One that was not taken.
#[derive(Serialize)]
struct LeftOutJson {
    name: String,
    reason: &'static str,
}

/// Takes over the secrets of another deployment.
pub(super) async fn run(args: &ImportKeysArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let config = session.config(args.config.file.as_deref())?;
    let vault = session.vault(&config);
    let store = vault.open("storing secrets", None).await?;
    let key = key(args, session.env())?;
    let database = args.database.clone();
    let read = tokio::task::spawn_blocking(move || Foreign::read(&database, &key)).await;
    let foreign = read.map_err(|_| Failure::ours("the database's thread broke"))?.map_err(unread)?;
    let left_out: Vec<LeftOutJson> =
        foreign.unread.into_iter().map(|(name, reason)| LeftOutJson { name, reason }).collect();
    let imported = store.import(foreign.secrets).await?;
    let failed: Vec<String> =
        left_out.iter().map(|left| format!("{} ({})", left.name, left.reason)).collect();
    if output.is_json() {
        let (imported, already_stored) = (names(&imported.added), names(&imported.kept));
        output.value(&ImportedJson { imported, already_stored, left_out }).await?;
    } else {
        let line = |what: &str, names: &[SecretName]| format!("{what}: {}\n", list(names));
        let text = line("imported", &imported.added) + &line("already stored, left alone", &imported.kept);
        output.text(&text).await?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::left_out(format!("left out: {}", failed.join(", ")), "the others were imported").into())
}

fn key(args: &ImportKeysArgs, env: &Env) -> Result<FernetKey, Failure> {
    let (place, text) = if let Some(path) = &args.key_file {
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text =
            text.map_err(|error| Failure::usage(format!("`--key-file`: {}: {error}", path.display()), None))?;
        (path.display().to_string(), text)
    } else {
        let name = args.key_env.as_deref().unwrap_or(DATASETTE_ENCRYPTION_KEY);
        let text = env.text(name).map(Zeroizing::new).ok_or_else(|| {
            let hint =
                "it takes the key of the other deployment; `--key-env` and `--key-file` name other places";
            Failure::usage(format!("the variable `{name}` is not set"), Some(hint.to_owned()))
        })?;
        (format!("the variable `{name}`"), text)
    };
    FernetKey::parse(&text).map_err(|error| Failure::usage(format!("{place}: {error}"), None))
}

fn unread(error: ForeignError) -> Failure {
    Failure::usage(error.to_string(), None)
}

fn names(names: &[SecretName]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn list(secrets: &[SecretName]) -> String {
    if secrets.is_empty() { "none".to_owned() } else { names(secrets).join(", ") }
}
