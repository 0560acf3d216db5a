//! Who runs what: the only place in the house that spawns.
//!
//! Two runtimes. The **I/O runtime** is the embedder's own, on which the host was built: every socket, TLS session and
//! timer of the gate lives there. The **guests' threads** are ours: a few that do nothing but run plugins. A plugin that
//! spins costs their time and nobody else's (SECURITY.md 1.9 has the numbers: a neighbour's p99 of 98 ms on a shared
//! runtime, 0.39 ms on separate ones); and among plugins, whoever computes for long waits for the others (`pace`).
//!
//! Every task is counted, so that `shutdown` can wait for what dropped responses left behind. A task that outlives its
//! caller is cancelled, never detached. A process (`process`) is killed and collected where a task would be cancelled.

mod guests;
mod pace;
mod process;
mod turn;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use guests::Guests;
pub(crate) use pace::{Lane, Pace, thread_cpu};
pub(crate) use process::{Ended, Job, ProcessError, Program};

/// The runtimes and all tasks on them. Clones share them; the guest threads end with the last clone.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    io: Handle,
    guests: Arc<Guests>,
    tracker: TaskTracker,
    cancel: CancellationToken,
}

impl Tasks {
    /// Takes the current runtime for I/O and starts threads for guests: so many in front, as many at the back.
    ///
    /// # Errors
    /// Outside a tokio runtime, or where the threads cannot be started.
    pub(crate) fn new(guest_threads: usize) -> std::io::Result<Self> {
        let io = Handle::try_current().map_err(std::io::Error::other)?;
        Ok(Self {
            io,
            guests: Arc::new(Guests::start(guest_threads)?),
            tracker: TaskTracker::new(),
            cancel: CancellationToken::new(),
        })
    }

    /// Runs a future on the I/O runtime. Dropping the handle does not stop it; see [`AbortOnDrop`].
    pub(crate) fn spawn_io<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.tracker.spawn_on(future, &self.io)
    }

    /// Runs a future on the I/O runtime for as long as somebody owns it. Shutdown does not wait for it: what it does is
    /// of use to its owner alone.
    pub(crate) fn spawn_owned<F>(&self, future: F) -> AbortOnDrop<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        AbortOnDrop(self.io.spawn(future))
    }

    /// Runs a call of a guest on the threads for that. Where these are gone, during shutdown, the call never begins.
    pub(crate) fn spawn_guest<F>(&self, pace: Pace, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let spawned = self.guests.spawn(&self.tracker, pace, future);
        spawned.unwrap_or_else(|| self.tracker.spawn_on(std::future::pending(), &self.io))
    }

    /// Runs work that blocks, such as compiling, on the I/O runtime's threads for that.
    pub(crate) fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.tracker.spawn_blocking_on(work, &self.io)
    }

    /// A token that is cancelled when the host shuts down.
    pub(crate) fn shutdown_token(&self) -> CancellationToken {
        self.cancel.child_token()
    }

    /// Waits until no task is left; after `deadline`, cancels those that are and waits for them once more, a second.
    /// Gives back whether all had ended by themselves.
    pub(crate) async fn shutdown(&self, deadline: Duration) -> bool {
        self.tracker.close();
        let in_time = tokio::time::timeout(deadline, self.tracker.wait()).await.is_ok();
        self.cancel.cancel();
        if !in_time {
            let _still_running = tokio::time::timeout(Duration::from_secs(1), self.tracker.wait()).await;
        }
        in_time
    }
}

/// A task that ends when nobody waits for it any more.
#[derive(Debug)]
pub(crate) struct AbortOnDrop<T>(pub(crate) JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(cx)
    }
}

/// Starts a thread that ends by itself when what it serves is gone. For the epoch ticker: a timer on a runtime would
/// stand still while that runtime's threads are busy, which is when it is needed.
///
/// # Errors
/// Where the system gives no thread.
pub(crate) fn spawn_thread(
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}
