//! One connection: reads requests, records every byte, plays what the script says.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::answer::Step;
use super::record::{ConnectionState, Record};
use super::request::Request;
use super::script::Script;

/// A stream whose connection can be reset.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    /// The socket under it.
    fn socket(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// How the steps of an answer ended.
enum End {
    /// The connection waits for another request.
    KeepAlive,
    Close,
    Reset,
    /// The client went away.
    Gone,
}

/// Serves one connection until one side ends it.
pub(super) async fn serve<W: Wire>(wire: W, number: usize, script: Script, record: Record) {
    let (reader, mut writer) = tokio::io::split(wire);
    let mut incoming = Incoming { reader, record: record.clone(), number, unread: Vec::new() };
    let end = loop {
        let Ok(request) = incoming.request().await else {
            break End::Gone;
        };
        let steps = script.next(&request).play(&request);
        record.note(number, |connection| connection.requests.push(request));
        let end = tokio::select! {
            end = play(&mut writer, steps) => end.unwrap_or(End::Gone),
            () = incoming.until_gone() => End::Gone,
        };
        if !matches!(end, End::KeepAlive) {
            break end;
        }
    };
    if matches!(end, End::Close) {
        let _already_gone = writer.shutdown().await;
    }
    let state = if matches!(end, End::Gone) {
        ConnectionState::ClosedByClient
    } else {
        ConnectionState::ClosedByVendor
    };
    let wire = incoming.reader.unsplit(writer);
    if matches!(end, End::Reset) {
        let _already_gone = wire.socket().set_zero_linger();
    }
    drop(wire);
    record.note(number, |connection| connection.state = state);
}

async fn play<W: Wire>(writer: &mut WriteHalf<W>, steps: Vec<Step>) -> io::Result<End> {
    for step in steps {
        match step {
            Step::Send(bytes) => send(writer, &bytes).await?,
            Step::Flood(bytes) => loop {
                send(writer, &bytes).await?;
            },
            Step::Pass(gate) => gate.pass().await,
            Step::Pause(time) => tokio::time::sleep(time).await,
            Step::Close => return Ok(End::Close),
            Step::Reset => return Ok(End::Reset),
            Step::Hang => std::future::pending().await,
        }
    }
    Ok(End::KeepAlive)
}

async fn send<W: Wire>(writer: &mut WriteHalf<W>, bytes: &[u8]) -> io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await?;
    // lets the client see this piece before the next, where both run on one thread
    tokio::task::yield_now().await;
    Ok(())
}

/// What comes in: recorded first, then read.
struct Incoming<W> {
    reader: ReadHalf<W>,
    record: Record,
    number: usize,
    unread: Vec<u8>,
}

impl<W: Wire> Incoming<W> {
    /// Reads one request. Fails where the client ends first.
    async fn request(&mut self) -> io::Result<Request> {
        let head = self.take_until(b"\r\n\r\n").await?;
        let mut request = Request::parse_head(head.strip_suffix(b"\n\r\n").unwrap_or(&head));
        request.connection = self.number;
        if request.is_chunked() {
            self.chunks(&mut request).await?;
        } else {
            request.body = self.take(request.content_length()).await?;
        }
        Ok(request)
    }

    async fn chunks(&mut self, request: &mut Request) -> io::Result<()> {
        loop {
            let line = self.take_until(b"\r\n").await?;
            let size = std::str::from_utf8(line.trim_ascii())
                .ok()
                .and_then(|size| usize::from_str_radix(size, 16).ok());
            let Some(size) = size else {
                request.problems.push(format!("chunk size `{}`", line.escape_ascii()));
                return Ok(());
            };
            if size == 0 {
                break;
            }
            request.body.extend(self.take(size).await?);
            if self.take(2).await? != b"\r\n" {
                request.problems.push("a chunk longer than its size".to_owned());
            }
        }
        loop {
            let line = self.take_until(b"\r\n").await?;
            if line == b"\r\n" {
                return Ok(());
            }
            request.parse_trailer(line.strip_suffix(b"\n").unwrap_or(&line));
        }
    }

    async fn take_until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        loop {
            if let Some(at) = self.unread.windows(end.len()).position(|window| window == end) {
                return self.take(at + end.len()).await;
            }
            self.read().await?;
        }
    }

    async fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < count {
            self.read().await?;
        }
        Ok(self.unread.drain(..count).collect())
    }

    /// Reads on, so that the end of the client is seen while an answer plays. What comes is kept for the next request.
    async fn until_gone(&mut self) {
        while self.read().await.is_ok() {}
    }

    async fn read(&mut self) -> io::Result<()> {
        let start = self.unread.len();
        if self.reader.read_buf(&mut self.unread).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let new = self.unread.get(start..).unwrap_or_default();
        self.record.note(self.number, |connection| connection.bytes.extend_from_slice(new));
        Ok(())
    }
}
