//! Where the encryption key is, and how it is read and replaced there.
//!
//! | place | when |
//! |---|---|
//! | what `secrets.encryption_key` says: a variable, a file, the keyring | the configuration says it |
//! | `$TOLLGATE_ENCRYPTION_KEY` | it is set |
//! | `encryption.key` in the user's data directory | otherwise |

use tollgate::config::EncryptionKeyAt;
use tollgate::{EncryptionKey, KeyFile};

use super::keyring;
use crate::env::{ENCRYPTION_KEY, Env};
use crate::exit::Failure;

/// The file's name in the data directory.
const FILE: &str = "encryption.key";

/// Where the encryption key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holder {
    /// In this variable.
    Variable(String),
    /// In this file.
    File(KeyFile),
    /// In the system's keyring.
    Keyring,
    /// Nowhere: the user has no directories.
    Nowhere,
}

impl Holder {
    /// The place that counts.
    pub(crate) fn find(configured: Option<&EncryptionKeyAt>, env: &Env) -> Result<Self, Failure> {
        match configured {
            Some(EncryptionKeyAt::Env(name)) => Ok(Self::Variable(name.clone())),
            Some(EncryptionKeyAt::File(path)) => Ok(Self::File(KeyFile::given(path))),
            Some(EncryptionKeyAt::Keyring) => Ok(Self::Keyring),
            Some(_) => Err(Failure::config(
                "`secrets.encryption_key` names a place that this version does not know",
                None,
            )),
            None if env.raw(ENCRYPTION_KEY).is_some() => Ok(Self::Variable(ENCRYPTION_KEY.to_owned())),
            None => Ok(env
                .data_dir()
                .map_or(Self::Nowhere, |dir| Self::File(KeyFile::own(dir.join("tollgate").join(FILE))))),
        }
    }

    /// The keys that are there; none where there is none. Two while one is being replaced.
    pub(crate) async fn read(&self, env: &Env) -> Result<Vec<EncryptionKey>, Failure> {
        match self {
            Self::Variable(name) => {
                let Some(value) = env.raw(name) else { return Ok(Vec::new()) };
                let text = value.into_string().map_err(|_| tollgate::EncryptionKeyError::Encoding);
                let key = text.and_then(|text| EncryptionKey::parse(&zeroize::Zeroizing::new(text)));
                key.map(|key| vec![key]).map_err(|error| Failure::config(format!("`{name}`: {error}"), None))
            }
            Self::File(file) => Ok(file.read()?),
            Self::Keyring => keyring::read().await,
            Self::Nowhere => Ok(Vec::new()),
        }
    }

    /// Puts the first key there.
    ///
    /// # Errors
    /// Also where there is one.
    pub(crate) async fn create(&self, key: &EncryptionKey) -> Result<(), Failure> {
        match self {
            Self::File(file) => Ok(file.create(key)?),
            Self::Keyring => {
                if !keyring::read().await?.is_empty() {
                    let hint = "it may be that of another store of yours; `secrets.encryption_key` can name a file instead".to_owned();
                    return Err(Failure::config(
                        "there is an encryption key in the keyring already",
                        Some(hint),
                    ));
                }
                keyring::write(&[key]).await
            }
            Self::Variable(name) => {
                let hint = format!("`tollgate keys init --print` prints a key for `{name}`");
                Err(Failure::usage(
                    format!("the encryption key is looked for in the variable `{name}`"),
                    Some(hint),
                ))
            }
            Self::Nowhere => Err(nowhere()),
        }
    }

    /// Puts these keys in the place of those that are there.
    pub(crate) async fn replace(&self, keys: &[&EncryptionKey]) -> Result<(), Failure> {
        match self {
            Self::File(file) => Ok(file.replace(keys)?),
            Self::Keyring => keyring::write(keys).await,
            Self::Variable(_) | Self::Nowhere => Err(Failure::ours("a variable cannot be written")),
        }
    }

    /// In words.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Variable(name) => format!("the variable `{name}`"),
            Self::File(file) => file.path().display().to_string(),
            Self::Keyring => "the system's keyring".to_owned(),
            Self::Nowhere => "nowhere".to_owned(),
        }
    }
}

/// The user has no directory of his own.
pub(crate) fn nowhere() -> Failure {
    let hint = "set `HOME` or `XDG_DATA_HOME` to an absolute path".to_owned();
    Failure::config("there is no directory to keep secrets in", Some(hint))
}
