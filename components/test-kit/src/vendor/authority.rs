//! A certificate authority of the test's own, and the certificates that it should never have signed.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, GeneralSubtree, IsCa, KeyPair, NameConstraints,
    date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate authority that only a test trusts.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, as a server shows it.
#[derive(Debug, Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority(..)")
    }
}

impl Authority {
    /// A new authority.
    ///
    /// # Errors
    /// Where no key can be made.
    pub fn new() -> anyhow::Result<Self> {
        Self::constrained_to(&[])
    }

    /// A new authority that may only sign for names under these domains; for any, where there are none.
    ///
    /// # Errors
    /// Where no key can be made.
    pub fn constrained_to(domains: &[&str]) -> anyhow::Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.name_constraints = (!domains.is_empty()).then(|| NameConstraints {
            permitted_subtrees: domains
                .iter()
                .map(|domain| GeneralSubtree::DnsName((*domain).into()))
                .collect(),
            excluded_subtrees: Vec::new(),
        });
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// The authority's own certificate, for the client to trust.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        self.0.der()
    }

    /// The same in PEM, for a `ca_file`.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Signs for these names and addresses.
    ///
    /// # Errors
    /// Where a name cannot be in a certificate.
    pub fn sign(&self, names: &[&str]) -> anyhow::Result<Identity> {
        self.sign_params(params(names)?)
    }

    /// Signs for these names, but only until a day that has passed.
    ///
    /// # Errors
    /// Where a name cannot be in a certificate.
    pub fn sign_expired(&self, names: &[&str]) -> anyhow::Result<Identity> {
        let mut params = params(names)?;
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 2, 1));
        self.sign_params(params)
    }

    fn sign_params(&self, params: CertificateParams) -> anyhow::Result<Identity> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        Identity::new(certificate.der().clone(), &key)
    }
}

impl Identity {
    /// A certificate for these names that nobody signed but its own key.
    ///
    /// # Errors
    /// Where a name cannot be in a certificate.
    pub fn self_signed(names: &[&str]) -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        Self::new(params(names)?.self_signed(&key)?.der().clone(), &key)
    }

    fn new(certificate: CertificateDer<'static>, key: &KeyPair) -> anyhow::Result<Self> {
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        // offers more than anyone should take
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config) })
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

fn params(names: &[&str]) -> anyhow::Result<CertificateParams> {
    Ok(CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?)
}
