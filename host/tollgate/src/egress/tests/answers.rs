//! Answers that are not what they should be.

use std::time::Duration;

use super::house::{House, KEY, Plan, get, loopback, post};
use super::vendor::{Reply, Vendor, answer, chunk, chunked, ok};
use crate::egress::failure::Failure;
use crate::types::EgressLimits;

const SHORT: Duration = Duration::from_millis(40);

async fn answered_within(reply: Reply, limits: fn(&mut EgressLimits)) -> Result<String, Failure> {
    let vendor = Vendor::start(move |_| reply.clone()).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]).limits(limits));
    let outcome = match house.send(get(format!("{origin}/v1/models"))).await {
        Ok(answer) => answer.body,
        Err(failure) => Err(failure),
    };
    if outcome.is_err() {
        // whatever goes wrong closes the connection
        vendor.ended(1).await;
        assert!(house.seen.gate_error().is_some());
    }
    outcome
}

async fn answered(reply: Reply) -> Result<String, Failure> {
    answered_within(reply, |_| {}).await
}

fn close(text: &str) -> Reply {
    Reply::SayAndClose(text.as_bytes().to_vec())
}

#[tokio::test]
async fn an_answer_that_is_compressed_unasked_is_none() {
    // E42
    for coding in ["gzip", "br", "zstd", "deflate", "identity, gzip"] {
        let headers = format!("content-encoding: {coding}\r\n");
        let got = answered(Reply::Say(answer("200 OK", &headers, "\x1f not unpacked"))).await;
        assert_eq!(got, Err(Failure::ContentCoding), "{coding}");
    }
    assert_eq!(
        answered(Reply::Say(answer("200 OK", "content-encoding: identity\r\n", "{}"))).await.unwrap(),
        "{}"
    );
}

#[tokio::test]
async fn an_answer_with_two_ends_is_none() {
    // E34
    let body = "2\r\n{}\r\n0\r\n\r\n";
    for framing in [
        "content-length: 2\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 99\r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: identity\r\n",
        "content-length: 2\r\ncontent-length: 2\r\n",
        "content-length: 2, 2\r\n",
    ] {
        let got = answered(close(&format!("HTTP/1.1 200 OK\r\n{framing}\r\n{body}"))).await;
        assert_eq!(got, Err(Failure::TransferCoding), "{framing}");
    }
    for framing in [
        "content-length: 2\r\ncontent-length: 3\r\n",
        "content-length: -1\r\n",
        "content-length: +2\r\n",
        "content-length : 2\r\n",
    ] {
        let got = answered(close(&format!("HTTP/1.1 200 OK\r\n{framing}\r\n{{}}"))).await;
        assert!(matches!(got, Err(Failure::Malformed | Failure::TransferCoding)), "{framing} {got:?}");
    }
}

#[tokio::test]
async fn bytes_after_an_answer_belong_to_nobody() {
    // E34, E33
    let smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled";
    for first in [
        format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{{}}{smuggled}"),
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}garbage".to_owned(),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n{smuggled}"),
        format!("HTTP/1.1 204 No Content\r\n\r\n{smuggled}"),
        format!("HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n{smuggled}"),
    ] {
        let vendor = Vendor::start(move |received| {
            if received.connection == 0 {
                Reply::Say(first.clone().into_bytes())
            } else {
                Reply::Say(ok("second"))
            }
        })
        .await;
        let origin = format!("http://localhost:{}", vendor.port());
        let house = House::new(Plan::new([loopback(&origin)]));
        let got = house.send(get(format!("{origin}/v1/models"))).await.unwrap();
        assert!(!got.body.unwrap().contains("smuggled"));
        let got = house.send(get(format!("{origin}/v1/models"))).await.unwrap();
        assert_eq!(got.body.unwrap(), "second");
        assert_eq!(vendor.connections(), 2);
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_an_error() {
    // R36
    for text in [
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    ] {
        assert!(
            matches!(answered(close(text)).await, Err(Failure::Incomplete | Failure::Malformed)),
            "{text}"
        );
    }
    for text in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n"] {
        assert!(matches!(answered(close(text)).await, Err(Failure::Closed)), "{text}");
    }
    for text in [
        "garbage\r\n\r\n",
        "HTTP/3.0 200 OK\r\n\r\n",
        "HTTP/1.1 999999 x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx y: z\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n",
    ] {
        assert_eq!(answered(close(text)).await, Err(Failure::Malformed), "{text}");
    }
}

