//! Saying more than anybody wants to hear, and asking for more than anybody has.

use std::time::Duration;

use tollgate::ErrorKind;
use tollgate_test_kit::{Answer, Reply, Vendor};
use tollgate_tests::memory::Peak;
use tollgate_tests::{guests, house, log};

use super::{SHORT, denied, hurried, undeterred, with_others};

#[tokio::test]
async fn what_crosses_the_wall_at_once_is_bounded() {
    // R14, R15: lists and texts that are there
    for way in ["long-log-line", "long-text", "long-list-that-is-there"] {
        let host = house::start(undeterred(house::text(&format!("garbles/{way}")))).await;
        let peak = Peak::start();
        for _ in 0..3 {
            let (answered, ()) = tokio::join!(host.ask("text/well", "go"), host.serves_others());
            denied(&answered, &["limit of 16777216 bytes of one call", "sandbox.host_call_bytes"]);
            assert_eq!(answered.text, "", "{way}");
        }
        peak.stayed_low(way);
        host.finish().await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_read() {
    // R14, R15, R25: lengths that lie
    for way in ["log-line-that-is-not-there", "long-list", "long-setting-name"] {
        let host = house::start(undeterred(house::text(&format!("garbles/{way}")))).await;
        let peak = Peak::start();
        let (answered, ()) = tokio::join!(host.ask("text/well", "go"), host.serves_others());
        denied(&answered, &["text"]);
        peak.stayed_low(way);
        host.finish().await;
    }
}

#[tokio::test]
async fn a_list_of_headers_is_bounded_like_everything_that_crosses_the_wall() {
    // R14
    let host = house::start(undeterred(with_others(guests::FLOODS))).await;
    let peak = Peak::start();
    for _ in 0..3 {
        let answered = host.ask("floods/header-list", "go").await;
        denied(&answered, &["limit of 16777216 bytes of one call", "sandbox.host_call_bytes"]);
        denied(&host.ask("floods/header-list-that-is-not-there", "go").await, &["floods"]);
        host.serves_others().await;
    }
    peak.stayed_low("lists of headers");
    host.finish().await;
}

#[tokio::test]
async fn answers_too_large_for_one_call_end_it() {
    // R15
    let host = house::start(undeterred(with_others(guests::GARBLES))).await;
    for model in ["huge-batch", "huge-text"] {
        let answered = host.ask(&format!("garbles/{model}"), "go").await;
        denied(&answered, &["garbles", "limit of 16777216 bytes of one call", "sandbox.host_call_bytes"]);
    }
    host.serves_others().await;
    host.finish().await;
}

#[tokio::test]
async fn an_answer_without_end_is_ended() {
    // R32
    let builder = with_others(guests::GARBLES).configure(|plugin| plugin.sandbox.host_total_bytes = 1 << 20);
    let host = house::start(builder.unwrap()).await;
    let answered = host.ask("garbles/endless", "go").await;
    denied(&answered, &["limit of 1048576 bytes handed to the host", "sandbox.host_total_bytes"]);
    assert!(!answered.text.is_empty() && answered.text.len() <= 1 << 20);
    host.finish().await;
}

#[tokio::test]
async fn nothing_written_a_hundred_thousand_times_costs_nothing() {
    // R17
    let vendor = Vendor::start().await.unwrap();
    vendor.otherwise(Answer::from(Reply::new(200).body("heard")));
    let builder = with_others(guests::FLOODS).vendor(&vendor).unwrap();
    let builder = builder.configure(|plugin| plugin.sandbox.cpu = Duration::from_secs(60)).unwrap();
    let host = house::start(builder).await;
    for way in ["stdout", "stderr", "body"] {
        let peak = Peak::start();
        let answered = host.ask(&format!("floods/{way}"), "go").await;
        assert_eq!(answered.text, "well", "{way}: {}", answered.message());
        peak.stayed_low(way);
        host.serves_others().await;
    }
    assert_eq!(vendor.requests().len(), 0, "a body that was given up has not left");
    // nobody reads this body: what it has no room for is a misuse, after the second write
    let peak = Peak::start();
    denied(&host.ask("floods/body-unsent", "go").await, &["floods", "budget"]);
    peak.stayed_low("body-unsent");
    host.finish().await;
}

#[tokio::test]
async fn random_bytes_come_in_measure() {
    // R19
    let host = house::start(undeterred(with_others(guests::FLOODS))).await;
    let peak = Peak::start();
    for count in [1_u64 << 60, u64::MAX, 65_537] {
        for kind in ["", "insecure "] {
            let answered = host.ask("floods/random", format!("{kind}{count}")).await;
            denied(&answered, &["limit of 65536 random bytes at once", "sandbox.random_bytes"]);
        }
    }
    peak.stayed_low("random bytes");
    for most in ["65536", "insecure 65536", "0"] {
        assert_eq!(host.ask("floods/random", most).await.text, "well", "{most}");
    }
    host.serves_others().await;
    host.finish().await;
}

#[tokio::test]
async fn a_flood_of_lines_is_a_trickle_in_the_log() {
    // R20, R40
    let builder = hurried(with_others(guests::FLOODS)).configure(|plugin| plugin.sandbox.log_bytes = 8 << 10);
    let host = house::start(builder.unwrap()).await;
    for calls in 1..=4 {
        denied(&host.ask("floods/log", "go").await, &[&format!("{} ms", SHORT.as_millis()), "cpu_ms"]);
        let lines = log::text().matches("flood flood flood flood").count();
        assert!(lines <= calls * (8 << 10) / 24, "{lines} lines");
        assert!(log::text().matches(" flood flood flood flood flood ").count() > 0);
    }
    assert!(log::text().contains("`sandbox.log_bytes` is reached"));
    host.serves_others().await;
    assert_eq!(host.ask("floods/well", "go").await.kind(), None::<ErrorKind>);
    host.finish().await;
}
