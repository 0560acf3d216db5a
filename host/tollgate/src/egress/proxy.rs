//! A company's proxy.
//!
//! It comes from the configuration and from nowhere else: `HTTPS_PROXY` and its relatives are not read (SECURITY.md
//! E19). Behind a proxy the gate judges names; addresses are the proxy's affair. For `https` it is asked for a tunnel,
//! through which TLS runs to the host itself, so it sees neither keys nor prompts.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::types::{HostName, Origin, Scheme};

use super::EgressError;
use super::failure::Failure;

/// What a proxy may answer before the tunnel begins.
const HEAD_BYTES: usize = 8 << 10;

/// Where a proxy listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy(Origin);

impl Proxy {
    pub(super) fn host(&self) -> &HostName {
        &self.0.host
    }

    pub(super) fn port(&self) -> u16 {
        self.0.port
    }
}

impl TryFrom<Origin> for Proxy {
    type Error = EgressError;

    fn try_from(origin: Origin) -> Result<Self, EgressError> {
        match origin.scheme {
            Scheme::Http => Ok(Self(origin)),
            Scheme::Https => Err(EgressError::Proxy(origin)),
        }
    }
}

/// Asks the proxy at the other end for a tunnel to `origin`.
pub(super) async fn tunnel(mut stream: TcpStream, origin: &Origin) -> Result<TcpStream, Failure> {
    let authority = format!("{}:{}", origin.host, origin.port);
    let ask = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.map_err(|_| Failure::Proxy)?;
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
        let proxy = |text: &str| Proxy::try_from(text.parse::<Origin>().unwrap());
        assert_eq!(proxy("http://proxy.corp:3128").unwrap().port(), 3128);
        assert!(proxy("https://proxy.corp").is_err());
    }
}
