//! What an operator lets a plugin reach: origins, methods, paths, addresses. Parse and print; `egress` judges.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Why a text is not an origin or a path pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {what}: {why}")]
pub struct GrantParseError {
    what: &'static str,
    why: &'static str,
    given: String,
}

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The port that an origin of this scheme has where it names none.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A host in the one spelling that the house knows: lower-case ASCII labels, or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostName {
    /// A DNS name, lower-case, without a trailing dot, in letters, digits and hyphens.
    Name(Box<str>),
    /// An address that was written as such.
    Address(IpAddr),
}

/// A scheme, a host and a port: what a connection is made to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// How.
    pub scheme: Scheme,
    /// Where.
    pub host: HostName,
    /// At which port; never 0.
    pub port: u16,
}

/// A path, from its first `/`. A segment that is `*` stands for any one segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPattern(Box<str>);

/// One origin that a plugin may reach, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OriginGrant {
    /// The origin; there are no wildcards.
    pub origin: Origin,
    /// The methods; `None`: those of the described endpoints. An empty list allows nothing.
    pub methods: Option<Vec<http::Method>>,
    /// The paths; `None`: those of the described endpoints. An empty list allows nothing.
    pub paths: Option<Vec<PathPattern>>,
    /// Networks whose addresses may be dialled although they are not public ones.
    pub addresses: Vec<IpNet>,
    /// Whether `http` may go to `addresses`; to loopback it always may.
    pub plain_http: bool,
    /// Whether the plugin's credential may go there.
    pub carries_key: bool,
}

impl OriginGrant {
    /// Grants the described endpoints at a public address of `origin`, with the plugin's credential.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            methods: None,
            paths: None,
            addresses: Vec::new(),
            plain_http: false,
            carries_key: true,
        }
    }
}

/// All that an operator lets one plugin reach. An empty grant reaches nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// The origins.
    pub origins: Vec<OriginGrant>,
}

impl Grant {
    /// Grants these origins.
    #[must_use]
    pub fn new(origins: impl IntoIterator<Item = OriginGrant>) -> Self {
        Self { origins: origins.into_iter().collect() }
    }
}

impl FromStr for Origin {
    type Err = GrantParseError;

    fn from_str(_text: &str) -> Result<Self, GrantParseError> {
        unimplemented!("egress helper")
    }
}

impl FromStr for PathPattern {
    type Err = GrantParseError;

    fn from_str(_text: &str) -> Result<Self, GrantParseError> {
        unimplemented!("egress helper")
    }
}

impl PathPattern {
    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!("egress helper")
    }
}
