//! `tollgate keys rotate`.
//!
//! The order is what makes it safe to kill: the place of the key has both, then the store takes the new one in a single
//! transaction, then the place has the new one alone. Whoever opens the store in between uses the one that fits.

use serde::Serialize;
use tollgate::{EncryptionKey, Rotated, SecretStore};

use crate::args::RotateArgs;
use crate::env::NEW_ENCRYPTION_KEY;
use crate::exit::{Failure, Stop};
use crate::keys::holder::Holder;
use crate::output::Output;
use crate::session::Session;

/// What was done, as programs read it.
#[derive(Serialize)]
struct RotatedJson {
    key_id: String,
    previous_key_id: String,
    values: usize,
    damaged: Vec<String>,
}

/// Replaces the encryption key.
pub(super) async fn run(args: &RotateArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let config = session.config(args.config.file.as_deref())?;
    let vault = session.vault(&config);
    let (holder, env) = (vault.holder()?, session.env().clone());
    if !vault.exists()? {
        let message = "nothing is stored, so that there is nothing to encrypt anew";
        return Err(
            Failure::usage(message, Some("`tollgate keys set NAME` stores a secret".to_owned())).into()
        );
    }
    // before the keys are read that are to be kept
    vault.lock_for_rotation()?;
    let store = vault.open("replacing the encryption key", None).await?;
    let rotated = match holder {
        Holder::Variable(variable) => with_given(variable, &env, &store).await?,
        _ => {
            let next = EncryptionKey::generate();
            let keys = holder.read(&env).await?;
            if !keys.iter().any(|key| key.id() == store.key_id()) {
                return Err(Failure::ours("the key in use is not where it was read").into());
            }
            // all that are there: one of them may be what a rotation that was interrupted is about to use
            let both: Vec<&EncryptionKey> = keys.iter().chain([&next]).collect();
            holder.replace(&both).await?;
            let kept =
                EncryptionKey::parse(&next.encode()).map_err(|error| Failure::ours(error.to_string()))?;
            let rotated = store.rotate(next).await?;
            // what could not be opened may be in a backup, which only the key before opens
            let before: &[EncryptionKey] = if rotated.damaged.is_empty() { &[] } else { &keys };
            holder.replace(&[&kept].into_iter().chain(before).collect::<Vec<_>>()).await?;
            rotated
        }
    };
    tell(&rotated, holder, output).await
}

/// The new key of somebody who keeps it himself.
async fn with_given(variable: &str, env: &crate::env::Env, store: &SecretStore) -> Result<Rotated, Stop> {
    let next = Holder::Variable(NEW_ENCRYPTION_KEY.to_owned()).read(env).await?;
    let Some(next) = next.into_iter().next() else {
        let message =
            format!("the encryption key is in the variable `{variable}`, which this command cannot change");
        let hint = format!(
            "put a new key, such as `tollgate keys init --print` prints, into `{NEW_ENCRYPTION_KEY}`"
        );
        return Err(Failure::usage(message, Some(hint)).into());
    };
    if next.id() == store.key_id() {
        return Err(Failure::usage(format!("`{NEW_ENCRYPTION_KEY}` is the key in use"), None).into());
    }
    Ok(store.rotate(next).await?)
}

async fn tell(rotated: &Rotated, holder: &Holder, output: &Output) -> Result<(), Stop> {
    if let Holder::Variable(variable) = holder {
        output.note(&format!(
            "note: now put the value of `{NEW_ENCRYPTION_KEY}` into `{variable}`; the old key opens nothing"
        ));
    }
    let damaged: Vec<String> = rotated.damaged.iter().map(ToString::to_string).collect();
    let text = format!(
        "encrypted {} with the key {}, before {}\n",
        values(rotated.values),
        rotated.to,
        rotated.from
    );
    if output.is_json() {
        let (key_id, previous_key_id) = (rotated.to.to_string(), rotated.from.to_string());
        output
            .value(&RotatedJson { key_id, previous_key_id, values: rotated.values, damaged: damaged.clone() })
            .await?;
    } else {
        output.text(&text).await?;
    }
    if damaged.is_empty() {
        return Ok(());
    }
    let message = format!("damaged before, and left as they were: {}", damaged.join(", "));
    let hint = "`tollgate keys set NAME` stores a value again; keep the key before, for a backup that has it";
    Err(Failure::left_out(message, hint).into())
}

fn values(count: usize) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}
