//! A vendor that says what it is told to say, records every byte, and misbehaves on demand.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What the vendor does with one request.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// Says it, and waits for the next request.
    Say(Vec<u8>),
    /// Says it piece by piece, each in a write of its own.
    Pieces(Vec<Vec<u8>>),
    /// Says it and hangs up.
    SayAndClose(Vec<u8>),
    /// Says the first, then the second without end.
    Forever(Vec<u8>, Vec<u8>),
    /// Says it, then nothing more.
    SayAndStall(Vec<u8>),
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Received {
    /// Which connection it came on, from 0.
    pub(super) connection: usize,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Received {
    /// The values of a header, in order.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let lines = self.head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    pub(super) fn request_line(&self) -> &str {
        self.head.split("\r\n").next().unwrap()
    }
}

type Script = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;

#[derive(Debug, Default)]
struct Record {
    connections: usize,
    /// How many connections have ended.
    ended: usize,
    received: Vec<Received>,
    /// The name that each TLS connection asked for, and the protocol it settled on.
    names: Vec<(Option<String>, Option<Vec<u8>>)>,
    /// Every byte of every connection, in the clear.
    bytes: Vec<u8>,
}

/// A listener on loopback and what it got. Stops when dropped.
pub(super) struct Vendor {
    pub(super) address: SocketAddr,
    record: Arc<Mutex<Record>>,
    _serving: JoinSet<()>,
}

impl Vendor {
    /// Speaks plain http.
    pub(super) async fn start(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1:0", None, Arc::new(script)).await
    }

    /// Speaks TLS.
    pub(super) async fn start_tls(
        acceptor: TlsAcceptor,
        script: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen("127.0.0.1:0", Some(acceptor), Arc::new(script)).await
    }

    /// Counts connections, and answers none.
    pub(super) async fn trap(address: &str) -> Self {
        Self::listen(address, None, Arc::new(|_| Reply::SayAndClose(Vec::new()))).await
    }

    async fn listen(address: &str, acceptor: Option<TlsAcceptor>, script: Script) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let record = Arc::<Mutex<Record>>::default();
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, acceptor, script, Arc::clone(&record)));
        Self { address, record, _serving: serving }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections were made to it.
    pub(super) fn connections(&self) -> usize {
        self.record.lock().unwrap().connections
    }

    /// All requests so far.
    pub(super) fn received(&self) -> Vec<Received> {
        self.record.lock().unwrap().received.clone()
    }

    /// Whether a text is among the bytes that it got.
    pub(super) fn got(&self, text: &str) -> bool {
        let record = self.record.lock().unwrap();
        memchr::memmem::find(&record.bytes, text.as_bytes()).is_some()
    }

    /// The name that each TLS connection asked for, and the protocol it settled on.
    pub(super) fn names(&self) -> Vec<(Option<String>, Option<Vec<u8>>)> {
        self.record.lock().unwrap().names.clone()
    }

    /// Waits until so many connections have ended.
    pub(super) async fn ended(&self, connections: usize) {
        until(|| self.record.lock().unwrap().ended >= connections).await;
    }
}

async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    script: Script,
    record: Arc<Mutex<Record>>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        let connection = {
            let mut record = record.lock().unwrap();
            record.connections += 1;
            record.connections - 1
        };
        let (acceptor, script, record) = (acceptor.clone(), Arc::clone(&script), Arc::clone(&record));
        connections.spawn(async move {
            match acceptor {
                None => converse(stream, connection, script, &record).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let session = stream.get_ref().1;
                        let name = session.server_name().map(str::to_owned);
                        record
                            .lock()
                            .unwrap()
                            .names
                            .push((name, session.alpn_protocol().map(<[u8]>::to_vec)));
                        converse(stream, connection, script, &record).await;
                    }
                }
            }
            record.lock().unwrap().ended += 1;
        });
    }
}

async fn converse<S>(mut stream: S, connection: usize, script: Script, record: &Mutex<Record>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = Vec::new();
    while let Some(received) = next_request(&mut stream, &mut buffer, connection, record).await {
        let reply = script(&received);
        record.lock().unwrap().received.push(received);
        let going_on = match reply {
            Reply::Say(text) => stream.write_all(&text).await.is_ok() && stream.flush().await.is_ok(),
            Reply::Pieces(pieces) => say(&mut stream, &pieces).await,
            Reply::SayAndClose(text) => {
                let _said = stream.write_all(&text).await;
                let _closed = stream.shutdown().await;
                false
            }
            Reply::Forever(first, again) => {
                let mut going = stream.write_all(&first).await.is_ok();
                while going {
                    going = stream.write_all(&again).await.is_ok();
                    tokio::task::yield_now().await;
                }
                false
            }
            Reply::SayAndStall(text) => {
                let _said = stream.write_all(&text).await;
                let _flushed = stream.flush().await;
                // until the other end has had enough
                let _end = stream.read(&mut [0; 1]).await;
                false
            }
        };
        if !going_on {
            return;
        }
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, pieces: &[Vec<u8>]) -> bool {
    for piece in pieces {
        if stream.write_all(piece).await.is_err() || stream.flush().await.is_err() {
            return false;
        }
        // let the other end read before there is more
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    true
}

async fn next_request<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    connection: usize,
    record: &Mutex<Record>,
) -> Option<Received> {
    let end = loop {
        if let Some(at) = memchr::memmem::find(buffer, b"\r\n\r\n") {
            break at + 4;
        }
        read_more(stream, buffer, record).await?;
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let length = head
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
    while buffer.len() < end + length {
        read_more(stream, buffer, record).await?;
    }
    let rest = buffer.split_off(end + length);
    let body = buffer.split_off(end);
    *buffer = rest;
    Some(Received { connection, head, body })
}

async fn read_more<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    record: &Mutex<Record>,
) -> Option<()> {
    let before = buffer.len();
    let read = stream.read_buf(buffer).await.ok()?;
    record.lock().unwrap().bytes.extend_from_slice(&buffer[before..]);
    (read > 0).then_some(())
}

/// Waits for something that other tasks bring about.
pub(super) async fn until(done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), waiting).await.expect("it never came about");
}

/// An answer with a length.
pub(super) fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", body)
}

/// An answer with a status line, further header lines and a length.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A chunk of a chunked body.
pub(super) fn chunk(data: &str) -> Vec<u8> {
    format!("{:x}\r\n{data}\r\n", data.len()).into_bytes()
}

/// The head of a chunked answer.
pub(super) fn chunked() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec()
}
