//! Keys from the environment, from the stored secrets and from llm's `keys.json`.
//!
//! | asked for | looked up |
//! |---|---|
//! | a secret `NAME` | `TOLLGATE_SECRETS_NAME`, then `DATASETTE_SECRETS_NAME`, then the newest version in the store |
//! | an entry of llm's | `keys.json` in llm's directory |
//! | a variable | that variable |
//!
//! Which of them a plugin may use is not decided here: the library asks, in the order of the operator's grant.

pub(crate) mod holder;
mod keyring;
pub(crate) mod vault;

use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde::Serialize;
use tollgate::types::{Caller, SecretName, SecretRef};
use tollgate::{KeyStore, KeyStoreError, Secret, StoredSecret};

use crate::env::{DATASETTE_SECRETS, Env, SECRETS};
use crate::files;
use holder::Holder;
use vault::{Stored, Vault};

/// Keys from where people keep them.
#[derive(Debug, Clone)]
pub(crate) struct EnvKeys {
    env: Env,
    /// llm's `keys.json`.
    llm: Option<PathBuf>,
    vault: Vault,
}

/// Which place answers for a reference. Programs read `{"kind": "variable", "name": …}`, `llm` or `stored`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "lowercase")]
pub(crate) enum Source {
    /// This variable.
    Variable(String),
    /// This entry of llm's file.
    Llm(String),
    /// The stored secret of this name.
    Stored(SecretName),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "the variable `{name}`"),
            Self::Llm(name) => write!(f, "the entry `{name}` of llm's keys.json"),
            Self::Stored(name) => write!(f, "the stored secret `{name}`"),
        }
    }
}

impl EnvKeys {
    /// Those of this environment and its user.
    pub(crate) fn new(env: Env, vault: Vault) -> Self {
        let llm = env.llm_dir().map(|dir| dir.join("keys.json"));
        Self { env, llm, vault }
    }

    /// Which place answers, without reading what is stored there.
    pub(crate) async fn source(&self, key: &SecretRef) -> Result<Option<Source>, KeyStoreError> {
        match key {
            SecretRef::Secret(name) => {
                if let Some(variable) = self.variable_of(name) {
                    return Ok(Some(Source::Variable(variable)));
                }
                let stored = match self.look(key).await? {
                    Stored::Open(store) => {
                        let anyone = Caller::default();
                        match store.contains(key, &anyone).await {
                            Ok(found) => found,
                            Err(error) => match self.vault.renewed(&store).await {
                                Some(store) => store.contains(key, &anyone).await?,
                                None => return Err(error),
                            },
                        }
                    }
                    Stored::Locked(secrets) => return self.locked(key, name, &secrets).map(|()| None),
                    Stored::Absent => false,
                };
                Ok(stored.then(|| Source::Stored(name.clone())))
            }
            SecretRef::Llm(entry) => Ok(self.entry(key, entry)?.map(|_| Source::Llm(entry.clone()))),
            SecretRef::Env(variable) => {
                Ok(self.variable(variable).map(|_| Source::Variable(variable.clone())))
            }
            _ => Ok(None),
        }
    }

    /// The variable that has a secret, of the two that may.
    pub(crate) fn variable_of(&self, name: &SecretName) -> Option<String> {
        let variables = [SECRETS, DATASETTE_SECRETS].map(|prefix| format!("{prefix}{name}"));
        variables.into_iter().find(|variable| self.variable(variable).is_some())
    }

    async fn look(&self, key: &SecretRef) -> Result<Stored, KeyStoreError> {
        self.vault.look().await.map_err(|failure| KeyStoreError { key: key.clone(), reason: failure.message })
    }

    /// A store without its key says nothing of a secret that is in it. That is an error, and not an absence: another account
    /// would be billed.
    fn locked(
        &self,
        key: &SecretRef,
        name: &SecretName,
        stored: &[StoredSecret],
    ) -> Result<(), KeyStoreError> {
        if !stored.iter().any(|secret| secret.name == *name) {
            return Ok(());
        }
        let place = self.vault.holder().map_or_else(|failure| failure.message, Holder::place);
        let reason = format!(
            "it is stored, and there is no encryption key in {place}: put it back, or set the secret's variable"
        );
        Err(KeyStoreError { key: key.clone(), reason })
    }

    async fn stored(
        &self,
        key: &SecretRef,
        name: &SecretName,
        caller: &Caller,
    ) -> Result<Option<Secret>, KeyStoreError> {
        match self.look(key).await? {
            Stored::Absent => Ok(None),
            Stored::Locked(secrets) => self.locked(key, name, &secrets).map(|()| None),
            Stored::Open(store) => match store.get(key, caller).await {
                Ok(found) => Ok(found),
                // another process may have replaced the encryption key
                Err(error) => match self.vault.renewed(&store).await {
                    Some(store) => store.get(key, caller).await,
                    None => Err(error),
                },
            },
        }
    }

    fn variable(&self, name: &str) -> Option<Secret> {
        Secret::new(self.env.raw(name)?.into_encoded_bytes())
    }

    fn entry(&self, key: &SecretRef, entry: &str) -> Result<Option<Secret>, KeyStoreError> {
        let error = |reason: String| KeyStoreError { key: key.clone(), reason };
        let Some(file) = &self.llm else { return Ok(None) };
        let Some(text) = read(file).map_err(|reason| error(format!("{}: {reason}", file.display())))? else {
            return Ok(None);
        };
        // the parser's own message might repeat what stands in the file
        let keys: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&text)
            .map_err(|parse| error(format!("{}:{}: no JSON object", file.display(), parse.line())))?;
        match keys.get(entry) {
            None => Ok(None),
            Some(serde_json::Value::String(value)) => Ok(Secret::new(value.clone().into_bytes())),
            Some(_) => Err(error(format!("{}: the entry is no text", file.display()))),
        }
    }
}

/// The bytes of a file of keys; `None` where there is none. One that others can write is an error, and no absence: the next
/// place would be another account's.
fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match files::believed(file).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl KeyStore for EnvKeys {
    async fn get(&self, key: &SecretRef, caller: &Caller) -> Result<Option<Secret>, KeyStoreError> {
        match key {
            SecretRef::Secret(name) => match self.variable_of(name) {
                Some(variable) => Ok(self.variable(&variable)),
                None => self.stored(key, name, caller).await,
            },
            SecretRef::Llm(entry) => self.entry(key, entry),
            SecretRef::Env(variable) => Ok(self.variable(variable)),
            // a place that this version of the command does not know
            _ => Ok(None),
        }
    }

    async fn contains(&self, key: &SecretRef, _caller: &Caller) -> Result<bool, KeyStoreError> {
        Ok(self.source(key).await?.is_some())
    }

    fn hint(&self, key: &SecretRef) -> String {
        match key {
            SecretRef::Secret(name) => format!(
                "the variables `{SECRETS}{name}` and `{DATASETTE_SECRETS}{name}`, then the stored secrets \
                 (`tollgate keys set {name}`)"
            ),
            SecretRef::Llm(entry) => format!("the entry `{entry}` of llm's keys.json"),
            SecretRef::Env(variable) => format!("the variable `{variable}`"),
            _ => key.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
