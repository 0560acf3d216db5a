//! What a plugin gets to see of an answer.

use tollgate_test_kit::{
    Answer, ConnectionState, Encoding, Reply, Request, Scanner, Step, Vendor, VendorName,
};
use tollgate_tests::dialing::{Dial, Outcome, dial, dialing, dials};
use tollgate_tests::house::{self, Watched};

fn models(vendor: &Vendor) -> Dial {
    Dial::get(&format!("{}/v1/models", vendor.url()))
}

/// Fails where the plugin saw twelve characters of its key in a row.
fn refuse_key(host: &Watched, outcome: &Outcome) {
    let leaks = Scanner::new(host.canaries()).scan(format!("{outcome:?}").as_bytes());
    assert_eq!(leaks, vec![]);
}

/// The spellings that software gives to a text on its own account.
const USUAL: [Encoding; 9] = [
    Encoding::Raw,
    Encoding::Base64,
    Encoding::Base64Url,
    Encoding::Hex,
    Encoding::HexUpper,
    Encoding::Percent,
    Encoding::PercentUpper,
    Encoding::Json,
    Encoding::JsonUpper,
];

#[tokio::test]
async fn a_key_in_an_answers_headers_is_taken_out() {
    // S01
    let (vendor, host) = dialing().await;
    for encoding in USUAL {
        vendor.answer(Answer::by_request(move |request: &Request| {
            let key = encoding.encode(request.key().unwrap_or_default().as_bytes());
            let whole = encoding.encode(request.header("authorization").unwrap_or_default().as_bytes());
            Reply::new(200)
                .header("x-echo", format!("you said {key}."))
                .header("x-whole", whole)
                .header("x-kept", "kept")
        }));
        let outcome = dial(&host, models(&vendor)).await;
        refuse_key(&host, &outcome);
        assert_eq!(outcome.header("x-kept"), ["kept"], "{encoding:?}: {outcome:?}");
    }
    // headers that carry credentials are taken out whatever they hold
    let named = [
        "authorization",
        "proxy-authorization",
        "set-cookie",
        "x-api-key",
        "www-authenticate",
        "proxy-authenticate",
        "x-auth-token",
    ];
    vendor.answer(named.iter().fold(Reply::new(200), |reply, name| reply.header(name, "something")));
    let outcome = dial(&host, models(&vendor)).await;
    assert!(named.iter().all(|name| outcome.header(name).is_empty()), "{outcome:?}");
    host.finish().await;
}

#[tokio::test]
async fn a_key_in_an_answers_body_is_taken_out_wherever_it_is_cut() {
    // S02
    let (vendor, host) = dialing().await;
    for encoding in USUAL {
        let spelled = encoding.encode(host.key().as_bytes());
        // each byte of the plain key, and enough places of the longer spellings
        let cuts = (0..=spelled.len()).step_by(if encoding == Encoding::Raw { 1 } else { spelled.len() / 7 });
        for cut in cuts {
            let (first, second) = spelled.split_at(cut);
            vendor.answer(Reply::new(200).chunks([&*format!("before {first}"), &*format!("{second} after")]));
            let outcome = dial(&host, models(&vendor)).await;
            refuse_key(&host, &outcome);
            assert!(
                outcome.body.starts_with("before ") && outcome.body.ends_with(" after"),
                "{encoding:?} at {cut}: {outcome:?}"
            );
            assert_eq!(
                outcome.body.len(),
                "before  after".len() + spelled.len(),
                "a length that someone counted on"
            );
        }
    }
    host.finish().await;
}

#[tokio::test]
async fn a_key_that_comes_byte_by_byte_is_taken_out() {
    // S02
    let (vendor, host) = dialing().await;
    let body = format!("{{\"you sent\": \"{}\"}}", host.key());
    vendor.answer(Reply::new(200).chunks(body.bytes().map(|byte| vec![byte])));
    let outcome = dial(&host, models(&vendor)).await;
    refuse_key(&host, &outcome);
    assert_eq!(outcome.body.len(), body.len());
    assert!(serde_json::from_str::<serde_json::Value>(&outcome.body).is_ok());
    vendor.answer(Answer::from(Reply::new(200).body(body.clone())).byte_by_byte());
    let outcome = dial(&host, models(&vendor)).await;
    refuse_key(&host, &outcome);
    assert_eq!(outcome.body.len(), body.len());
    host.finish().await;
}

