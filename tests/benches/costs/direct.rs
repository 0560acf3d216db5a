//! The direct client: hyper over kept connections, one for each request that is under way, as a program has it that needs
//! no gate. It sends what the host sends, and reads the whole answer without looking into it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use super::ours::{KEY, MODEL, PROMPT};
use super::vendor::Manner;

/// The client. Clones share its connections.
#[derive(Debug, Clone)]
pub(super) struct Direct {
    address: SocketAddr,
    idle: Arc<Mutex<Vec<SendRequest<Full<Bytes>>>>>,
}

/// An answer that is being read.
#[derive(Debug)]
pub(super) struct Answer {
    connection: SendRequest<Full<Bytes>>,
    body: Incoming,
}

impl Direct {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, idle: Arc::default() }
    }

    /// Sends a prompt and reads the answer's head.
    pub(super) async fn ask(&self, manner: Manner) -> Result<Answer> {
        let mut connection = self.connection().await?;
        let response = connection.send_request(self.request(manner)?).await?;
        ensure!(response.status() == StatusCode::OK, "the vendor answered {}", response.status());
        Ok(Answer { connection, body: response.into_body() })
    }

    /// Reads the answer to its end and keeps the connection. Gives back when the first event had come, and all of it.
    pub(super) async fn finish(&self, mut answer: Answer, all: &mut Vec<u8>) -> Result<Instant> {
        let mut first = None;
        while let Some(frame) = answer.body.frame().await {
            first.get_or_insert_with(Instant::now);
            if let Ok(data) = frame?.into_data() {
                all.extend_from_slice(&data);
            }
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(answer.connection);
        first.context("an answer without an event")
    }

    async fn connection(&self) -> Result<SendRequest<Full<Bytes>>> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut connection) = idle else { break };
            if connection.ready().await.is_ok() {
                return Ok(connection);
            }
        }
        let socket = TcpStream::connect(self.address).await?;
        socket.set_nodelay(true)?;
        let (connection, driver) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
        Handle::current().spawn(driver);
        Ok(connection)
    }

    fn request(&self, manner: Manner) -> Result<Request<Full<Bytes>>> {
        let body = format!(
            r#"{{"model":"{MODEL}","messages":[{{"role":"user","content":"{PROMPT}"}}],"stream":true,"stream_options":{{"include_usage":true}}}}"#
        );
        Ok(Request::post(format!("/{}/v1/chat/completions", manner.name()))
            .header("host", self.address.to_string())
            .header("accept", "text/event-stream")
            .header("accept-encoding", "identity")
            .header("authorization", format!("Bearer {KEY}"))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?)
    }
}

impl Answer {
    /// Waits for the first event.
    pub(super) async fn first(&mut self) -> Result<()> {
        self.body.frame().await.context("an answer without an event")??;
        Ok(())
    }
}
