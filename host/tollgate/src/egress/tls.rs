//! Which hosts prove their names, and how.
//!
//! One configuration, built once: TLS 1.2 and up, `http/1.1` as the only protocol offered (SECURITY.md E18, E35), the
//! `ring` provider by name rather than a process-wide default. There is no switch to skip a check, no key log, and
//! nothing is read from the environment (E19, E31). Sessions are remembered per plugin, since connections are too.

use std::fmt;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::types::HostName;

use super::failure::Failure;

/// TLS sessions that one plugin's connections remember.
const SESSIONS: usize = 64;

/// The authorities that may vouch for a host. By default those that Mozilla's browser trusts.
#[derive(Clone)]
pub struct TlsRoots {
    mozilla: bool,
    extra: Vec<CertificateDer<'static>>,
}

/// Why a text adds no authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsRootsError {
    /// It is not PEM.
    #[error("certificate {position} is not well-formed PEM")]
    NotPem {
        /// Which one, from 1.
        position: usize,
    },
    /// It is no authority's certificate.
    #[error("certificate {position} cannot be an authority's: it is not well-formed X.509")]
    NotAuthority {
        /// Which one, from 1.
        position: usize,
    },
    /// There is none in it.
    #[error("there is no certificate in it; it takes one or more blocks of `-----BEGIN CERTIFICATE-----`")]
    Empty,
}

impl TlsRoots {
    /// Mozilla's.
    #[must_use]
    pub const fn mozilla() -> Self {
        Self { mozilla: true, extra: Vec::new() }
    }

    /// Nobody: for tests, and to add one's own only.
    #[must_use]
    pub const fn none() -> Self {
        Self { mozilla: false, extra: Vec::new() }
    }

    /// Adds the authorities in a PEM text, such as a company's `ca_file`.
    ///
    /// # Errors
    /// Where there is none in it, or one that cannot be an authority's.
    pub fn with_pem(mut self, pem: &[u8]) -> Result<Self, TlsRootsError> {
        let before = self.extra.len();
        for (certificate, position) in CertificateDer::pem_slice_iter(pem).zip(1..) {
            let certificate = certificate.map_err(|_| TlsRootsError::NotPem { position })?;
            let parsed = RootCertStore::empty().add(certificate.clone());
            parsed.map_err(|_| TlsRootsError::NotAuthority { position })?;
            self.extra.push(certificate);
        }
        if self.extra.len() == before { Err(TlsRootsError::Empty) } else { Ok(self) }
    }

    fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        if self.mozilla {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        store.add_parsable_certificates(self.extra.iter().cloned());
        store
    }
}

impl Default for TlsRoots {
    fn default() -> Self {
        Self::mozilla()
    }
}

impl fmt::Debug for TlsRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsRoots").field("mozilla", &self.mozilla).field("extra", &self.extra.len()).finish()
    }
}

/// How TLS is spoken, for the whole host.
#[derive(Debug, Clone)]
pub(super) struct Tls(ClientConfig);

impl Tls {
    /// # Errors
    /// Never with the versions and the provider that are compiled in; their API leaves it open.
    pub(super) fn new(roots: &TlsRoots) -> Result<Self, rustls::Error> {
        let mut config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
                .with_root_certificates(roots.store())
                .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(config))
    }

    /// For one plugin: no session is resumed by another.
    pub(super) fn client(&self) -> TlsClient {
        let mut config = self.0.clone();
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        TlsClient(Arc::new(config))
    }
}

/// One plugin's side of TLS.
#[derive(Debug)]
pub(super) struct TlsClient(Arc<ClientConfig>);

impl TlsClient {
    /// Lets the host at the other end prove that it is `host`.
    pub(super) async fn handshake(
        &self,
        host: &HostName,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let name = match host {
            HostName::Name(name) => {
                ServerName::try_from(name.to_string()).map_err(|_| Failure::TlsProtocol)?
            }
            HostName::Address(address) => ServerName::from(*address),
        };
        let connector = TlsConnector::from(Arc::clone(&self.0));
        connector.connect(name, stream).await.map_err(|error| Failure::of_tls(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_added_from_pem_or_refused() {
        let authority = rcgen::generate_simple_self_signed(["ca.test".to_owned()]).unwrap().cert.pem();
        let roots =
            TlsRoots::none().with_pem(format!("# ours\n{authority}\n{authority}").as_bytes()).unwrap();
        assert_eq!((roots.extra.len(), roots.store().len()), (2, 2));
        assert_eq!(TlsRoots::none().with_pem(b"no certificate").unwrap_err(), TlsRootsError::Empty);
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let refused = TlsRoots::none().with_pem(format!("{authority}{nonsense}").as_bytes()).unwrap_err();
        assert_eq!(refused, TlsRootsError::NotAuthority { position: 2 });
        let cut = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        assert_eq!(
            TlsRoots::none().with_pem(cut.as_bytes()).unwrap_err(),
            TlsRootsError::NotPem { position: 1 }
        );
    }

    #[test]
    fn mozillas_roots_are_the_default_and_nobodys_are_nobodys() {
        assert!(TlsRoots::default().store().len() > 50);
        assert!(TlsRoots::none().store().is_empty());
    }
}
