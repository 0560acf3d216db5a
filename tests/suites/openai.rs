//! The openai provider in the real host, against a vendor that speaks its wire format and at times does not.

use std::sync::Arc;
use std::time::Duration;

use tollgate::types::{Event, FinishReason, ManualClock, Prompt, UtcMillis, Value};
use tollgate::{End, ErrorKind};
use tollgate_test_kit::{Answer, Completion, Gate, Reply, Vendor};
use tollgate_tests::house::{self, Watched};

const MODEL: &str = "openai/gpt-5.4-mini";

/// A vendor, and a host whose openai provider asks it.
async fn asking() -> (Vendor, Watched) {
    let vendor = Vendor::start().await.unwrap();
    let openai = tollgate_builtins::get("openai").unwrap();
    let builder = house::component("openai", openai.bytes).vendor(&vendor).unwrap();
    (vendor, house::start(builder).await)
}

#[tokio::test]
async fn an_answer_streams_with_its_usage_and_its_reason() {
    let (vendor, host) = asking().await;
    vendor.answer(Completion::pieces(["Because ", "of ", "Rayleigh."]));
    let answered = host.ask(MODEL, Prompt::user("Why is the sky blue?").system("Be brief.")).await;
    assert_eq!(answered.text, "Because of Rayleigh.", "{}", answered.message());
    assert_eq!((answered.finish_reason, answered.end), (Some(FinishReason::Stop), Some(End::Completed)));
    assert!(answered.usage.input.is_some() && answered.usage.output.is_some());
    let sent = vendor.requests()[0].json();
    assert_eq!((&sent["stream"], &sent["stream_options"]["include_usage"]), (&true.into(), &true.into()));
    assert_eq!(sent["messages"][0]["content"], "Be brief.");
    assert_eq!(vendor.requests()[0].key(), Some(host.key()));
    host.finish().await;
}

#[tokio::test]
async fn text_reaches_the_caller_before_the_vendor_has_ended() {
    let (vendor, host) = asking().await;
    let gate = Gate::new();
    vendor.answer(Answer::from(Completion::pieces(["first", "second"])).gated(&gate));
    let mut pieces = Vec::new();
    // the head, the opening event, and the first piece
    (0..3).for_each(|_| gate.let_one_through());
    let mut response = host.stream(MODEL, "go").await.unwrap();
    while pieces.is_empty() {
        let batch = response.next().await.unwrap().unwrap();
        pieces.extend(
            batch.into_iter().filter(|event| matches!(event, Event::Text { text, .. } if !text.is_empty())),
        );
    }
    assert!(matches!(&pieces[..], [Event::Text { text, .. }] if text == "first"), "{pieces:?}");
    assert_eq!(response.end(), None);
    gate.open();
    assert_eq!(response.text().await.unwrap(), "second");
    host.finish().await;
}

#[tokio::test]
async fn a_whole_answer_is_asked_for_where_nobody_streams() {
    let (vendor, host) = asking().await;
    vendor.answer(Completion::text("All at once"));
    let answered = host.ask(MODEL, Prompt::user("go").without_streaming()).await;
    assert_eq!(answered.text, "All at once", "{}", answered.message());
    assert_ne!(vendor.requests()[0].json()["stream"], true);
    host.finish().await;
}

#[tokio::test]
async fn a_refusal_is_an_answer_with_a_reason_of_its_own() {
    let (vendor, host) = asking().await;
    vendor.answer(Completion::refusal("I would rather not."));
    let answered = host.ask(MODEL, "go").await;
    assert_eq!(
        (answered.text.as_str(), answered.finish_reason),
        ("I would rather not.", Some(FinishReason::Refusal))
    );
    host.finish().await;
}

#[tokio::test]
async fn every_status_is_an_error_of_its_kind() {
    let (vendor, host) = asking().await;
    for (status, code, kind) in [
        (400, "invalid_value", ErrorKind::Rejected),
        (400, "context_length_exceeded", ErrorKind::Rejected),
        (401, "invalid_api_key", ErrorKind::Authentication),
        (403, "unsupported_country", ErrorKind::Rejected),
        (404, "model_not_found", ErrorKind::Rejected),
        (413, "too_large", ErrorKind::Rejected),
        (422, "invalid", ErrorKind::Rejected),
        (429, "rate_limit_exceeded", ErrorKind::RateLimited),
        (429, "insufficient_quota", ErrorKind::QuotaExhausted),
        (500, "server_error", ErrorKind::Unavailable),
        (502, "bad_gateway", ErrorKind::Unavailable),
        (503, "overloaded", ErrorKind::Unavailable),
        (504, "timeout", ErrorKind::Unavailable),
        (529, "overloaded", ErrorKind::Unavailable),
    ] {
        vendor.answer(Answer::failure(status, code, "the vendor's words"));
        let answered = host.ask(MODEL, "go").await;
        assert_eq!(answered.kind(), Some(kind), "{status} {code}: {}", answered.message());
        let error = answered.error.unwrap();
        assert!(error.request_sent(), "{status}");
        assert_eq!(error.upstream_status(), Some(status));
    }
    host.finish().await;
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let (vendor, host) = asking().await;
    vendor.answer(Answer::failure_for_seconds(429, "rate_limit_exceeded", "slow down", 7));
    let error = host.ask(MODEL, "go").await.error.unwrap();
    assert_eq!((error.retry_after(), error.is_retryable()), (Some(Duration::from_secs(7)), true));
    host.finish().await;
}

