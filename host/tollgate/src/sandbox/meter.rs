//! How long a guest has computed, and the stop when it is too long.
//!
//! What counts is time inside the guest's `poll`: a guest that waits for its vendor spends nothing. In front, where
//! polls are short, that is the time of the clock on the wall, which costs nothing to read; at the back, where a guest
//! may wait for a core in the middle of a poll, it is the thread's own CPU time. One poll is never charged more than
//! [`MOST_PER_POLL`], so that a guest is not blamed for a machine that was suspended; a poll cannot honestly take
//! longer, since the epoch ends it every millisecond, and the longest operation without an epoch check, a copy of the
//! whole memory, stays below.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::tasks::{Pace, thread_cpu};

/// The most that one poll is charged.
const MOST_PER_POLL: Duration = Duration::from_millis(50);

/// A guest that computed longer than it may; travels through wasmtime as the reason of the trap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CPU limit of {limit_ms} ms")]
pub(super) struct CpuExceeded {
    pub(super) limit_ms: u64,
    pub(super) key: &'static str,
}

/// A CPU limit, with the configuration key that sets it.
#[derive(Debug, Clone, Copy)]
pub(super) struct CpuLimit {
    pub(super) limit: Duration,
    pub(super) key: &'static str,
}

/// The CPU account of one call. Shared between the store's epoch callback and the future that polls the guest; both
/// run on the same thread at any time, so relaxed atomics suffice.
#[derive(Debug, Clone)]
pub(super) struct CpuMeter(Arc<Account>);

#[derive(Debug)]
struct Account {
    pace: Pace,
    base: Instant,
    poll_started: AtomicU64,
    spent: AtomicU64,
}

impl CpuMeter {
    pub(super) fn new(pace: Pace) -> Self {
        Self(Arc::new(Account {
            pace,
            base: Instant::now(),
            poll_started: AtomicU64::new(0),
            spent: AtomicU64::new(0),
        }))
    }

    /// Starts a new account: what was spent so far belongs to an earlier phase.
    pub(super) fn restart(&self) {
        self.0.spent.store(0, Ordering::Relaxed);
        self.0.poll_started.store(self.now(), Ordering::Relaxed);
    }

    /// Fails once more than `limit` was spent, the poll that runs now included.
    pub(super) fn check(&self, limit: CpuLimit) -> Result<(), CpuExceeded> {
        let allowed = nanos(limit.limit);
        if self.0.spent.load(Ordering::Relaxed).saturating_add(self.this_poll()) <= allowed {
            return Ok(());
        }
        Err(CpuExceeded { limit_ms: nanos(limit.limit) / 1_000_000, key: limit.key })
    }

    /// Charges this account for every poll of `future`.
    pub(super) fn metered<F>(&self, future: F) -> Metered<F> {
        Metered { meter: self.clone(), future }
    }

    /// A tick finds the guest computing. Gives back whether it has to let others go on.
    pub(super) fn tick(&self) -> bool {
        self.0.pace.tick()
    }

    /// The clock that counts; a call changes threads between two polls, and its clock with them.
    fn now(&self) -> u64 {
        if self.0.pace.is_back() { thread_cpu() } else { nanos(self.0.base.elapsed()) }
    }

    fn this_poll(&self) -> u64 {
        let elapsed = self.now().saturating_sub(self.0.poll_started.load(Ordering::Relaxed));
        elapsed.min(nanos(MOST_PER_POLL))
    }
}

/// A future whose polls are charged.
#[derive(Debug)]
pub(super) struct Metered<F> {
    meter: CpuMeter,
    future: F,
}

impl<F: Future + Unpin> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        this.meter.0.poll_started.store(this.meter.now(), Ordering::Relaxed);
        let poll = Pin::new(&mut this.future).poll(cx);
        this.meter.0.spent.fetch_add(this.meter.this_poll(), Ordering::Relaxed);
        poll
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::Lane;

    #[test]
    fn waiting_between_polls_costs_nothing() {
        let meter = CpuMeter::new(Lane::new().pace());
        let limit = CpuLimit { limit: Duration::ZERO, key: "cpu_ms" };
        meter.0.poll_started.store(u64::MAX, Ordering::Relaxed);
        assert!(meter.check(limit).is_ok());
    }

    #[test]
    fn one_poll_is_charged_no_more_than_its_most() {
        let meter = CpuMeter(Arc::new(Account {
            pace: Lane::new().pace(),
            base: Instant::now() - Duration::from_secs(60),
            poll_started: AtomicU64::new(0),
            spent: AtomicU64::new(0),
        }));
        assert_eq!(meter.this_poll(), nanos(MOST_PER_POLL));
        let tight = CpuLimit { limit: MOST_PER_POLL / 2, key: "cpu_ms" };
        assert_eq!(meter.check(tight), Err(CpuExceeded { limit_ms: 25, key: "cpu_ms" }));
        assert!(meter.check(CpuLimit { limit: MOST_PER_POLL, key: "cpu_ms" }).is_ok());
    }

    #[test]
    fn every_poll_of_a_metered_future_is_charged() {
        let meter = CpuMeter::new(Lane::new().pace());
        let mut future = meter.metered(std::future::ready(7));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert_eq!(Pin::new(&mut future).poll(&mut cx), Poll::Ready(7));
        assert!(meter.0.spent.load(Ordering::Relaxed) > 0);
        meter.restart();
        assert_eq!(meter.0.spent.load(Ordering::Relaxed), 0);
    }
}
