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
    /// Must be called on the I/O runtime. `started` is when the request was.
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
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const IDLE: Duration = Duration::from_secs(60);
    const TOTAL: Duration = Duration::from_secs(900);

    /// Pieces with the time before each; how the body ends when nothing follows the last.
    async fn run(pieces: impl IntoIterator<Item = (Duration, &'static [u8])>) -> (Duration, Failure) {
        let started = Instant::now();
        let mut pace = Pace::new(IDLE, TOTAL, started);
        for (gap, piece) in pieces {
            let waited = tokio::time::timeout(gap, std::future::poll_fn(|cx| pace.poll_expired(cx))).await;
            if let Ok(failure) = waited {
                return (started.elapsed(), failure);
            }
            pace.moved(piece);
        }
        let failure = std::future::poll_fn(|cx| pace.poll_expired(cx)).await;
        (started.elapsed(), failure)
    }

    fn about(elapsed: Duration, seconds: u64) -> bool {
        elapsed.abs_diff(SECOND * u32::try_from(seconds).unwrap()) < Duration::from_millis(20)
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_an_answer() {
        // R31
        let (elapsed, failure) = run([(SECOND * 59, &b"data: x\n\n"[..])]).await;
        assert!(about(elapsed, 119), "{elapsed:?}");
        assert_eq!(failure, Failure::IdleTimeout(IDLE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_ends_an_answer() {
        // R31
        for (gap, piece) in
            [(SECOND * 20, &b"x"[..]), (SECOND * 59, b"x"), (SECOND, b"sixty-three bytes, or rather a few")]
        {
            let (elapsed, failure) = run(std::iter::repeat_n((gap, piece), 1000)).await;
            assert_eq!(failure, Failure::TooSlow);
            assert!(elapsed <= SECOND * 121, "{elapsed:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pings_keep_an_answer_alive_until_its_time_is_up() {
        let (elapsed, failure) = run(std::iter::repeat_n((SECOND * 15, &b": ping\n\n"[..]), 1000)).await;
        assert_eq!(failure, Failure::TotalTimeout(TOTAL));
        assert!(about(elapsed, 900), "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_steady_answer_without_lines_goes_on() {
        let (elapsed, failure) = run(std::iter::repeat_n((SECOND, &[b'x'; 80][..]), 1000)).await;
        assert_eq!(failure, Failure::TotalTimeout(TOTAL));
        assert!(about(elapsed, 900), "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_not_the_vendors_fault() {
        let started = Instant::now();
        let mut pace = Pace::new(IDLE, TOTAL, started);
        pace.moved(b"x");
        tokio::time::advance(SECOND * 300).await;
        let waited =
            tokio::time::timeout(SECOND * 30, std::future::poll_fn(|cx| pace.poll_expired(cx))).await;
        assert!(waited.is_err());
    }
}