#[tokio::test]
async fn half_an_answer_is_an_error_wherever_it_is_cut() {
    let (vendor, host) = asking().await;
    let whole = || Answer::from(Completion::pieces(["one ", "two ", "three"]));
    vendor.answer(whole());
    assert_eq!(host.ask(MODEL, "go").await.end, Some(End::Completed));
    for bytes in (10..600).step_by(59) {
        vendor.answer(whole().cut_after(bytes));
        let answered = host.ask(MODEL, "go").await;
        assert_eq!(answered.kind(), Some(ErrorKind::Unavailable), "after {bytes} bytes: {answered:?}");
        assert!("one two three".starts_with(&answered.text), "{}", answered.text);
    }
    host.finish().await;
}

#[tokio::test]
async fn what_is_no_stream_of_the_vendors_is_an_error() {
    let (vendor, host) = asking().await;
    let events = |data: &[&str]| Reply::events(data.iter().copied());
    for reply in [
        events(&["not json", "[DONE]"]),
        events(&["{\"choices\": []}", "[DONE]"]),
        events(&["[DONE]"]),
        events(&[]),
        events(&["{\"error\": {\"message\": \"mid-stream\", \"code\": \"server_error\"}}"]),
        Reply::new(200).body("<html>a captive portal</html>"),
        Reply::new(200),
        Reply::new(204),
    ] {
        vendor.answer(reply);
        let answered = host.ask(MODEL, "go").await;
        assert_eq!(answered.kind(), Some(ErrorKind::Unavailable), "{answered:?}");
    }
    host.finish().await;
}

#[tokio::test]
async fn an_answer_in_single_bytes_is_the_same_answer() {
    let (vendor, host) = asking().await;
    vendor.answer(Answer::from(Completion::text("größer als 日本")).byte_by_byte());
    assert_eq!(host.ask(MODEL, "go").await.text, "größer als 日本");
    host.finish().await;
}

#[tokio::test]
async fn a_caller_who_lets_go_closes_the_vendors_connection() {
    let (vendor, host) = asking().await;
    let gate = Gate::new();
    vendor.answer(Answer::from(Completion::pieces(["first", "second"])).gated(&gate));
    (0..3).for_each(|_| gate.let_one_through());
    let mut response = host.stream(MODEL, "go").await.unwrap();
    response.next().await.unwrap().unwrap();
    drop(response);
    vendor.until_all_closed().await;
    host.finish().await;
}

#[tokio::test]
async fn an_option_is_checked_before_anything_is_sent() {
    // E-07
    let (vendor, host) = asking().await;
    for (name, value) in [
        ("temprature", Value::Number(1.0)),
        ("seed", Value::Text("x".into())),
        ("reasoning_effort", Value::Text("a lot".into())),
    ] {
        let answered = host.ask(MODEL, Prompt::user("go").option(name, value)).await;
        assert_eq!(answered.kind(), Some(ErrorKind::UnsupportedPrompt), "{name}");
        assert!(answered.message().contains(name), "{}", answered.message());
    }
    assert_eq!(vendor.requests().len(), 0);
    host.finish().await;
}

#[tokio::test]
async fn the_vendors_list_is_asked_before_a_model_is_unknown_and_kept_for_a_day() {
    let cache = tempfile::tempdir().unwrap();
    let vendor = Vendor::start().await.unwrap();
    let clock = Arc::new(ManualClock::at(UtcMillis::new(1_800_000_000_000)));
    let start = || async {
        let openai = tollgate_builtins::get("openai").unwrap();
        let builder = house::component("openai", openai.bytes).vendor(&vendor).unwrap();
        let clock = clock.clone();
        house::start(builder.cache_dir(cache.path()).with(|builder| builder.clock(clock))).await
    };
    let lists = || vendor.requests().iter().filter(|request| request.path().ends_with("/models")).count();

    let host = start().await;
    vendor.answer(Answer::models(["brand-new"]));
    assert_eq!(host.ask("brand-new", "go").await.end, Some(End::Completed));
    assert_eq!(host.ask("openai/still-unknown", "go").await.kind(), Some(ErrorKind::UnknownModel));
    assert_eq!(lists(), 1);
    host.finish().await;

    // another process on the same day
    let host = start().await;
    assert!(host.host().models().await.iter().any(|listing| listing.id.name.as_str() == "brand-new"));
    assert_eq!(host.ask("brand-new", "go").await.end, Some(End::Completed));
    assert_eq!(lists(), 1);

    clock.advance(Duration::from_hours(24));
    vendor.answer(Answer::models(["newer-still"]));
    assert_eq!(host.ask("newer-still", "go").await.end, Some(End::Completed));
    assert_eq!(lists(), 2);
    host.finish().await;
}
