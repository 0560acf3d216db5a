//! Names to addresses.

use std::fmt;
use std::io;
use std::net::IpAddr;

use async_trait::async_trait;

/// Finds the addresses of a host.
///
/// What it answers is judged before anything is dialled, and one forbidden address spoils the answer. It is not asked
/// for `localhost`, for names under `.localhost` or for addresses, and for no host that is not granted.
#[async_trait]
pub trait Resolver: Send + Sync + fmt::Debug {
    /// The addresses of `host`: a lower-case DNS name of ASCII letters, digits and hyphens, without a trailing dot.
    ///
    /// Runs on the gate's threads, a tokio runtime of the host's own, with a deadline.
    ///
    /// # Errors
    /// Whatever kept it from finding one; of the error only its kind is used.
    ///
    /// # Cancel safety
    /// The future is dropped when its time is up.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the system, as other programs do: its hosts file, its search list, its servers.
///
/// What the environment makes of a name (`HOSTALIASES`, `RES_OPTIONS`) can change the answer but not its consequence:
/// the address is judged, and over TLS the host must prove the name that was granted.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}
