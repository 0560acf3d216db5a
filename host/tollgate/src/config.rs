//! What the operator wrote, and what it means.
//!
//! The file decides who may reach what with which key, so that a mistake in it is a hole. Hence: every key is known
//! or an error, every value has one type, nothing is guessed, and all mistakes of a file are told in one run, each
//! with its place. YAML's own surprises stay outside: aliases, tags, merge keys, second documents, duplicate keys and
//! unquoted words that two readers read differently are refused.
//!
//! Two steps. `raw` reads text into a tree that knows where everything stands; `checked` gives the tree its
//! meaning. Both are pure: the room opens no file and reads no variable, and what the text wants from either it asks
//! of an [`Expand`], which the command implements and the library does not.
//!
//! | written | means |
//! |---|---|
//! | no `plugins.<p>.origins` | a built-in's own vendor; for every other component: nothing |
//! | `origins: []` | nothing is reached |
//! | `methods: []`, `paths: []` | nothing is allowed |
//! | a limit of `0` | none of it; never "no limit" |
//! | a key without a value | an error: it might have meant any of the above |
//!
//! What must never enter is a secret: the file names secrets, and a text that has the shape of a known vendor's key
//! is refused without being repeated (`pasted`).

mod checked;
mod edit;
mod expand;
mod finding;
mod mistake;
mod pasted;
mod raw;
mod reading;
mod scalar;

use std::path::{Path, PathBuf};

use crate::policy::{ModelRef, ModelRules, Named};
use crate::types::{
    Digest, EgressLimits, Entry, Origin, OriginGrant, Place, PluginName, SandboxLimits, SecretRef, Value,
};

pub use edit::{EditError, with_default_model};
pub use expand::{Expand, ExpandError, NoExpansion};
pub use mistake::{ConfigErrors, Mistake, Problem};

/// What an operator decided, checked and typed.
///
/// Read from a file with [`Config::parse`], or put together in code. The default has nothing in it: the built-ins
/// that the host is given, each under its own name, and no default model.
///
/// # Examples
/// ```
/// use tollgate::config::{Config, PluginConfig};
/// use tollgate::types::{OriginGrant, SecretRef};
///
/// let acme = PluginConfig::from_file("acme".parse()?, "plugins/acme.wasm")
///     .origins([OriginGrant::new("https://api.acme.test".parse()?)])
///     .key(SecretRef::Secret("ACME_KEY".parse()?));
/// let config = Config::default().default_model("acme/one").plugin(acme);
/// assert_eq!(config.plugins.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// Which models may be used, for what, and with which key.
    pub models: ModelRules,
    /// The plugins, in the order of the file. Earlier ones keep bare model names; built-ins come before all.
    pub plugins: Vec<PluginConfig>,
    /// How requests leave the operator's network.
    pub egress: EgressConfig,
    /// Where the key of the encrypted secrets is. `None`: the usual places of whoever embeds the library.
    pub encryption_key: Option<EncryptionKeyAt>,
}

impl Config {
    /// Reads a configuration file's text.
    ///
    /// `file` names the file in messages, and its folder is what relative paths inside are relative to. `expand`
    /// answers `{"$env": NAME}` and `{"$file": path}`; [`NoExpansion`] refuses both.
    ///
    /// # Errors
    /// All mistakes of the file, in the order of their places.
    ///
    /// # Examples
    /// ```
    /// use std::path::Path;
    /// use tollgate::config::{Config, NoExpansion};
    ///
    /// let text = "default_model: echo\nplugin: {}\n";
    /// let errors = Config::parse(text, Path::new("tollgate.yaml"), &NoExpansion).unwrap_err();
    /// assert_eq!(errors.to_string(), "tollgate.yaml:2:1: unknown key `plugin`; did you mean `plugins`?");
    /// ```
    pub fn parse(text: &str, file: &Path, expand: &dyn Expand) -> Result<Self, ConfigErrors> {
        let mut mistakes = mistake::Mistakes::default();
        let tree = raw::read(text, &mut mistakes);
        let mut reading = reading::Reading::new(mistakes, expand, file);
        let config = tree.map(|tree| checked::config(&mut reading, &tree)).unwrap_or_default();
        reading.into_mistakes().into_result(file).map(|()| config)
    }

