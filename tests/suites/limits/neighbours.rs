//! Using every quota to the full, all at once, and again: who else notices.

use std::sync::Arc;
use std::time::Duration;

use tollgate::types::{ManualClock, UtcMillis};
use tollgate::{Engine, EngineOptions, ErrorKind};
use tollgate_test_kit::{Answer, Answered, Vendor};
use tollgate_tests::memory::Peak;
use tollgate_tests::{guests, house};

use super::{SHORT, denied, hurried, with_others};

/// So little CPU time that many calls are over quickly.
const TINY: Duration = Duration::from_millis(5);

/// Fails unless there was no room for it, and the message has all of these words in it. Gives when to try again.
fn busy(answered: &Answered, words: &[&str]) -> Duration {
    let message = answered.message();
    assert_eq!(answered.kind(), Some(ErrorKind::Busy), "{message}");
    for word in words {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
    answered.error.as_ref().and_then(tollgate::Error::retry_after).expect("when to try again")
}

#[tokio::test]
async fn two_hundred_spinning_calls_of_a_plugin_keep_nobody_waiting() {
    // R38
    let builder = hurried(with_others(guests::SPINS)).configure(|plugin| plugin.sandbox.cpu = TINY).unwrap();
    let host = house::start(builder).await;
    let spinning = futures_util::future::join_all((0..200).map(|_| host.ask("spins/complete", "go")));
    let served = async {
        for _ in 0..50 {
            host.serves_others().await;
        }
    };
    let (spun, ()) = tokio::join!(spinning, served);
    spun.iter().for_each(|answered| denied(answered, &["spins", "5 ms of CPU time", "sandbox.cpu_ms"]));
    host.finish().await;
}

#[tokio::test]
async fn all_plugins_together_have_so_much_memory_and_no_more() {
    // R39
    let mut options = EngineOptions::default();
    (options.concurrent_calls, options.total_memory_mib) = (64, 24);
    let engine = Engine::new(options).unwrap();
    let builder = with_others(guests::HOARDS).with(|builder| builder.engine(engine));
    let host = house::start(builder).await;
    let peak = Peak::start();
    for _ in 0..3 {
        let bombs = futures_util::future::join_all((0..48).map(|_| host.ask("hoards/greedily", "go")));
        let (bombs, ()) = tokio::join!(bombs, host.serves_others());
        for bomb in &bombs {
            let retry_after = busy(bomb, &["hoards", "24 MiB", "EngineOptions::total_memory_mib"]);
            assert!(!retry_after.is_zero());
        }
    }
    peak.stayed_low("bombs");
    // nothing of it is lost: one alone has all of it
    let polite = host.ask("hoards/politely", "go").await;
    let mebibytes: u32 = polite.text.parse().unwrap_or_else(|_| panic!("{}", polite.message()));
    assert!((16..=26).contains(&mebibytes), "{mebibytes}");
    host.finish().await;
}

#[tokio::test]
async fn so_many_calls_of_a_plugin_run_at_a_time_so_many_wait_and_no_more() {
    // R41: a vendor that hangs, and with it one plugin
    let vendor = Vendor::start().await.unwrap();
    vendor.otherwise(Answer::hang());
    let builder = with_others(guests::SLEEPS).vendor(&vendor).unwrap();
    let builder = builder.setting("base_url", &vendor.url()).unwrap().configure(|plugin| {
        (plugin.sandbox.concurrent_calls, plugin.sandbox.queued_calls) = (1, 2);
        plugin.sandbox.queue = SHORT * 4;
    });
    let host = house::start(builder.unwrap()).await;
    let running = host.stream("sleeps/next", "go").await.unwrap();
    let ask = || host.ask("sleeps/next", "go");
    // all three begin to wait in this order, before any of them can have waited long enough
    let (first, second, third, ()) = tokio::join!(biased; ask(), ask(), ask(), host.serves_others());
    for waited in [first, second] {
        busy(&waited, &["sleeps", "1 calls are running", "within 200 ms", "sandbox.concurrent_calls"]);
    }
    let retry_after = busy(&third, &["sleeps", "1 calls are running and 2 wait", "sandbox.concurrent_calls"]);
    assert!(retry_after >= Duration::from_secs(1));
    host.serves_others().await;
    // a place that becomes free goes to who waits
    let (waiting, ()) = tokio::join!(biased; host.stream("sleeps/next", "go"), async { drop(running) });
    assert!(waiting.is_ok());
    drop(waiting);
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_without_a_queue_is_full_at_once() {
    // R41
    let builder = with_others(guests::SLEEPS).configure(|plugin| {
        (plugin.sandbox.concurrent_calls, plugin.sandbox.queued_calls) = (1, 0);
    });
    let host = house::start(builder.unwrap()).await;
    let running = host.stream("sleeps/next", "go").await.unwrap();
    busy(
        &host.ask("sleeps/next", "go").await,
        &["sleeps", "1 calls are running", "sandbox.concurrent_calls"],
    );
    host.serves_others().await;
    drop(running);
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_limits_end_three_times_is_suspended() {
    // R45
    let clock = Arc::new(ManualClock::at(UtcMillis::new(1_800_000_000_000)));
    let builder = house::guest(guests::SPINS).with(|builder| builder.builtins(tollgate_builtins::all()));
    let builder = builder.configure(|plugin| plugin.sandbox.cpu = TINY).unwrap();
    let host = house::start(builder.with(|builder| builder.clock(clock.clone()))).await;
    for (times, minutes) in [1, 2, 4].into_iter().enumerate() {
        for _ in 0..3 {
            denied(&host.ask("spins/complete", "go").await, &["5 ms of CPU time"]);
        }
        let retry_after =
            busy(&host.ask("spins/complete", "go").await, &["spins", "suspended", "sandbox.limit_kills"]);
        assert_eq!(retry_after, Duration::from_mins(minutes), "suspended for the {times}th time");
        clock.advance(Duration::from_secs(20));
        let retry_after =
            busy(&host.ask("spins/later", "go").await, &["suspended", "limits ended 3 of its calls"]);
        assert_eq!(retry_after, Duration::from_mins(minutes) - Duration::from_secs(20));
        host.serves_others().await;
        clock.advance(Duration::from_mins(minutes));
    }
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_only_fails_is_not_suspended() {
    // R45
    let host = house::start(house::guest(guests::TRAPS)).await;
    for _ in 0..5 {
        denied(&host.ask("traps/unreachable", "go").await, &["traps"]);
    }
    assert_eq!(host.ask("traps/well", "go").await.text, "well");
    host.finish().await;
}
