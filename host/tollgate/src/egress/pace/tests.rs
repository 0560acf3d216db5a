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
    let waited = tokio::time::timeout(SECOND * 30, std::future::poll_fn(|cx| pace.poll_expired(cx))).await;
    assert!(waited.is_err());
}