    /// Sets the model that answers where nothing more specific chooses.
    #[must_use]
    pub fn default_model(mut self, model: impl Into<String>) -> Self {
        let named = Named::new(model, Place::of_key("default_model"));
        self.models.default_model = Some(ModelRef::new(named));
        self
    }

    /// Sets which models may be used, for what, and with which key.
    #[must_use]
    pub fn models(mut self, rules: ModelRules) -> Self {
        self.models = rules;
        self
    }

    /// Adds a plugin after those there are.
    #[must_use]
    pub fn plugin(mut self, plugin: PluginConfig) -> Self {
        self.plugins.push(plugin);
        self
    }

    /// Sets how requests leave the operator's network.
    #[must_use]
    pub fn egress(mut self, egress: EgressConfig) -> Self {
        self.egress = egress;
        self
    }
}

/// Where the key that encrypts stored secrets is: never the key itself. The library reads none of these places.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptionKeyAt {
    /// In this environment variable.
    Env(String),
    /// In this file. [`Config::parse`] has put the folder of the configuration before a relative one.
    File(PathBuf),
    /// In the operating system's keyring.
    Keyring,
}

/// One installed plugin and everything that it is granted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PluginConfig {
    /// The name under which it is installed.
    pub name: PluginName,
    /// Which component it is.
    pub source: Source,
    /// The origins that it may reach, each at most once. `None`: a built-in's own vendor, and nothing for every other
    /// component. An empty list reaches nothing.
    pub origins: Option<Vec<OriginGrant>>,
    /// Which secret its key slot may use. `None`: what SEMANTICS calls the default, by its name and source.
    pub key: Option<SecretRef>,
    /// Its settings, in the order of the file, each at most once. The plugin reads them: never a secret.
    pub config: Vec<Entry>,
    /// The limits of its sandbox.
    pub sandbox: SandboxLimits,
    /// The limits of its requests.
    pub egress: EgressLimits,
    /// Whether also the WASI imports that toolchains drag in are refused.
    pub strict_imports: bool,
}

impl PluginConfig {
    /// A plugin with no setting, no origin of its own and the default limits.
    #[must_use]
    pub fn new(name: PluginName, source: Source) -> Self {
        Self {
            name,
            source,
            origins: None,
            key: None,
            config: Vec::new(),
            sandbox: SandboxLimits::default(),
            egress: EgressLimits::default(),
            strict_imports: false,
        }
    }

    /// The built-in of the same name.
    #[must_use]
    pub fn builtin(name: PluginName) -> Self {
        let source = Source::Builtin(name.as_str().to_owned());
        Self::new(name, source)
    }

    /// A component's file, read again at each start whatever is in it: see [`Pin::Dev`].
    #[must_use]
    pub fn from_file(name: PluginName, path: impl Into<PathBuf>) -> Self {
        Self::new(name, Source::File { path: path.into(), pin: Pin::Dev })
    }

    /// Grants these origins and no others.
    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = OriginGrant>) -> Self {
        self.origins = Some(origins.into_iter().collect());
        self
    }

    /// Says which secret its key slot may use.
    #[must_use]
    pub fn key(mut self, key: SecretRef) -> Self {
        self.key = Some(key);
        self
    }

    /// Gives it a setting. The last value of a name counts.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let name = name.into();
        self.config.retain(|entry| entry.name != name);
        self.config.push(Entry { name, value: value.into() });
        self
    }
}

/// Which component a plugin is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The component of this name among those that the host was given.
    Builtin(String),
    /// A component's file.
    File {
        /// Its path. [`Config::parse`] has put the folder of the configuration before a relative one.
        path: PathBuf,
        /// Which bytes are expected there.
        pin: Pin,
    },
    /// A component that is in memory already.
    Bytes(std::sync::Arc<[u8]>),
}

/// Which bytes a component's file has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pin {
    /// Those of this digest; all others are refused before anything runs.
    Sha256(Digest),
    /// Whatever is there: for somebody who writes the plugin. The host warns.
    Dev,
}

/// How requests leave the operator's network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EgressConfig {
    /// The proxy that every request to a public origin goes through. Its scheme is `http`: what it carries is TLS.
    pub proxy: Option<Origin>,
    /// A PEM file of authorities that are trusted besides the usual ones. [`Config::parse`] has put the folder of
    /// the configuration before a relative one.
    pub ca_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests;
