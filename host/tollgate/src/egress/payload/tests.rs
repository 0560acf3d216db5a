use futures_util::stream;
use http::HeaderMap;
use http_body_util::StreamBody;

use super::*;

fn body(
    frames: Vec<Result<Frame<Bytes>, ()>>,
) -> StreamBody<impl futures_util::Stream<Item = Result<Frame<Bytes>, ()>>> {
    StreamBody::new(stream::iter(frames))
}

fn data(text: &str) -> Result<Frame<Bytes>, ()> {
    Ok(Frame::data(Bytes::copy_from_slice(text.as_bytes())))
}

async fn read(frames: Vec<Result<Frame<Bytes>, ()>>, limit: u64) -> Result<(u64, Bytes), Failure> {
    let mut seen = Vec::new();
    let payload =
        Payload::read(body(frames), limit, Duration::from_secs(1), |chunk| seen.extend_from_slice(chunk))
            .await?;
    let length = payload.len();
    let bytes = payload.collect().await.unwrap().to_bytes();
    assert_eq!(bytes, seen);
    Ok((length, bytes))
}

#[tokio::test]
async fn a_body_has_the_length_of_what_is_in_it() {
    // E33
    let big = "x".repeat(SMALL);
    let got = read(vec![data("a"), data(""), data("b"), data(&big), data("c")], 1 << 20).await.unwrap();
    assert_eq!(got, (u64::try_from(SMALL).unwrap() + 3, Bytes::from(format!("ab{big}c"))));
    assert_eq!(read(vec![], 0).await.unwrap().0, 0);
}

#[tokio::test]
async fn a_body_ends_at_its_limit() {
    assert!(read(vec![data("abc")], 3).await.is_ok());
    assert_eq!(read(vec![data("abc"), data("d")], 3).await.unwrap_err(), Failure::RequestBody { limit: 3 });
    let empty = std::iter::repeat_with(|| data("")).take(20_000).collect();
    assert_eq!(read(empty, 3).await.unwrap_err(), Failure::RequestAborted);
}

#[tokio::test]
async fn request_trailers_go_nowhere() {
    // E36
    let trailers = HeaderMap::from_iter([("authorization".parse().unwrap(), "Bearer mine".parse().unwrap())]);
    let payload = Payload::read(
        body(vec![data("a"), Ok(Frame::trailers(trailers))]),
        9,
        Duration::from_secs(1),
        |_| {},
    );
    let sent = payload.await.unwrap().collect().await.unwrap();
    assert!(sent.trailers().is_none());
    assert_eq!(sent.to_bytes(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_given_up_is_not_sent() {
    assert_eq!(read(vec![data("a"), Err(())], 9).await.unwrap_err(), Failure::RequestAborted);
    let stalled = StreamBody::new(stream::pending::<Result<Frame<Bytes>, ()>>());
    let refused = Payload::read(stalled, 9, Duration::from_secs(1), |_| {}).await;
    assert_eq!(refused.unwrap_err(), Failure::RequestAborted);
}

#[tokio::test(start_paused = true)]
async fn draining_ends_whatever_the_plugin_does() {
    let started = tokio::time::Instant::now();
    drain(StreamBody::new(stream::pending::<Result<Frame<Bytes>, ()>>()), 9).await;
    drain(StreamBody::new(stream::repeat_with(|| data("x"))), 9).await;
    drain(StreamBody::new(stream::repeat_with(|| data(""))), 9).await;
    drain(body(vec![data("x"), Err(())]), 9).await;
    assert!(started.elapsed() < Duration::from_secs(6));
}
