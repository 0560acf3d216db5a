//! Scheme, host and port, in the one spelling that the house accepts.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::GrantParseError;

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

    /// The scheme as it stands in a URL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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

impl HostName {
    /// Whether this host is the machine itself by its very name: `localhost`, a name under `.localhost`
    /// (RFC 6761 6.3), or a loopback address. What DNS says of any other name does not make it one.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => &**name == "localhost" || name.ends_with(".localhost"),
            Self::Address(address) => address.is_loopback(),
        }
    }
}

impl FromStr for HostName {
    type Err = GrantParseError;

    /// Takes a DNS name of ASCII letters, digits and hyphens in any case, an IPv4 address of four decimal numbers,
    /// or an IPv6 address in brackets in its shortest form.
    fn from_str(text: &str) -> Result<Self, GrantParseError> {
        parse_host(text).map_err(|why| GrantParseError::new("a host", why, text))
    }
}

impl fmt::Display for HostName {
    /// As it stands in a URL: an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
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

impl Origin {
    /// Reads the `host[:port]` of a URL of that scheme.
    ///
    /// # Errors
    /// Whatever is not in its one spelling: user names, empty ports, zone ids, trailing dots, short or octal
    /// addresses, names that are not ASCII.
    pub(crate) fn of_authority(scheme: Scheme, authority: &str) -> Result<Self, GrantParseError> {
        let error = |why| GrantParseError::new("a host with a port", why, authority);
        if authority.contains('@') {
            return Err(error("user names and passwords have no place in it"));
        }
        let (host, port) = match authority.rfind(']') {
            // within brackets every colon is the address's own
            Some(bracket) => authority.split_at(bracket + 1),
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(digits) => parse_port(digits).map_err(error)?,
            None if port.is_empty() => scheme.default_port(),
            None => return Err(error("only `:` and a port may follow the host")),
        };
        Ok(Self { scheme, host: parse_host(host).map_err(error)?, port })
    }

    /// `host`, or `host:port` where the port is not the scheme's own: the value of a `host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Origin {
    type Err = GrantParseError;

    /// Takes `https://host`, `http://host:port` and the like, and nothing after the port.
    fn from_str(text: &str) -> Result<Self, GrantParseError> {
        let error = |why| GrantParseError::new("an origin", why, text);
        let (scheme, authority) = match text.split_once("://") {
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(_) | None => return Err(error("it starts with `https://` or `http://`")),
        };
        if authority.contains(['/', '?', '#']) {
            return Err(error("it ends after the host or port; paths are granted in `paths`"));
        }
        if authority.contains('*') {
            return Err(error("there are no wildcards; name each host"));
        }
        Self::of_authority(scheme, authority).map_err(|refused| error(refused.why))
    }
}

impl fmt::Display for Origin {
    /// In its shortest form: without the scheme's own port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port == self.scheme.default_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

fn parse_port(digits: &str) -> Result<u16, &'static str> {
    let canonical =
        matches!(digits.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit));
    let port = if canonical { digits.parse().ok() } else { None };
    port.ok_or("a port is a number from 1 to 65535, without leading zeros")
}

fn parse_host(text: &str) -> Result<HostName, &'static str> {
    if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address = inside.parse().map_err(|_| "only an IPv6 address without a zone goes in brackets")?;
        let host = HostName::Address(IpAddr::V6(address));
        let shortest = host.to_string().eq_ignore_ascii_case(text);
        return if shortest { Ok(host) } else { Err("an IPv6 address is written in its shortest form") };
    }
    let name = text.to_ascii_lowercase();
    check_name(&name)?;
    // what ends in a number is an address to every resolver, and then only this spelling of one is not ambiguous
    if name.rsplit('.').next().is_some_and(ends_in_a_number) {
        let address =
            name.parse().map_err(|_| "an IPv4 address is four decimal numbers without leading zeros")?;
        return Ok(HostName::Address(IpAddr::V4(address)));
    }
    Ok(HostName::Name(name.into()))
}

/// The WHATWG URL standard's "ends in a number": `8`, `010`, `0x7f`.
fn ends_in_a_number(label: &str) -> bool {
    let hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    label.bytes().all(|byte| byte.is_ascii_digit()) || label.strip_prefix("0x").is_some_and(hex)
}

fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it names no host");
    }
    if name.ends_with('.') {
        return Err("a name is written without a trailing dot");
    }
    if name.len() > 253 {
        return Err("a name has at most 253 characters");
    }
    for label in name.split('.') {
        let ldh = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !ldh {
            return Err("a name has only ASCII letters, digits, hyphens and dots (write others as `xn--…`)");
        }
        if !(1..=63).contains(&label.len()) || label.starts_with('-') || label.ends_with('-') {
            return Err("each part of a name has 1 to 63 characters, no hyphen first or last");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
