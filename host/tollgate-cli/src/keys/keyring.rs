//! The system's keyring: Secret Service on Linux, the keychain on macOS, the credential manager on Windows.
//!
//! It holds what a key file holds: one key per line, two while one is being replaced. All of it waits for another process,
//! and so happens on a thread for that.

use tollgate::EncryptionKey;

use crate::exit::Failure;

/// The keys in it; none where it has no entry.
pub(super) async fn read() -> Result<Vec<EncryptionKey>, Failure> {
    let Some(text) = blocking(entry::read).await? else { return Ok(Vec::new()) };
    let keys = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(EncryptionKey::parse);
    keys.collect::<Result<_, _>>().map_err(|error| failed(&error.to_string()))
}

/// Puts these keys into it, in place of those that are there.
pub(super) async fn write(keys: &[&EncryptionKey]) -> Result<(), Failure> {
    let mut text = zeroize::Zeroizing::new(String::with_capacity(256));
    for key in keys {
        text.push_str(&key.encode());
        text.push('\n');
    }
    blocking(move || entry::write(text.trim_end())).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Failure::ours("the keyring's thread broke"))?.map_err(|reason| failed(&reason))
}

fn failed(reason: &str) -> Failure {
    let hint = "unlock it, or keep the key in a file: `tollgate keys init`".to_owned();
    Failure::config(format!("the system's keyring cannot be used: {reason}"), Some(hint))
}

#[cfg(feature = "keyring")]
mod entry {
    use keyring::{Entry, Error};
    use zeroize::Zeroizing;

    const SERVICE: &str = "tollgate";
    const USER: &str = "encryption-key";

    fn entry() -> Result<Entry, String> {
        Entry::new(SERVICE, USER).map_err(|error| match Entry::store_status() {
            Err(why) => reason(why),
            Ok(()) => reason(&error),
        })
    }

    pub(super) fn read() -> Result<Option<Zeroizing<String>>, String> {
        match entry()?.get_password() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(reason(&error)),
        }
    }

    pub(super) fn write(text: &str) -> Result<(), String> {
        entry()?.set_password(text).map_err(|error| reason(&error))
    }

    /// Two of the errors carry what they read, which may be a key.
    fn reason(error: &Error) -> String {
        match error {
            Error::BadEncoding(_) | Error::BadDataFormat(..) => "its entry is no text".to_owned(),
            other => other.to_string(),
        }
    }
}

#[cfg(not(feature = "keyring"))]
mod entry {
    use zeroize::Zeroizing;

    const WITHOUT: &str = "this program was built without it";

    pub(super) fn read() -> Result<Option<Zeroizing<String>>, String> {
        Err(WITHOUT.to_owned())
    }

    pub(super) fn write(_text: &str) -> Result<(), String> {
        Err(WITHOUT.to_owned())
    }
}