#[tokio::test]
async fn an_answer_keeps_its_limits() {
    // R32, R33
    let small = |limits: &mut EgressLimits| limits.response_body_bytes = 1000;
    let too_large = Err(Failure::ResponseBody { limit: 1000 });
    assert_eq!(answered_within(Reply::Say(ok(&"x".repeat(1001))), small).await, too_large);
    assert_eq!(answered_within(Reply::Forever(chunked(), chunk("data: x\n\n")), small).await, too_large);
    assert_eq!(answered_within(Reply::Say(ok(&"x".repeat(1000))), small).await.unwrap().len(), 1000);

    let head = |limits: &mut EgressLimits| limits.response_header_bytes = 1000;
    let long = format!("x-long: {}\r\n", "y".repeat(1000));
    assert_eq!(
        answered_within(Reply::Say(answer("200 OK", &long, "{}")), head).await,
        Err(Failure::Malformed)
    );
    let endless = Reply::Forever(
        b"HTTP/1.1 200 OK\r\n".to_vec(),
        b"x-more: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".to_vec(),
    );
    assert_eq!(answered(endless).await, Err(Failure::Malformed));
    let extensions =
        Reply::Forever([chunked(), b"2".to_vec()].concat(), b";xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_vec());
    assert!(matches!(answered(extensions).await, Err(Failure::Incomplete | Failure::Malformed)));
    let many: String = (0..101).map(|n| format!("x-{n}: y\r\n")).collect();
    assert_eq!(answered(Reply::Say(answer("200 OK", &many, "{}"))).await, Err(Failure::Malformed));
}

#[tokio::test]
async fn interim_answers_are_few() {
    // R33
    let interim = |count: usize| {
        let mut text = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(count);
        text.extend(ok("{}"));
        Reply::Say(text)
    };
    assert_eq!(answered(interim(8)).await.unwrap(), "{}");
    assert_eq!(answered(interim(9)).await, Err(Failure::Interim));
    let endless = Reply::Forever(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec());
    assert_eq!(answered(endless).await, Err(Failure::Interim));
    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n";
    assert_eq!(answered(close(upgrade)).await, Err(Failure::Upgrade));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    // R31, E40
    let first_byte = |limits: &mut EgressLimits| limits.first_byte = SHORT;
    assert_eq!(
        answered_within(Reply::SayAndStall(Vec::new()), first_byte).await,
        Err(Failure::FirstByteTimeout(SHORT))
    );
    let partial = Reply::SayAndStall(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec());
    assert_eq!(answered_within(partial, first_byte).await, Err(Failure::FirstByteTimeout(SHORT)));

    let idle = |limits: &mut EgressLimits| limits.idle = SHORT;
    let stalled = [chunked(), chunk("data: x\n\n")].concat();
    assert_eq!(answered_within(Reply::SayAndStall(stalled), idle).await, Err(Failure::IdleTimeout(SHORT)));

    let total = |limits: &mut EgressLimits| limits.total = SHORT;
    let endless = Reply::Forever(chunked(), chunk("data: x\n\n"));
    assert_eq!(answered_within(endless, total).await, Err(Failure::TotalTimeout(SHORT)));
    assert_eq!(
        answered_within(Reply::SayAndStall(Vec::new()), total).await,
        Err(Failure::TotalTimeout(SHORT))
    );
}

#[tokio::test]
async fn events_arrive_as_they_are_sent() {
    use http_body_util::BodyExt as _;
    let stalled = [chunked(), chunk("data: one\n\n")].concat();
    let vendor = Vendor::start(move |_| Reply::SayAndStall(stalled.clone())).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]));
    let mut body = house.open(post(format!("{origin}/v1/messages"), "{}")).await.unwrap().into_body();
    // there is nothing more to come, and yet the first event is here
    let frame = body.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "data: one\n\n");
    assert!(house.seen.request_sent());
}

#[tokio::test]
async fn a_failure_has_nobody_elses_words() {
    // S05
    let mut failures = vec![
        answered(close(&format!("HTTP/1.1 200 {KEY}\r\ncontent-length: {KEY}\r\n\r\n"))).await.unwrap_err(),
        answered(close(&format!("{KEY}\r\n\r\n"))).await.unwrap_err(),
        answered(close(&format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{KEY}")))
            .await
            .unwrap_err(),
        answered(close(&format!("HTTP/1.1 200 OK\r\ncontent-encoding: {KEY}\r\n\r\n"))).await.unwrap_err(),
        answered(close(&format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {KEY}\r\n\r\n"))).await.unwrap_err(),
        answered(close(&format!("HTTP/1.1 200 OK\r\n{KEY}: {KEY}\x01\r\n\r\n"))).await.unwrap_err(),
    ];
    let house = House::new(
        Plan::new(["https://nowhere.test", "https://silent.test"].map(loopback))
            .limits(|limits| limits.dns = SHORT),
    );
    failures.push(house.refused(get("https://nowhere.test/v1/models")).await);
    failures.push(house.refused(get("https://silent.test/v1/models")).await);
    assert_eq!(failures[6..], [Failure::DnsNotFound, Failure::DnsTimeout(SHORT)]);
    for failure in failures {
        let text = format!("{failure} {failure:?} {:?}", std::error::Error::source(&failure));
        assert!(!text.contains("tgcanary") && text.ends_with("None"), "{text}");
    }
}
