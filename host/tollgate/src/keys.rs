//! Finding the credential for an admitted request, and keeping secrets until then.
//!
//! The library reads no environment and no home directory: it asks a [`KeyStore`] for typed references, in an order that
//! the operator's grant decides and the plugin's wish does not. Otherwise a stranger's plugin could name any secret of
//! yours. A key that is missing is an error before anything is sent, and names every place that was looked at.
//!
//! [`SecretStore`] is the one store of tollgate's own: encrypted, in a file. [`Foreign`] reads what an existing
//! deployment stored.

mod foreign;
mod lookup;
mod memory;
mod sealed;
mod store;

pub use foreign::{FernetKey, Foreign, ForeignError, ForeignSecret};
pub use lookup::{KeyMissing, NamedSecret};
pub use memory::MemoryKeys;
pub use sealed::{
    EncryptionKey, EncryptionKeyError, Imported, KeyFile, KeyFileError, KeyId, Rotated, SecretStore,
    SecretStoreError, Stamp, StoredSecret,
};
pub use store::{KeyStore, KeyStoreError};

pub(crate) use lookup::{KeyOrder, KeyPlan, Looks, find};
