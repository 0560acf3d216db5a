//! Connections that one plugin keeps.
//!
//! A connection is reused for the same origin under the same grant, and for nothing else: every [`Outlet`] has a pool
//! of its own, which closes with it (SECURITY.md E17). It was dialled to an address that this very grant allows, so a
//! request that takes one from here asks no DNS again; after ten minutes it is not taken any more, so that a host that
//! moved is followed.
//!
//! A connection comes back only after a response that ended as HTTP says. Whatever ends otherwise closes its
//! connection, and with it all bytes that may be left on it (E34). A connection that the other end closed while it lay
//! here costs nothing: the request that finds it closed is given back unsent and takes another.
//!
//! [`Outlet`]: super::Outlet

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::tasks::{AbortOnDrop, Tasks};
use crate::types::Origin;

use super::connect::Opened;
use super::failure::Failure;
use super::payload::Payload;

/// How long a connection lies unused.
const IDLE: Duration = Duration::from_secs(90);

/// How old a connection gets before it is not reused.
const OLDEST: Duration = Duration::from_mins(10);

/// Unused connections to one origin.
const IDLE_PER_ORIGIN: usize = 64;

/// How long hyper may take to notice that a response has ended.
const SETTLING: Duration = Duration::from_millis(50);

/// What is read of an answer that nobody wants any more, in the hope of its end: the last line of a stream is often
/// not the last byte of its body.
const LEFTOVER_BYTES: usize = 64 << 10;
const LEFTOVER_TIME: Duration = Duration::from_millis(250);

/// The unused connections of one plugin, and the right to open more.
#[derive(Debug)]
pub(super) struct Pool {
    shelf: Mutex<Shelf>,
    /// This plugin's sockets, and all plugins'.
    sockets: [Arc<Semaphore>; 2],
    header_bytes: usize,
    tasks: Tasks,
}

#[derive(Debug, Default)]
struct Shelf {
    idle: HashMap<Origin, Vec<Idle>>,
    closed: bool,
    reaper: Option<AbortOnDrop<()>>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
}

/// An open connection. Dropping it closes it.
#[derive(Debug)]
struct Connection {
    sender: SendRequest<Payload>,
    address: SocketAddr,
    absolute_form: bool,
    opened: Instant,
    _driver: AbortOnDrop<()>,
    _sockets: [OwnedSemaphorePermit; 2],
}

/// A connection that one request has for itself. Dropping it closes the connection.
#[derive(Debug)]
pub(super) struct Lease {
    connection: Connection,
    origin: Origin,
    pool: Arc<Pool>,
    reused: bool,
}

// === impl Pool ===

impl Pool {
    pub(super) fn new(tasks: Tasks, sockets: [Arc<Semaphore>; 2], header_bytes: usize) -> Arc<Self> {
        Arc::new(Self { shelf: Mutex::default(), sockets, header_bytes, tasks })
    }

    /// An unused connection to `origin`, the one used last.
    pub(super) async fn take(self: &Arc<Self>, origin: &Origin) -> Option<Lease> {
        loop {
            let idle = self.shelf().idle.get_mut(origin)?.pop()?;
            let mut connection = idle.connection;
            if idle.since.elapsed() < IDLE
                && matches!(timeout(SETTLING, connection.sender.ready()).await, Ok(Ok(())))
            {
                return Some(Lease {
                    connection,
                    origin: origin.clone(),
                    pool: Arc::clone(self),
                    reused: true,
                });
            }
        }
    }

    /// The right to open one more connection, for which an unused one may have to go.
    pub(super) fn reserve(&self) -> Result<[OwnedSemaphorePermit; 2], Failure> {
        let [own, all] = &self.sockets;
        let acquire =
            || Some([Arc::clone(own).try_acquire_owned().ok()?, Arc::clone(all).try_acquire_owned().ok()?]);
        acquire()
            .or_else(|| {
                self.shelf().remove_oldest()?;
                acquire()
            })
            .ok_or(Failure::TooManySockets)
    }

