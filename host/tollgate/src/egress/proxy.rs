//! A company's proxy.
//!
//! It comes from the configuration and from nowhere else: `HTTPS_PROXY` and its relatives are not read (SECURITY.md
//! E19). Behind a proxy the gate judges names; addresses are the proxy's affair. For `https` it is asked for a tunnel,
//! through which TLS runs to the host itself, so it sees neither keys nor prompts.

use std::fmt;
use std::str::FromStr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::types::{GrantParseError, HostName, Origin, Scheme};

use super::failure::Failure;

/// What a proxy may answer before the tunnel begins.
const HEAD_BYTES: usize = 8 << 10;

/// Where a proxy listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy(Origin);

impl Proxy {
    pub(super) fn host(&self) -> &HostName {
        &self.0.host
    }

    pub(super) fn port(&self) -> u16 {
        self.0.port
    }
}

impl FromStr for Proxy {
    type Err = GrantParseError;

    /// Takes `http://host:port`.
    fn from_str(text: &str) -> Result<Self, GrantParseError> {
        let origin: Origin = text.parse()?;
        match origin.scheme {
            Scheme::Http => Ok(Self(origin)),
            Scheme::Https => Err(GrantParseError::new(
                "a proxy",
                "it is `http://host:port`; what goes through is TLS",
                text,
            )),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Asks the proxy at the other end for a tunnel to `origin`.
pub(super) async fn tunnel(mut stream: TcpStream, origin: &Origin) -> Result<TcpStream, Failure> {
    let authority = format!("{}:{}", origin.host, origin.port);
    let ask = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    stream
        .write_all(ask.as_bytes())
        .await
        .map_err(|_| Failure::Proxy)?;
    let mut head = Vec::with_capacity(256);
    // byte by byte: what follows the head is the tunnel's
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES {
            return Err(Failure::Proxy);
        }
        head.push(stream.read_u8().await.map_err(|_| Failure::Proxy)?);
    }
    match head.as_slice() {
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            b'0' | b'1',
            b' ',
            b'2',
            b'0'..=b'9',
            b'0'..=b'9',
            b' ' | b'\r',
            ..,
        ] => Ok(stream),
        _ => Err(Failure::Proxy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_plain_http_origin() {
        // E19
        assert_eq!(
            "http://proxy.corp:3128".parse::<Proxy>().unwrap().to_string(),
            "http://proxy.corp:3128"
        );
        for bad in [
            "proxy.corp:3128",
            "https://proxy.corp",
            "socks5://proxy.corp",
            "http://u:p@proxy.corp",
            "http://proxy.corp/",
            "",
        ] {
            assert!(bad.parse::<Proxy>().is_err(), "{bad}");
        }
    }
}
