//! The front door.

mod builder;
mod install;
mod listing;
mod response;

use std::sync::Arc;
use std::time::Duration;

pub use builder::{Builder, Builtin};
pub use listing::{Inspection, ModelListing, PluginListing};
pub use response::Response;

use crate::config::PluginConfig;
use crate::error::Error;
use crate::pipeline::{self, Admitted, House};
use crate::types::{ModelId, Prompt, Value};
use install::Installer;

/// Runs prompts through plugins. Cheap to clone; clones are one host.
///
/// Built once per process, inside a tokio runtime, on which the host compiles and starts processes. Dropping the last clone ends what
/// still runs; [`Host::shutdown`] waits for it first.
///
/// # Examples
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use tollgate::Host;
///
/// let host = Host::builder().build().await?;
/// let error = host.model().id("gpt-5.4").resolve().await.unwrap_err();
/// assert_eq!(error.public_message(), "unknown model `gpt-5.4`");
/// # Ok::<(), tollgate::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Host(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    house: House,
    installer: Installer,
    plugins: Vec<PluginListing>,
}

impl Host {
    /// Begins to build a host.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Asks for a model.
    pub fn model(&self) -> ModelRequest {
        ModelRequest { host: self.clone(), asked: None }
    }

    /// The models of all plugins, as far as they are known without asking a vendor: built-ins first, then in the order
    /// of the configuration.
    ///
    /// # Cancel safety
    /// Only looks.
    pub async fn models(&self) -> Vec<ModelListing> {
        listing::models(&self.0.house).await
    }

    /// The installed plugins, in order.
    #[must_use]
    pub fn plugins(&self) -> &[PluginListing] {
        &self.0.plugins
    }

    /// Says what a component exports, imports and asks for, without installing it.
    ///
    /// It is started once to describe itself, in the sandbox, with no way out, and with the settings of `plugin`.
    ///
    /// # Errors
    /// Why the host would not run it.
    pub async fn inspect(&self, plugin: PluginConfig) -> Result<Inspection, Error> {
        Ok(self.0.installer.inspect(plugin).await?)
    }

    /// Says that the embedder's own server listens there, so that no plugin reaches it, whatever it was granted.
    pub fn listens_at(&self, address: std::net::SocketAddr) {
        self.0.installer.forbid(address);
    }

    /// Waits until everything has ended that dropped responses left behind, at most `deadline`, then ends the rest.
    /// Gives back whether all had ended by themselves. No prompt is refused by it: stop asking first.
    ///
    /// # Cancel safety
    /// Dropped half-way, it has waited for some.
    pub async fn shutdown(&self, deadline: Duration) -> bool {
        self.0.house.tasks.shutdown(deadline).await
    }
}

/// A wish for a model.
#[derive(Debug, Clone)]
#[must_use]
pub struct ModelRequest {
    host: Host,
    asked: Option<String>,
}

impl ModelRequest {
    /// Names the model: `plugin/name`, a bare name or an alias. Without it, the configured default is taken.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.asked = Some(id.into());
        self
    }

    /// Decides which model it is. A name that no plugin knows is asked for at the vendors that list models, once a day.
    ///
    /// # Errors
    /// [`ErrorKind::NoModel`](crate::ErrorKind::NoModel) and
    /// [`ErrorKind::UnknownModel`](crate::ErrorKind::UnknownModel), with the nearest names.
    ///
    /// # Cancel safety
    /// Only looks.
    pub async fn resolve(self) -> Result<Model, Error> {
        let admitted = pipeline::admit(&self.host.0.house, self.asked.as_deref()).await?;
        Ok(Model { host: self.host, admitted })
    }
}

/// A model that was chosen, ready for prompts.
#[derive(Debug, Clone)]
pub struct Model {
    host: Host,
    admitted: Admitted,
}

impl Model {
    /// Its canonical id.
    #[must_use]
    pub fn id(&self) -> &ModelId {
        self.admitted.id()
    }

    /// What its provider says of it.
    #[must_use]
    pub fn description(&self) -> &crate::types::Model {
        self.admitted.model()
    }

    /// Reads an option's value from what a person typed, as the model's option list says.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedPrompt`](crate::ErrorKind::UnsupportedPrompt), naming what the option or the model takes.
    pub fn parse_option(&self, name: &str, text: &str) -> Result<Value, Error> {
        let options = &self.description().options;
        match options.iter().find(|spec| spec.name == name) {
            Some(spec) => Ok(spec.parse(text)?),
            None => Err(pipeline::PromptRefused::UnknownOption {
                model: self.id().clone(),
                option: crate::types::printable(name, 128),
                takes: options.iter().map(|spec| spec.name.clone()).collect(),
            }
            .into()),
        }
    }

    /// Sends a prompt. Gives back once the vendor has begun to answer; the answer then streams.
    ///
    /// # Errors
    /// Whatever refused it before the answer began.
    ///
    /// # Cancel safety
    /// Dropping the future or the response cancels the prompt: the plugin stops and its connection closes.
    pub async fn prompt(&self, prompt: impl Into<Prompt>) -> Result<Response, Error> {
        let house = &self.host.0.house;
        let checked = self.admitted.clone().check(prompt.into())?;
        let keyed = checked.key(house).await?;
        let running = keyed.dispatch(house).await?;
        Ok(Response::new(self.host.clone(), running))
    }
}
