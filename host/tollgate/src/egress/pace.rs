//! Whether an answer is still coming.
//!
//! Three clocks run while the gate waits for the next piece of a body, and only then: what a slow reader leaves lying
//! is not the vendor's fault. One for silence, one for the exchange as a whole, and one against the drip
//! (SECURITY.md R31): a minute of waiting must bring 64 bytes a second. A whole line counts as a sign of life too,
//! since vendors that think for minutes send short comments and pings meanwhile.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::failure::Failure;
use super::limit::after;

/// The time over which a drip is judged.
const WINDOW: Duration = Duration::from_mins(1);

/// What a minute of waiting must bring.
const BYTES_PER_WINDOW: u64 = 64 * 60;

/// The clocks of one body.
#[derive(Debug)]
pub(super) struct Pace {
    idle: Duration,
    total: Duration,
    end: Instant,
    wait: Option<Wait>,
    /// How long this window's earlier waits were together, and what they brought.
    waited: Duration,
    bytes: u64,
    line: bool,
    /// One timer for all three; it lives on the runtime on which it was made.
    timer: Pin<Box<Sleep>>,
}

/// A time in which there is nothing to read.
#[derive(Debug, Clone, Copy)]
struct Wait {
    since: Instant,
    /// From when on it counts in this window.
    counts_from: Instant,
}

impl Pace {
    /// Must be called where the gate is. `started` is when the request was.
    pub(super) fn new(idle: Duration, total: Duration, started: Instant) -> Self {
        let end = after(started, total);
        let timer = Box::pin(tokio::time::sleep_until(end));
        Self { idle, total, end, wait: None, waited: Duration::ZERO, bytes: 0, line: false, timer }
    }

    /// Something came.
    pub(super) fn moved(&mut self, piece: &[u8]) {
        if let Some(wait) = self.wait.take() {
            self.waited += wait.counts_from.elapsed();
        }
        self.bytes = self.bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        self.line = self.line || piece.contains(&b'\n');
    }

    /// Nothing is there to read: ready once that has gone on for too long.
    pub(super) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        loop {
            let now = Instant::now();
            let wait = *self.wait.get_or_insert(Wait { since: now, counts_from: now });
            let silent = after(wait.since, self.idle);
            let window = after(wait.counts_from, WINDOW.saturating_sub(self.waited));
            if now >= self.end {
                return Poll::Ready(Failure::TotalTimeout(self.total));
            }
            if now >= silent {
                return Poll::Ready(Failure::IdleTimeout(self.idle));
            }
            if now >= window {
                if self.drips() {
                    return Poll::Ready(Failure::TooSlow);
                }
                (self.waited, self.bytes, self.line) = (Duration::ZERO, 0, false);
                self.wait = Some(Wait { since: wait.since, counts_from: now });
                continue;
            }
            let due = self.end.min(silent).min(window);
            // a timer that rings too early costs less than one that is set for every piece
            if self.timer.deadline() > due || self.timer.is_elapsed() {
                self.timer.as_mut().reset(due);
            }
            std::task::ready!(self.timer.as_mut().poll(cx));
        }
    }

    /// Silence is not a drip: it has a clock of its own.
    fn drips(&self) -> bool {
        self.bytes > 0 && self.bytes < BYTES_PER_WINDOW && !self.line
    }
}

#[cfg(test)]
mod tests;
