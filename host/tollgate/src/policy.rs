//! Which model a caller gets, and whether he may: pure rules over what the operator wrote and which models there are.
//!
//! One function decides for listings and for calls, so that what is listed is what can be used. Names are compared as
//! models, never as texts: an alias in a block list blocks what it stands for.
//!
//! | rule | for a purpose `p` |
//! |---|---|
//! | block beats allow | `purposes.p.blocked_models`, then `blocked_models` |
//! | allow | `purposes.p.models` with `purposes.p.model`; where it has no list, `models` with both defaults; where there is none, everything |
//! | default | `purposes.p.model`, then `default_model` |
//! | order | the default, `purposes.p.models`, `models`, the rest as installed; each once |
//! | key | the first of `purposes.p.models` and then `purposes.p.model` that names one for the model, then `default_model`; then the plugin's own |
//! | options | the same refs; the first that has options |
//!
//! A purpose that is not configured has the global rules. What hooks say comes after this, and can only take away.

mod bound;
mod catalog;
mod check;
mod finding;
mod refusal;
mod rules;

pub use catalog::ModelUnknown;
pub use finding::{Finding, Severity};
pub use refusal::Refusal;
pub use rules::{Alias, ModelRef, ModelRules, Named, PurposeRules};

pub(crate) use bound::{KeyWish, Policy, Uses};
pub(crate) use catalog::{Catalog, Offer, Offered};
pub(crate) use check::check;