#[tokio::test]
async fn a_vendor_that_goes_on_saying_the_key_is_cut_off() {
    // S02
    let (vendor, host) = dialing().await;
    let body = format!("{} ", host.key()).repeat(100);
    vendor.answer(Reply::new(200).body(body.clone()));
    let outcome = dial(&host, models(&vendor)).await;
    refuse_key(&host, &outcome);
    assert!(outcome.body_error.is_some() && outcome.body.len() < body.len(), "{outcome:?}");
    vendor.answer(
        Reply::new(200).header("a", host.key()).header("b", host.key()).header("c", host.key()).body("x"),
    );
    let outcome = dial(&host, models(&vendor)).await;
    assert!(outcome.error.is_some(), "{outcome:?}");
    // the plugin is not locked out by what a vendor does
    assert_eq!(dial(&host, models(&vendor)).await.status, Some(200));
    host.finish().await;
}

#[tokio::test]
async fn a_vendors_words_about_a_key_are_withheld() {
    // S03, S19: six vendors show parts of it; all refusals look the same
    let (vendor, host) = dialing().await;
    let (head, tail) = (&host.key()[..8], &host.key()[host.key().len() - 6..]);
    let mut seen = Vec::new();
    for name in VendorName::ALL {
        vendor.answer(Answer::refused_key(name));
        let outcome = dial(&host, models(&vendor)).await;
        let shown = format!("{outcome:?}");
        assert!(!shown.contains(head) && !shown.contains(tail), "{name:?}: {shown}");
        if outcome.status == Some(401) {
            seen.push((outcome.headers, outcome.body));
        }
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    host.finish().await;
}

#[tokio::test]
async fn a_key_that_is_wrong_revoked_or_expired_is_told_apart_by_nobody() {
    // S19
    let (vendor, host) = dialing().await;
    let mut seen = Vec::new();
    for (code, message) in
        [("invalid_api_key", "no such key"), ("revoked", "revoked yesterday"), ("expired", "expired in May")]
    {
        vendor.answer(Answer::failure_for_seconds(401, code, message, 7));
        seen.push(dial(&host, models(&vendor)).await);
    }
    assert!(seen[0] == seen[1] && seen[1] == seen[2], "{seen:?}");
    assert_eq!(seen[0].status, Some(401));
    host.finish().await;
}

#[tokio::test]
async fn bytes_after_an_answer_never_become_another() {
    // E34
    let (vendor, host) = dialing().await;
    let second = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    let odd = [
        Answer::from(Reply::new(200).body("first").extra(second)),
        Answer::from(Reply::new(200).chunks(["first"]).extra(second)),
        Answer::from(Reply::new(200).body("first").extra("x")),
        Answer::from(Reply::new(204).extra(second)),
        Answer::raw(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n{second}"
        )),
        Answer::raw(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 9\r\n\r\nfirst{second}"
        )),
        Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst\r\n\r\n{second}")),
        Answer::raw(format!(
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n{second}"
        )),
    ];
    for (number, answer) in odd.into_iter().enumerate() {
        vendor.answer(answer);
        let outcome = dial(&host, models(&vendor)).await;
        assert!(outcome.error.is_some() || ["first", ""].contains(&&*outcome.body), "{number}: {outcome:?}");
        vendor.answer(Reply::new(200).body("own"));
        let next = dial(&host, models(&vendor)).await;
        assert_eq!((next.status, next.body.as_str()), (Some(200), "own"), "{number}");
    }
    host.finish().await;
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_an_error_without_words() {
    // S05, E34: whatever a vendor does, the plugin gets a code, and the key is in no message
    let vendor = Vendor::start().await.unwrap();
    let host =
        house::start(dials(&vendor).configure(|plugin| plugin.egress.response_body_bytes = 1 << 20).unwrap())
            .await;
    let key = host.key().to_owned();
    let reply = || Reply::new(200);
    let bad: Vec<Answer> = vec![
        Answer::close(),
        Answer::reset(),
        Answer::raw(format!("{key}\r\n\r\n")).then(Step::Close),
        Answer::raw(format!("HTTP/1.1 {key} OK\r\n\r\n")).then(Step::Close),
        Answer::raw(format!("HTTP/1.1 999999 {key}\r\n\r\n")).then(Step::Close),
        Answer::raw(format!("HTTP/9.9 200 {key}\r\n\r\n")).then(Step::Close),
        Answer::raw(format!("HTTP/1.1 200 OK\r\n{key}\r\n\r\n")).then(Step::Close),
        Answer::raw(format!("HTTP/1.1 200 OK\r\nx: {key}\0\r\n\r\n")).then(Step::Close),
        Answer::raw(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{key}\r\n"))
            .then(Step::Close),
        Answer::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n")
            .then(Step::Close),
        Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n").then(Step::Close),
        Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello").then(Step::Close),
        Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n").then(Step::Close),
        Answer::raw(format!("HTTP/1.1 101 Switching\r\nupgrade: {key}\r\nconnection: upgrade\r\n\r\n"))
            .then(Step::Close),
        Answer::from(reply().body("short").claiming(100)).then(Step::Close),
        Answer::from(reply().chunks([key.clone()])).cut_after(100),
        Answer::from(reply().body(key.clone())).cut_after(20),
        reply().after_interim(50).into(),
        (0..200).fold(reply(), |reply, number| reply.header(&format!("x-{number}"), key.clone())).into(),
        reply().header("x-huge", "x".repeat(200 << 10)).into(),
        reply().claiming(2 << 20).into(),
        reply().chunks(vec![vec![b'x'; 64 << 10]; 20]).into(),
        reply().header("content-encoding", "gzip").body(key.clone()).into(),
        Answer::steps([Step::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Step::Flood(vec![b'x'; 64 << 10])]),
        Answer::steps([Step::Flood(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())]),
        Answer::steps([Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), Step::Flood(b"x-more: x\r\n".to_vec())]),
        Answer::steps([
            Step::Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;".to_vec()),
            Step::Flood(b"extension".to_vec()),
        ]),
    ];
    for (number, answer) in bad.into_iter().enumerate() {
        vendor.answer(answer);
        let outcome = dial(&host, models(&vendor)).await;
        let code = outcome.error.as_deref().or(outcome.body_error.as_deref());
        assert!(code.is_some(), "{number}: {outcome:?}");
        refuse_key(&host, &outcome);
        let debug = outcome.body_error_debug.unwrap_or_default();
        assert!(!debug.contains('/') && debug.len() < 200, "{number}: a host's own words: {debug}");
    }
    assert_eq!(dial(&host, models(&vendor)).await.status, Some(200));
    host.finish().await;
}

#[tokio::test]
async fn trailers_of_an_answer_are_filtered_like_headers() {
    // E36
    let (vendor, host) = dialing().await;
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-plain\r\n\r\n4\r\nbody\r\n0\r\n";
    let trailers =
        format!("x-plain: kept\r\nauthorization: {0}\r\nx-echo: {0}\r\nset-cookie: a=b\r\n\r\n", host.key());
    vendor.answer(Answer::raw(format!("{head}{trailers}")));
    let outcome = dial(&host, models(&vendor)).await;
    refuse_key(&host, &outcome);
    assert_eq!(outcome.body, "body");
    assert!(outcome.trailers.iter().all(|(name, _)| name == "x-plain"), "{outcome:?}");
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_lets_go_of_an_answer_ends_its_connection() {
    let (vendor, host) = dialing().await;
    // ends in what cannot begin a key, which would be held back
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nbegun";
    vendor.answer(Answer::raw(head).then(Step::Hang));
    let outcome = dial(&host, Dial { read: Some(1), ..models(&vendor) }).await;
    assert_eq!(outcome.body, "begun");
    vendor.until_all_closed().await;
    assert_eq!(vendor.connections()[0].state, ConnectionState::ClosedByClient);
    host.finish().await;
}
