//! `tollgate keys init`.

use serde::Serialize;
use tollgate::{EncryptionKey, KeyFile};

use crate::args::InitArgs;
use crate::exit::{Failure, Stop};
use crate::keys::holder::Holder;
use crate::output::Output;
use crate::session::Session;

/// The key that was made, as programs read it: which, and where.
#[derive(Serialize)]
struct MadeJson<'a> {
    key_id: String,
    place: &'a str,
}

/// A fresh key for somebody's own keeping, as programs read it.
#[derive(Serialize)]
struct PrintedJson<'a> {
    key_id: String,
    encryption_key: &'a str,
}

/// Makes an encryption key.
pub(super) async fn run(args: &InitArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let key = EncryptionKey::generate();
    if args.print {
        return print(&key, output).await;
    }
    let config = session.config(args.config.file.as_deref())?;
    let vault = session.vault(&config);
    let looked_at = vault.holder()?.clone();
    let holder = match (&args.file, args.keyring) {
        (Some(path), _) => {
            // the configuration names it from another directory
            let path = std::path::absolute(path);
            let path = path.map_err(|error| Failure::usage(format!("`--file`: {error}"), None))?;
            Holder::File(KeyFile::own(path))
        }
        (None, true) => Holder::Keyring,
        (None, false) => looked_at.clone(),
    };
    if vault.exists()? && !matches!(holder, Holder::Variable(_)) {
        let message = format!("there are stored secrets already, in {}", vault.path()?.display());
        let hint =
            "a new key would not open them: put back theirs, or replace it with `tollgate keys rotate`";
        return Err(Failure::config(message, Some(hint.to_owned())).into());
    }
    holder.create(&key).await?;
    let place = holder.place();
    if is_elsewhere(&holder, &looked_at) {
        let setting = match &holder {
            Holder::Keyring => "keyring".to_owned(),
            _ => format!("{{\"$file\": {}}}", serde_json::Value::from(place.as_str())),
        };
        output.note(&format!(
            "note: it is used once the configuration says `secrets: {{encryption_key: {setting}}}`"
        ));
    }
    if output.is_json() {
        return output.value(&MadeJson { key_id: key.id().to_string(), place: &place }).await;
    }
    let copy = "Keep a copy of it: without it, nobody can read what is stored.";
    output.text(&format!("made the encryption key {} in {place}\n{copy}\n", key.id())).await
}

/// Whether the key is where nobody looks for it.
fn is_elsewhere(made: &Holder, looked_at: &Holder) -> bool {
    match (made, looked_at) {
        (Holder::File(made), Holder::File(looked_at)) => made.path() != looked_at.path(),
        _ => made != looked_at,
    }
}

/// Prints the key. It encrypts nothing yet, and is kept nowhere: whoever asked for it is the one who keeps it.
async fn print(key: &EncryptionKey, output: &Output) -> Result<(), Stop> {
    let text = key.encode();
    if output.is_json() {
        return output.value(&PrintedJson { key_id: key.id().to_string(), encryption_key: &text }).await;
    }
    output.text(&format!("{}\n", text.as_str())).await
}
