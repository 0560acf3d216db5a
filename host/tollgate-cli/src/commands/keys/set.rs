//! `tollgate keys set`.

use serde::Serialize;
use tollgate::types::SecretName;

use super::{name, value};
use crate::args::SetArgs;
use crate::exit::{Failure, Stop};
use crate::keys::vault::{Stored, Vault};
use crate::output::Output;
use crate::session::Session;

/// Shorter ones are not taken out of what vendors answer: they would be found everywhere.
const SCRUBBED_BYTES: usize = 16;

/// What was stored, as programs read it.
#[derive(Serialize)]
struct SetJson<'a> {
    name: &'a str,
    version: u64,
    /// Whether it is taken out of answers in which a vendor repeats it.
    scrubbed: bool,
    /// The variable that is used instead, because it is set.
    overridden_by: Option<String>,
}

/// Stores a value.
pub(super) async fn run(args: &SetArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let config = session.config(args.config.file.as_deref())?;
    let vault = session.vault(&config);
    let name = name::meant(&args.name, &config, &stored(&vault).await?)?;
    // before anybody types anything
    let store = vault.open("storing a secret", Some(&name)).await?;
    let secret = value::read(&name).await?;
    let scrubbed = secret.len() >= SCRUBBED_BYTES;
    let version = store.set(&name, secret, args.note.clone(), &session.env().user()).await;
    let version = version.map_err(|error| match error {
        tollgate::SecretStoreError::Note | tollgate::SecretStoreError::TooLong => {
            Failure::usage(error.to_string(), None)
        }
        other => other.into(),
    })?;
    let overridden_by = session.keys(&config).variable_of(&name);
    if !scrubbed {
        output.note(&format!(
            "warning: `{name}` has less than {SCRUBBED_BYTES} bytes: it is not taken out of answers that repeat it"
        ));
    }
    if let Some(variable) = &overridden_by {
        output.note(&format!("note: the variable `{variable}` is set, and comes before it"));
    }
    if output.is_json() {
        return output.value(&SetJson { name: name.as_str(), version, scrubbed, overridden_by }).await;
    }
    output.text(&format!("stored `{name}`, version {version}\n")).await
}

/// The names of what is stored, whether or not there is a key.
pub(super) async fn stored(vault: &Vault) -> Result<Vec<SecretName>, Stop> {
    let secrets = match vault.look().await? {
        Stored::Absent => Vec::new(),
        Stored::Locked(secrets) => secrets,
        Stored::Open(store) => store.list().await?,
    };
    Ok(secrets.into_iter().map(|secret| secret.name).collect())
}
