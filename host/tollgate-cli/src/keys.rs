//! Keys from the environment and from llm's `keys.json`.
//!
//! | asked for | looked up |
//! |---|---|
//! | a secret `NAME` | `TOLLGATE_SECRETS_NAME`, then `DATASETTE_SECRETS_NAME` |
//! | an entry of llm's | `keys.json` in llm's directory |
//! | a variable | that variable |
//!
//! Which of them a plugin may use is not decided here: the library asks, in the order of the operator's grant.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tollgate::types::{Caller, SecretRef};
use tollgate::{KeyStore, KeyStoreError, Secret};

use crate::env::{DATASETTE_SECRETS, Env, SECRETS};
use crate::locate;

/// Keys from where people keep them.
#[derive(Debug, Clone)]
pub(crate) struct EnvKeys {
    env: Env,
    /// llm's `keys.json`.
    llm: Option<PathBuf>,
}

impl EnvKeys {
    /// Those of this environment and its user.
    pub(crate) fn new(env: Env) -> Self {
        let llm = env.llm_dir().map(|dir| dir.join("keys.json"));
        Self { env, llm }
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

/// The bytes of a file of keys; `None` where there is none, or none to be believed.
fn read(file: &Path) -> Result<Option<Vec<u8>>, std::io::Error> {
    let metadata = match std::fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if locate::others_can_write(&metadata) {
        tracing::warn!(file = %file.display(), "others can write this file, so that its keys are not used; `chmod o-w` it");
        return Ok(None);
    }
    std::fs::read(file).map(Some)
}

#[async_trait]
impl KeyStore for EnvKeys {
    async fn get(&self, key: &SecretRef, _caller: &Caller) -> Result<Option<Secret>, KeyStoreError> {
        match key {
            SecretRef::Secret(name) => {
                let own = self.variable(&format!("{SECRETS}{name}"));
                Ok(own.or_else(|| self.variable(&format!("{DATASETTE_SECRETS}{name}"))))
            }
            SecretRef::Llm(entry) => self.entry(key, entry),
            SecretRef::Env(variable) => Ok(self.variable(variable)),
            // a place that this version of the command does not know
            _ => Ok(None),
        }
    }

    fn hint(&self, key: &SecretRef) -> String {
        match key {
            SecretRef::Secret(name) => {
                format!("the variables `{SECRETS}{name}` and `{DATASETTE_SECRETS}{name}`")
            }
            SecretRef::Llm(entry) => format!("the entry `{entry}` of llm's keys.json"),
            SecretRef::Env(variable) => format!("the variable `{variable}`"),
            _ => key.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
