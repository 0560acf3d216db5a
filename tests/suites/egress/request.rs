//! What a request looks like when it leaves.

use tollgate_test_kit::{Answer, Gate, Reply, Request, Vendor};
use tollgate_tests::dialing::{Dial, Outcome, Script, dial, dial_all, dialing};

fn completions(vendor: &Vendor) -> String {
    format!("{}/v1/chat/completions", vendor.url())
}

/// The names of a request's headers, in lower case and order of the alphabet.
fn names(request: &Request) -> Vec<String> {
    let mut names: Vec<String> = request.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_wire_has_one_host_and_it_is_the_checked_one() {
    // E04, E20
    let (vendor, host) = dialing().await;
    let stolen = [
        "Host",
        "host",
        "HOST",
        ":authority",
        ":path",
        ":scheme",
        ":method",
        "X-Forwarded-Host",
        "X-Forwarded-For",
        "x-forwarded-proto",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-HTTP-Method-Override",
        "Forwarded",
        "Via",
        "X-Real-IP",
        "X-Host",
        "x_forwarded_host",
        "Upgrade",
        "Connection",
        "HTTP2-Settings",
        "Proxy-Connection",
        "Keep-Alive",
        "Expect",
        "TE",
        "Trailer",
    ];
    let asked = stolen
        .iter()
        .fold(Dial::get(&format!("{}/v1/models", vendor.url())), |dial, name| dial.header(name, "evil.test"));
    let outcome = dial(&host, asked).await;
    assert_eq!(outcome.status, Some(200), "{outcome:?}");
    let request = &vendor.requests()[0];
    assert_eq!(request.header("host"), Some(&*vendor.address().to_string()));
    assert_eq!(names(request), ["accept-encoding", "authorization", "host"]);
    assert!(!String::from_utf8(vendor.raw_bytes()).unwrap().contains("evil.test"));
    host.finish().await;
}

#[tokio::test]
async fn one_request_of_a_plugin_is_one_request_on_the_wire() {
    // E33
    let (vendor, host) = dialing().await;
    let smuggled = "0\r\n\r\nGET /v1/files HTTP/1.1\r\nHost: evil.test\r\n\r\n";
    let framings = [
        vec![("content-length", "0")],
        vec![("content-length", "5")],
        vec![("content-length", "+5")],
        vec![("content-length", "4"), ("content-length", "70")],
        vec![("Content-Length", "70, 4")],
        vec![("content-length", "-1")],
        vec![("content-length", "99999999999999999999")],
        vec![("transfer-encoding", "chunked")],
        vec![("transfer-encoding", "identity")],
        vec![("transfer-encoding", "gzip, chunked")],
        vec![("Transfer-Encoding", "xchunked")],
        vec![("transfer_encoding", "chunked")],
        vec![("transfer-encoding", "chunked"), ("content-length", "4")],
        vec![("te", "trailers"), ("connection", "te, transfer-encoding")],
        vec![("content-length ", "4")],
        vec![("x", "y\r\ntransfer-encoding: chunked")],
        vec![("x", "y\ntransfer-encoding: chunked")],
        vec![("x", "y\0z")],
        vec![("x\r\ny", "z")],
        vec![("x y", "z")],
        vec![("x:", "z")],
        vec![("", "z")],
        vec![(" x", "z")],
    ];
    let mut answered = 0;
    for framing in framings {
        let asked =
            framing.iter().fold(Dial::post(&completions(&vendor), smuggled), |dial, (name, value)| {
                dial.header(name, value)
            });
        let outcome = dial(&host, asked).await;
        // a body that is not what its length says may end the request instead
        answered += usize::from(outcome.status.is_some());
        assert!(outcome.status.is_some() || outcome.error.is_some(), "{framing:?}: {outcome:?}");
    }
    let requests = vendor.requests();
    assert!(requests.len() >= answered && answered > 0, "{answered} of {}", requests.len());
    for request in &requests {
        assert_eq!(request.problems, Vec::<String>::new(), "{:?}", request.headers);
        assert_eq!(request.path(), "/v1/chat/completions");
        assert_eq!(request.all("content-length").len() + request.all("transfer-encoding").len(), 1);
        assert_eq!(request.body, smuggled.as_bytes());
    }
    host.finish().await;
}

#[tokio::test]
async fn odd_header_names_are_refused_or_mean_the_same() {
    // E37
    let (vendor, host) = dialing().await;
    let names = [
        "authorization ",
        "authorization\t",
        " authorization",
        "authorization\u{b}",
        "auth\u{f6}rization",
        "authorization:",
        "x\u{0}y",
        "x\u{80}",
        "x\u{ff}",
        "\u{130}",
        "x(y)",
        "x/y",
        "x@y",
        "x[y]",
        "x,y",
        "x;y",
        "x=y",
        "x{y}",
        "\"x\"",
    ];
    for name in names {
        let outcome = dial(&host, Dial::get(&format!("{}/v1/models", vendor.url())).header(name, "v")).await;
        assert_eq!(outcome.refused.len(), 1, "{name:?}: {outcome:?}");
    }
    let asked = ["X-Twice", "x-twice", "X-TWICE"]
        .iter()
        .fold(Dial::get(&format!("{}/v1/models", vendor.url())), |dial, name| dial.header(name, "v"));
    assert_eq!(dial(&host, asked).await.status, Some(200));
    assert_eq!(vendor.requests().last().map(|request| request.all("x-twice").len()), Some(3));
    host.finish().await;
}

#[tokio::test]
async fn trailers_of_a_request_do_not_leave() {
    // E36
    let (vendor, host) = dialing().await;
    let names = [
        "authorization",
        "x-api-key",
        "cookie",
        "x-amz-security-token",
        "host",
        "content-length",
        "x-auth-token",
        "trailer",
        "te",
        "x-plain",
    ];
    let trailers = names.iter().map(|name| ((*name).to_owned(), "sk-of-somebody-else".to_owned())).collect();
    let asked = Dial { trailers, ..Dial::post(&completions(&vendor), "{}") };
    let outcome = dial(&host, asked).await;
    assert!(outcome.status == Some(200) || outcome.error.is_some(), "{outcome:?}");
    assert!(vendor.requests().iter().all(|request| request.trailers.is_empty()));
    assert!(!String::from_utf8(vendor.raw_bytes()).unwrap().contains("sk-of-somebody-else"));
    host.finish().await;
}

#[tokio::test]
async fn a_plugins_timeouts_are_brought_into_range() {
    // E40
    let (vendor, host) = dialing().await;
    for timeouts in [[u64::MAX; 3], [1 << 62; 3], [600_000_000_000; 3]] {
        let outcome = dial(
            &host,
            Dial { timeouts: Some(timeouts), ..Dial::get(&format!("{}/v1/models", vendor.url())) },
        )
        .await;
        assert_eq!(outcome.status, Some(200), "{timeouts:?}");
    }
    // the shortest are a millisecond: enough for some requests, so that only what must not happen is known
    for timeouts in [[0; 3], [1; 3], [0, u64::MAX, 0]] {
        let outcome = dial(
            &host,
            Dial { timeouts: Some(timeouts), ..Dial::get(&format!("{}/v1/models", vendor.url())) },
        )
        .await;
        assert!(outcome.status.is_some() || outcome.error.is_some(), "{outcome:?}");
    }
    // none waits longer than the operator allows, or the vendor would hold it forever
    vendor.answer(Answer::hang());
    let impatient =
        Dial { timeouts: Some([u64::MAX, 1, u64::MAX]), ..Dial::get(&format!("{}/v1/models", vendor.url())) };
    assert_eq!(dial(&host, impatient).await.error.as_deref(), Some("ErrorCode::HttpResponseTimeout"));
    host.finish().await;
}

#[tokio::test]
async fn compressed_answers_are_not_asked_for_and_not_taken() {
    // E42
    let (vendor, host) = dialing().await;
    for coding in
        ["gzip", "br", "zstd", "deflate", "x-gzip", "GZIP", "gzip, identity", "identity, gzip", "bzip2"]
    {
        vendor.answer(Reply::new(200).header("content-encoding", coding).body("\u{1f}\u{8b}".repeat(8)));
        let asked = Dial::get(&format!("{}/v1/models", vendor.url())).header("accept-encoding", "gzip, br");
        let outcome = dial(&host, asked).await;
        assert_eq!(
            (outcome.error.as_deref(), outcome.body.as_str()),
            (Some("ErrorCode::HttpResponseContentCoding(None)"), ""),
            "{coding}"
        );
    }
    assert!(vendor.requests().iter().all(|request| request.header("accept-encoding") == Some("identity")));
    vendor.answer(Reply::new(200).header("content-encoding", "identity").body("plain"));
    assert_eq!(dial(&host, Dial::get(&format!("{}/v1/models", vendor.url()))).await.body, "plain");
    host.finish().await;
}

#[tokio::test]
async fn one_call_makes_so_many_requests_and_no_more() {
    // R30
    let (vendor, host) = dialing().await;
    let requests = |count| vec![Dial::get(&format!("{}/v1/models", vendor.url())); count];
    let answered =
        |outcomes: Vec<Outcome>| outcomes.iter().filter(|outcome| outcome.status == Some(200)).count();
    assert_eq!(answered(dial_all(&host, "keyed", Script { requests: requests(9), at_once: false }).await), 8);
    let gate = Gate::new();
    vendor.otherwise(Answer::echo().behind(&gate));
    let opening = async {
        gate.arrived(4).await;
        gate.open();
    };
    let (outcomes, ()) =
        tokio::join!(dial_all(&host, "keyed", Script { requests: requests(5), at_once: true }), opening);
    assert_eq!(answered(outcomes), 4);
    host.finish().await;
}

#[tokio::test]
async fn a_body_arrives_as_it_was_written() {
    let (vendor, host) = dialing().await;
    vendor.otherwise(Reply::new(200).body("ok"));
    let every_byte: String = (0..=255_u8).map(char::from).collect();
    let asked = Dial { repeat: 100, empty_writes: 100, ..Dial::post(&completions(&vendor), &every_byte) };
    assert_eq!(dial(&host, asked).await.body, "ok");
    let request = &vendor.requests()[0];
    let expected: Vec<u8> = (0..100).flat_map(|_| 0..=255_u8).collect();
    assert_eq!((request.body == expected, request.problems.len()), (true, 0));
    host.finish().await;
}
