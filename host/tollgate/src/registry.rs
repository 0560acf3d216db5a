//! The installed plugins: what each was granted, which models it has, and who owns a bare name.
//!
//! A plugin's public name is the operator's, its models are `name/model`. A bare model name belongs to the earliest
//! plugin that has it, built-ins first; a later plugin that claims it keeps its `name/model` and takes nothing over
//! (SECURITY.md P13). Names win over aliases, so that a plugin cannot alias another's model away.

mod cache;
mod installed;
mod known;
mod lookup;

pub use lookup::ModelUnknown;

pub(crate) use cache::{CacheKey, Listed, ModelCache};
pub(crate) use installed::Installed;
pub use installed::Origin;
pub(crate) use known::Known;
pub(crate) use lookup::{Found, Registry};
