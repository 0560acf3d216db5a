//! What the vendor has seen: the ground truth that every claim of the host is compared with.

use std::sync::Arc;

use tokio::sync::watch;

use super::request::Request;

/// One connection, as the vendor saw it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Connection {
    /// Every byte that came, after TLS.
    pub bytes: Vec<u8>,
    /// The requests in it, so far as they are complete.
    pub requests: Vec<Request>,
    /// What the client said in its TLS handshake.
    pub handshake: Option<Handshake>,
    /// How far it is.
    pub state: ConnectionState,
}

/// What a client said in its TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handshake {
    /// The server's name that it asked for.
    pub server_name: Option<String>,
    /// The protocol that was agreed on.
    pub protocol: Option<String>,
}

/// How far a connection is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// Both sides hold it.
    #[default]
    Open,
    /// The client has ended it.
    ClosedByClient,
    /// The vendor has ended it.
    ClosedByVendor,
    /// TLS did not come about, for this reason.
    HandshakeFailed(String),
}

/// The connections so far, shared between the vendor and those who serve it.
#[derive(Debug, Clone, Default)]
pub(super) struct Record(Arc<watch::Sender<Vec<Connection>>>);

impl Record {
    /// Notes a new connection and gives its number.
    pub(super) fn connect(&self) -> usize {
        let mut number = 0;
        self.0.send_modify(|connections| {
            number = connections.len();
            connections.push(Connection::default());
        });
        number
    }

    /// Notes something about a connection.
    pub(super) fn note(&self, number: usize, change: impl FnOnce(&mut Connection)) {
        self.0.send_modify(|connections| {
            if let Some(connection) = connections.get_mut(number) {
                change(connection);
            }
        });
    }

    /// Looks at the connections.
    pub(super) fn look<T>(&self, see: impl FnOnce(&[Connection]) -> T) -> T {
        see(&self.0.borrow())
    }

    /// Waits until they are as wanted.
    pub(super) async fn until(&self, mut wanted: impl FnMut(&[Connection]) -> bool) {
        // the sender is in `self`, so waiting cannot fail
        let mut changes = self.0.subscribe();
        let _seen = changes.wait_for(|connections| wanted(connections)).await.map(|_| ());
    }
}
