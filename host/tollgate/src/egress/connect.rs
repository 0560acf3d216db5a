//! One connector for every request: name, address, TCP, proxy, TLS.
//!
//! An address is looked up once for each connection, judged, and dialled: nothing is looked up again between the
//! judgement and the dial, so a name that changes its mind changes nothing (SECURITY.md E14). Each step outside the
//! house has its deadline; the TLS handshake and the proxy's answer are within that of connecting (E32).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::types::{HostName, OriginGrant, Scheme};

use super::address::{self, Checked};
use super::failure::Failure;
use super::proxy::{self, Proxy};
use super::resolve::Resolver;
use super::tls::TlsClient;

/// How long one address may be tried before the next one is tried as well (RFC 8305 calls it the attempt delay).
const HEAD_START: Duration = Duration::from_millis(250);

/// Addresses of one name that are tried.
const ADDRESSES: usize = 16;

/// What every plugin's connections have in common.
#[derive(Debug)]
pub(super) struct Connector {
    resolver: Arc<dyn Resolver>,
    proxy: Option<Proxy>,
    /// Where the host itself listens.
    own: RwLock<Vec<SocketAddr>>,
}

/// A connection that is ready for HTTP.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) stream: Stream,
    pub(super) address: SocketAddr,
    /// Whether requests name their whole URL: the other end is a proxy that forwards plain http.
    pub(super) absolute_form: bool,
}

impl Connector {
    pub(super) fn new(resolver: Arc<dyn Resolver>, proxy: Option<Proxy>, own: Vec<SocketAddr>) -> Self {
        Self { resolver, proxy, own: RwLock::new(own) }
    }

    /// Adds an address on which the host listens.
    pub(super) fn forbid(&self, own: SocketAddr) {
        self.own.write().unwrap_or_else(PoisonError::into_inner).push(own);
    }

    /// Makes a connection to what `grant` allows.
    ///
    /// # Cancel safety
    /// Dropping it closes what it had opened.
    pub(super) async fn open(
        &self,
        grant: &OriginGrant,
        tls: &TlsClient,
        dns: Duration,
        connect: Duration,
    ) -> Result<Opened, Failure> {
        let origin = &grant.origin;
        // what is on this machine is not behind a company's proxy
        let proxy = self.proxy.as_ref().filter(|_| !origin.host.is_loopback());
        let addresses = match proxy {
            Some(proxy) => {
                self.check_literal(grant)?;
                Checked::of_proxy(&self.look_up(proxy.host(), dns).await?, proxy.port())
            }
            None => self.check(grant, &self.look_up(&origin.host, dns).await?)?,
        };
        let opening = async {
            let (stream, address) = dial(&addresses).await?;
            let stream = match (origin.scheme, proxy) {
                (Scheme::Https, Some(_)) => proxy::tunnel(stream, origin).await?,
                (Scheme::Https, None) | (Scheme::Http, _) => stream,
            };
            let stream = match origin.scheme {
                Scheme::Https => Stream::Tls(Box::new(tls.handshake(&origin.host, stream).await?)),
                Scheme::Http => Stream::Plain(stream),
            };
            let absolute_form = proxy.is_some() && origin.scheme == Scheme::Http;
            Ok(Opened { stream, address, absolute_form })
        };
        timeout(connect, opening).await.unwrap_or(Err(Failure::ConnectTimeout(connect)))
    }

    fn check(&self, grant: &OriginGrant, addresses: &[IpAddr]) -> Result<Checked, Failure> {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        Ok(address::check(grant, addresses, &own)?)
    }

    /// An address that stands in the place of a name is judged even where a proxy would dial it.
    fn check_literal(&self, grant: &OriginGrant) -> Result<(), Failure> {
        match grant.origin.host {
            HostName::Address(address) => self.check(grant, &[address]).map(drop),
            HostName::Name(_) => Ok(()),
        }
    }

    async fn look_up(&self, host: &HostName, dns: Duration) -> Result<Vec<IpAddr>, Failure> {
        let name = match host {
            HostName::Address(address) => return Ok(vec![*address]),
            HostName::Name(_) if host.is_loopback() => {
                return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
            }
            HostName::Name(name) => name,
        };
        let answer = timeout(dns, self.resolver.resolve(name)).await.map_err(|_| Failure::DnsTimeout(dns))?;
        answer.ok().filter(|addresses| !addresses.is_empty()).ok_or(Failure::DnsNotFound)
    }
}

/// Connects to the first address that answers; a slow one does not hold up the rest.
async fn dial(addresses: &Checked) -> Result<(TcpStream, SocketAddr), Failure> {
    let mut rest = addresses.as_slice().iter().take(ADDRESSES);
    let mut attempts = FuturesUnordered::new();
    let mut failure = Failure::Unreachable;
    loop {
        if let Some(address) = rest.next() {
            attempts.push(connect(*address));
        }
        tokio::select! {
            attempt = attempts.next() => match attempt {
                Some(Ok(connected)) => return Ok(connected),
                Some(Err(error)) => failure = Failure::of_connect(&error),
                None => return Err(failure),
            },
            () = tokio::time::sleep(HEAD_START), if rest.len() > 0 => {}
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<(TcpStream, SocketAddr)> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok((stream, address))
}

/// TCP, with TLS or without.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
