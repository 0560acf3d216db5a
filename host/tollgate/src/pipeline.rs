//! The one way in: every prompt walks these steps, in this order, whoever it is from.
//!
//! Each step is a function that consumes the value of the one before and gives the next, so that none can be skipped:
//! it would not compile.
//!
//! | step | gives | refuses with |
//! |---|---|---|
//! | [`admit`]: which model, and may they | [`Admitted`] | unknown model, no model, what the rules or a hook say |
//! | [`Admitted::check`]: can it do that | [`Checked`] | what the model does not take |
//! | [`Checked::key`]: which key | [`Keyed`] | no key, naming every place |
//! | [`Keyed::hold`]: hold the money | [`Held`] | a limit that nothing can count in |
//! | [`Held::dispatch`]: run the provider | [`Running`] | what the plugin, the gate or the vendor said |
//! | [`Running`]: events, watched | [`End`], exactly once | never refuses |
//!
//! Listings (`judge`) ask the same questions as admission, of all models at once.
//!
//! Before dispatch anything may refuse. After dispatch, bookkeeping never changes what the caller receives. Room is left
//! between key and money for hooks, and after the end for settling.

mod admit;
mod check;
mod dispatch;
mod hold;
mod judge;
mod key;
mod list;
mod meter;
mod screen;

pub use admit::AdmitError;
pub use check::PromptRefused;
pub use dispatch::DispatchError;
pub use hold::HoldError;
pub use judge::Missing;
pub use key::KeyError;
pub use meter::End;
pub use screen::{HookError, HookFailure};

pub(crate) use admit::{Admitted, admit};
pub(crate) use hold::Limit;
pub(crate) use judge::{Judged, judge};
pub(crate) use list::{model_list, recall_lists};
pub(crate) use meter::Running;
pub(crate) use screen::NamedHook;

use std::sync::Arc;

use crate::keys::KeyStore;
use crate::registry::{ModelCache, Registry};
use crate::tasks::Tasks;
use crate::types::Clock;

/// What the steps need of the house.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) registry: Registry,
    pub(crate) keys: Arc<dyn KeyStore>,
    pub(crate) cache: ModelCache,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tasks: Tasks,
    pub(crate) hooks: Arc<[NamedHook]>,
    pub(crate) limits: Vec<Limit>,
}