    /// Starts HTTP on a new connection.
    pub(super) async fn adopt(
        self: &Arc<Self>,
        origin: &Origin,
        opened: Opened,
        sockets: [OwnedSemaphorePermit; 2],
    ) -> Result<Lease, Failure> {
        let mut builder = hyper::client::conn::http1::Builder::new();
        builder.max_header_size(self.header_bytes).max_buf_size(self.header_bytes.max(64 << 10));
        let handshake = builder.handshake(TokioIo::new(opened.stream)).await;
        let (sender, driver) = handshake.map_err(|error| Failure::of_head(&error))?;
        let driver = self.tasks.spawn_owned(async move {
            // the request that it carried learns of a failure by itself
            let _ended = driver.await;
        });
        let connection = Connection {
            sender,
            address: opened.address,
            absolute_form: opened.absolute_form,
            opened: Instant::now(),
            _driver: driver,
            _sockets: sockets,
        };
        Ok(Lease { connection, origin: origin.clone(), pool: Arc::clone(self), reused: false })
    }

    /// Closes what lies here, now and whatever comes back later.
    pub(super) fn close(&self) {
        let mut shelf = self.shelf();
        shelf.closed = true;
        shelf.idle.clear();
        shelf.reaper = None;
    }

    fn put(self: &Arc<Self>, origin: Origin, connection: Connection) {
        let mut shelf = self.shelf();
        if shelf.closed || connection.opened.elapsed() >= OLDEST {
            return;
        }
        let idle = shelf.idle.entry(origin).or_default();
        idle.retain(|idle| !idle.connection.sender.is_closed());
        if idle.len() >= IDLE_PER_ORIGIN {
            idle.remove(0);
        }
        idle.push(Idle { connection, since: Instant::now() });
        if shelf.reaper.is_none() {
            shelf.reaper = Some(self.tasks.spawn_owned(reap(Arc::downgrade(self))));
        }
    }

    /// How many connections lie unused.
    #[cfg(test)]
    pub(super) fn unused(&self) -> usize {
        self.shelf().idle.values().map(Vec::len).sum()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes connections that nobody took in time, until none is left.
async fn reap(pool: Weak<Pool>) {
    loop {
        let next = pool.upgrade().and_then(|pool| pool.shelf().remove_expired());
        let Some(next) = next else {
            return;
        };
        tokio::time::sleep_until(next).await;
    }
}

// === impl Shelf ===

impl Shelf {
    /// Gives back when to look again; `None` when nothing is left.
    fn remove_expired(&mut self) -> Option<Instant> {
        let now = Instant::now();
        self.idle.retain(|_, idle| {
            idle.retain(|idle| now < idle.since + IDLE && !idle.connection.sender.is_closed());
            !idle.is_empty()
        });
        let next = self.idle.values().flatten().map(|idle| idle.since + IDLE).min();
        if next.is_none() {
            // decided under the lock: whoever puts the next connection here starts a new reaper
            self.reaper = None;
        }
        next
    }

    fn remove_oldest(&mut self) -> Option<()> {
        let since = self.idle.values().flatten().map(|idle| idle.since).min()?;
        for idle in self.idle.values_mut() {
            if let Some(at) = idle.iter().position(|idle| idle.since == since) {
                drop(idle.remove(at));
                return Some(());
            }
        }
        None
    }
}

// === impl Lease ===

impl Lease {
    /// Whether the connection has carried a request before.
    pub(super) fn is_reused(&self) -> bool {
        self.reused
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    #[cfg(test)]
    pub(super) fn is_closed(&self) -> bool {
        self.connection.sender.is_closed()
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.connection.address
    }

    pub(super) fn absolute_form(&self) -> bool {
        self.connection.absolute_form
    }

    /// Sends a request. Where the connection turned out to be closed before the first byte, the error has the request.
    pub(super) async fn send(
        &mut self,
        request: Request<Payload>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Payload>>> {
        self.connection.sender.try_send_request(request).await
    }

    /// The response has ended as it should: the connection may be used again.
    pub(super) fn give_back(self) {
        self.pool.put(self.origin, self.connection);
    }

    /// Nobody reads the rest of the response: should it end at once, the connection may be used again.
    pub(super) fn leave(self, mut rest: Incoming) {
        let tasks = self.pool.tasks.clone();
        let read = async move {
            let mut left = LEFTOVER_BYTES;
            while let Some(frame) = rest.frame().await {
                let Ok(frame) = frame else {
                    return;
                };
                let Some(less) = left.checked_sub(frame.data_ref().map_or(1, |data| data.len().max(1)))
                else {
                    return;
                };
                left = less;
            }
            self.give_back();
        };
        drop(tasks.spawn_io(timeout(LEFTOVER_TIME, read)));
    }
}
