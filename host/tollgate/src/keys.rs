//! Finding the credential for an admitted request.
//!
//! The library reads no environment and no home directory: it asks a [`KeyStore`] for typed references, in an order that
//! the operator's grant decides and the plugin's wish does not. Otherwise a stranger's plugin could name any secret of
//! yours. A key that is missing is an error before anything is sent, and names every place that was looked at.

mod lookup;
mod memory;
mod store;

pub use lookup::{KeyMissing, NamedSecret};
pub use memory::MemoryKeys;
pub use store::{KeyStore, KeyStoreError};

pub(crate) use lookup::{KeyOrder, KeyPlan, Looks, find};
