//! The gate as `wasi:http` meets it, from the plugins' own runtime.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks as _};

use super::house::{House, KEY, Plan, loopback};
use super::log::Log;
use super::vendor::{Reply, Vendor, chunk, chunked, ok};
use crate::tasks::Tasks;

fn request(uri: &str, body: &'static str) -> Request<WasiBody> {
    let body = Full::<Bytes>::from(body).map_err(|never| match never {}).boxed_unsync();
    Request::builder().method("POST").uri(uri).body(body).unwrap()
}

/// Sends as wasi-http does: on a guest thread, which has none of the gate's sockets.
async fn send(
    house: &mut House,
    request: Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Result<String, Error> {
    let sending = Pin::from(house.gate.send_request(request, options, Box::new(async { Ok(()) })));
    let guests = Tasks::new(1).unwrap();
    let reading = guests.spawn_guest(crate::tasks::Lane::new().pace(), async move {
        let (response, driver) = sending.await?;
        Pin::from(driver).await?;
        let body = response.into_body().collect().await?;
        Ok(String::from_utf8(body.to_bytes().to_vec()).unwrap())
    });
    reading.await.unwrap()
}

async fn house(reply: Reply) -> (House, String, Vendor) {
    let vendor = Vendor::start(move |_| reply.clone()).await;
    let origin = format!("http://localhost:{}", vendor.port());
    (House::new(Plan::new([loopback(&origin)])), format!("{origin}/v1/messages"), vendor)
}

#[tokio::test]
async fn a_plugin_streams_through_the_gate() {
    let (mut house, uri, vendor) =
        house(Reply::Pieces(vec![chunked(), chunk("data: 1\n\n"), chunk("data: 2\n\n"), chunk("")])).await;
    let got = send(&mut house, request(&uri, "{}"), None).await.unwrap();
    assert_eq!(got, "data: 1\n\ndata: 2\n\n");
    assert_eq!(vendor.received()[0].values("authorization"), [format!("Bearer {KEY}")]);
}

#[tokio::test]
async fn a_plugin_gets_a_code_and_no_words() {
    // E01, E20, E21, S05
    let (mut house, uri, vendor) = house(Reply::Say(ok("{}"))).await;
    let denied = |outcome: Result<String, Error>| matches!(outcome, Err(Error::HttpRequestDenied));
    assert!(denied(send(&mut house, request("https://evil.test/v1/messages", "{}"), None).await));
    assert!(denied(send(&mut house, request("ftp://localhost/v1/messages", "{}"), None).await));
    assert!(denied(send(&mut house, request(&uri.replace("messages", "files"), "{}"), None).await));
    assert!(denied(send(&mut house, request(&uri, "{\"api_key\":1}"), None).await));
    house.egress.forbid(vendor.address);
    assert!(matches!(send(&mut house, request(&uri, "{}"), None).await, Err(Error::DestinationIpProhibited)));
    assert_eq!(vendor.connections(), 0);
}

#[tokio::test]
async fn a_plugins_own_deadlines_count_within_the_operators() {
    // E40
    let (mut house, uri, _vendor) = house(Reply::SayAndStall(Vec::new())).await;
    for wish in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(20)] {
        let options = RequestOptions { first_byte_timeout: Some(wish), ..RequestOptions::default() };
        let outcome = send(&mut house, request(&uri, "{}"), Some(options)).await;
        assert!(matches!(outcome, Err(Error::HttpResponseTimeout)), "{outcome:?}");
    }
    let (mut house, uri, _vendor) = self::house(Reply::Say(ok("{}"))).await;
    let endless = Some(Duration::from_nanos(u64::MAX));
    let options = RequestOptions {
        connect_timeout: endless,
        first_byte_timeout: endless,
        between_bytes_timeout: endless,
    };
    assert_eq!(send(&mut house, request(&uri, "{}"), Some(options)).await.unwrap(), "{}");
}

#[tokio::test]
async fn a_stalled_answer_is_noticed_on_the_plugins_threads() {
    // R31
    let (mut house, uri, _vendor) =
        house(Reply::SayAndStall([chunked(), chunk("data: 1\n\n")].concat())).await;
    let options = RequestOptions {
        between_bytes_timeout: Some(Duration::from_millis(40)),
        ..RequestOptions::default()
    };
    let outcome = send(&mut house, request(&uri, "{}"), Some(options)).await;
    assert!(matches!(outcome, Err(Error::ConnectionReadTimeout)), "{outcome:?}");
}

#[tokio::test]
async fn a_plugin_that_is_still_writing_sees_the_refusal() {
    let (mut house, _, _vendor) = house(Reply::Say(ok("{}"))).await;
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    let frames = futures_util::stream::poll_fn(move |cx| {
        receiver.poll_recv(cx).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    });
    let body = StreamBody::new(frames).boxed_unsync();
    let request = Request::builder().method("POST").uri("https://evil.test/v1/messages").body(body).unwrap();
    let sending = Pin::from(house.gate.send_request(request, None, Box::new(async { Ok(()) })));
    let writing = async move {
        for _ in 0..50 {
            sender.send(Bytes::from_static(b"still writing")).await.unwrap();
        }
    };
    let (outcome, ()) = tokio::join!(sending, writing);
    assert!(matches!(outcome.err(), Some(Error::HttpRequestDenied)));
}

#[tokio::test]
async fn credential_headers_are_forbidden_where_they_are_set() {
    // E04, E25, E37
    let log = Log::start();
    let (mut house, ..) = house(Reply::Say(ok("{}"))).await;
    let filter = house.gate.forbidden_header_filter();
    for name in [
        "Authorization",
        "X_API_KEY",
        "Cookie",
        "x-goog-api-key",
        "Host",
        "Connection",
        "Transfer-Encoding",
        "Upgrade",
        "Proxy-Authorization",
    ] {
        let name = name.parse().unwrap();
        assert!(house.gate.is_forbidden_header(&name) && filter(&name), "{name}");
    }
    for name in ["Accept", "Content-Type", "Content-Length", "Accept-Encoding", "X-Request-Id", "User-Agent"]
    {
        let name = name.parse().unwrap();
        assert!(!house.gate.is_forbidden_header(&name) && !filter(&name), "{name}");
    }
    assert!(!house.gate.set_host_header());
    assert_eq!(log.security().len(), 10);
}
