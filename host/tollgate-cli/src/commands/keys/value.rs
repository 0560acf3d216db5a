//! A secret's value on its way in: typed without being shown, or from standard input. Never an argument.

use std::io::IsTerminal;

use tokio::io::AsyncReadExt;
use tollgate::Secret;
use tollgate::types::SecretName;
use zeroize::Zeroizing;

use crate::exit::{Failure, Stop};

/// As much as a secret may have.
const MOST_BYTES: usize = 64 << 10;

/// Reads one value.
pub(super) async fn read(name: &SecretName) -> Result<Secret, Stop> {
    let bytes = if std::io::stdin().is_terminal() { typed(name).await? } else { piped().await? };
    let text = bytes.trim_ascii();
    if text.len() > MOST_BYTES {
        return Err(Failure::usage("a secret takes at most 64 KiB", None).into());
    }
    if text.iter().any(u8::is_ascii_control) {
        let hint = "one value, in one line: a header of a request takes no other".to_owned();
        return Err(Failure::usage("the value has several lines, or control characters", Some(hint)).into());
    }
    let secret = Secret::new(Zeroizing::new(text.to_vec()));
    secret.ok_or_else(|| {
        let hint = format!("`tollgate keys remove {name}` deletes a secret");
        Failure::usage("the value is empty", Some(hint)).into()
    })
}

/// Asks on the terminal, whatever standard output is.
async fn typed(name: &SecretName) -> Result<Zeroizing<Vec<u8>>, Stop> {
    let question = format!("Value of {name} (not shown): ");
    let asked = tokio::task::spawn_blocking(move || rpassword::prompt_password(question)).await;
    let asked = asked.map_err(|_| Failure::ours("the terminal's thread broke"))?;
    match asked {
        Ok(text) => Ok(Zeroizing::new(text.into_bytes())),
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Err(Stop::Interrupted),
        Err(error) => Err(Failure::ours(format!("cannot read from the terminal: {error}")).into()),
    }
}

async fn piped() -> Result<Zeroizing<Vec<u8>>, Stop> {
    // with room for all of it, so that no copy is left behind where it grew
    let most = MOST_BYTES + 4096;
    let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
    let mut stdin = tokio::io::stdin().take(most as u64);
    let read = stdin.read_to_end(&mut bytes).await;
    read.map_err(|error| Failure::ours(format!("cannot read standard input: {error}")))?;
    Ok(bytes)
}
