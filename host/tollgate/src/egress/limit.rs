//! How much and how long: the limits of [`EgressLimits`] at work.
//!
//! A plugin may ask for less time than the operator allows, never for more, and a nonsensical wish is brought into
//! range rather than believed (SECURITY.md E40).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::types::EgressLimits;

use super::denial::Cause;

/// Interim answers (1xx) that a response may be announced by.
pub(super) const INTERIM_ANSWERS: u32 = 8;

/// What a plugin wishes its timeouts to be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wishes {
    pub(super) connect: Option<Duration>,
    pub(super) first_byte: Option<Duration>,
    pub(super) idle: Option<Duration>,
}

/// The timeouts of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timeouts {
    pub(super) connect: Duration,
    pub(super) first_byte: Duration,
    pub(super) idle: Duration,
}

impl Timeouts {
    /// The wishes, between a millisecond and what the operator allows.
    pub(super) fn new(wishes: Wishes, limits: &EgressLimits) -> Self {
        let clamp = |wish: Option<Duration>, most: Duration| {
            wish.map_or(most, |wish| wish.max(Duration::from_millis(1)).min(most))
        };
        Self {
            connect: clamp(wishes.connect, limits.connect),
            first_byte: clamp(wishes.first_byte, limits.first_byte),
            idle: clamp(wishes.idle, limits.idle),
        }
    }
}

/// The moment after `duration`; far away where that is beyond counting.
pub(super) fn after(now: Instant, duration: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    now + duration.min(FAR)
}

/// The requests that one call may make, in all and at a time.
#[derive(Debug)]
pub(super) struct Quota {
    most: u32,
    most_at_once: u32,
    made: AtomicU32,
    running: Arc<Semaphore>,
}

impl Quota {
    pub(super) fn new(limits: &EgressLimits) -> Self {
        Self {
            most: limits.requests,
            most_at_once: limits.concurrent_requests,
            made: AtomicU32::new(0),
            running: Arc::new(semaphore(limits.concurrent_requests)),
        }
    }

    /// Counts a request, until what is given back is dropped.
    pub(super) fn take(&self) -> Result<OwnedSemaphorePermit, Cause> {
        let permit = Arc::clone(&self.running)
            .try_acquire_owned()
            .map_err(|_| Cause::TooManyAtOnce(self.most_at_once))?;
        let counted = self.made.try_update(Ordering::Relaxed, Ordering::Relaxed, |made| {
            (made < self.most).then(|| made.saturating_add(1))
        });
        counted.map(|_| permit).map_err(|_| Cause::TooManyRequests(self.most))
    }
}

/// A semaphore of as many permits as it can have, at most.
pub(super) fn semaphore(permits: impl TryInto<usize>) -> Semaphore {
    Semaphore::new(permits.try_into().unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_brought_into_range() {
        // E40
        let limits = EgressLimits::default();
        let wish = |wish| {
            let wishes = Wishes { connect: Some(wish), first_byte: Some(wish), idle: Some(wish) };
            Timeouts::new(wishes, &limits)
        };
        let most = Timeouts::new(Wishes::default(), &limits);
        assert_eq!(
            most,
            Timeouts { connect: limits.connect, first_byte: limits.first_byte, idle: limits.idle }
        );
        assert_eq!(wish(Duration::MAX), most);
        assert_eq!(wish(Duration::from_nanos(u64::MAX)), most);
        assert_eq!(wish(limits.first_byte).first_byte, limits.first_byte);
        let least = Duration::from_millis(1);
        for short in [Duration::ZERO, Duration::from_nanos(1), least] {
            assert_eq!(wish(short), Timeouts { connect: least, first_byte: least, idle: least });
        }
        assert_eq!(wish(Duration::from_secs(3)).idle, Duration::from_secs(3));
    }

    #[test]
    fn a_limit_of_nothing_stays_nothing() {
        let limits = EgressLimits { connect: Duration::ZERO, requests: 0, ..EgressLimits::default() };
        let wishes = Wishes { connect: Some(Duration::from_secs(1)), ..Wishes::default() };
        assert_eq!(Timeouts::new(wishes, &limits).connect, Duration::ZERO);
        assert_eq!(Quota::new(&limits).take().err(), Some(Cause::TooManyRequests(0)));
    }

    #[test]
    fn requests_are_counted_in_all_and_at_a_time() {
        let limits = EgressLimits::default();
        let quota = Quota::new(&limits);
        let four: Vec<_> = (0..4).map(|_| quota.take().unwrap()).collect();
        assert_eq!(quota.take().err(), Some(Cause::TooManyAtOnce(4)));
        drop(four);
        let four: Vec<_> = (0..4).map(|_| quota.take().unwrap()).collect();
        drop(four);
        assert_eq!(quota.take().err(), Some(Cause::TooManyRequests(8)));
    }

    #[tokio::test]
    async fn no_duration_is_too_long_to_add() {
        let now = Instant::now();
        assert!(after(now, Duration::MAX) > after(now, Duration::from_secs(1)));
    }
}
