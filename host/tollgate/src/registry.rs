//! The installed plugins: what each was granted, and which models it has.
//!
//! What their models are called, and which of them may be used, is decided by `policy`; the registry holds the decision for
//! the models that are known now, and makes it anew when a vendor lists more.

mod cache;
mod installed;
mod known;
mod view;

pub(crate) use cache::{CacheKey, Listed, ModelCache};
pub(crate) use installed::Installed;
pub use installed::Origin;
pub(crate) use known::Known;
pub(crate) use view::{Found, Registry, View};
