//! Where the key goes, and that it does not come back.

use super::house::{Answer, House, KEY, Plan, get, loopback, post, request};
use super::log::Log;
use super::vendor::{Reply, Vendor, answer, chunk, chunked, ok};
use crate::egress::denial::Cause;
use crate::egress::failure::Failure;
use crate::types::Placement;

async fn house(vendor: &Vendor) -> (House, String) {
    let origin = format!("http://localhost:{}", vendor.port());
    (House::new(Plan::new([loopback(&origin)])), origin)
}

/// What a plugin gets when the vendor answers so.
async fn answered(reply: Reply) -> (Result<Answer, Failure>, House) {
    let vendor = Vendor::start(move |_| reply.clone()).await;
    let (house, origin) = house(&vendor).await;
    (house.send(get(format!("{origin}/v1/models"))).await, house)
}

/// Whether 12 characters in a row of the key can be read.
fn readable(text: &str) -> bool {
    KEY.as_bytes().windows(12).any(|window| memchr::memmem::find(text.as_bytes(), window).is_some())
}

#[tokio::test]
async fn a_plugin_brings_no_credential_of_its_own_in_a_header() {
    // E25, E37
    let log = Log::start();
    let vendor = Vendor::start(|_| Reply::Say(ok("{}"))).await;
    let (house, origin) = house(&vendor).await;
    let uri = format!("{origin}/v1/messages");
    let names = [
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "x-auth-token",
        "cookie",
        "x-amz-security-token",
        "x-access-token",
        "ocp-apim-subscription-key",
    ];
    for name in names {
        for spelled in [name.to_owned(), name.to_uppercase(), name.replace('-', "_"), format!("X-{name}")] {
            let refused = house.refused(request("POST", &uri, &[(&spelled, "mine-not-yours")], "{}")).await;
            assert!(matches!(refused, Failure::Denied(Cause::CredentialHeader(_))), "{spelled}");
        }
    }
    assert_eq!(vendor.connections(), 0);
    // every refusal is kept, the log is not flooded, and no value is in it
    assert_eq!(log.security().len(), 16);
    assert!(log.security()[0].contains("code=\"E25\""));
    assert!(log.lines().iter().all(|line| !line.contains("mine-not-yours")));
}

#[tokio::test]
async fn a_plugin_brings_no_credential_of_its_own_in_a_query_or_a_body() {
    // E25
    let log = Log::start();
    let vendor = Vendor::start(|_| Reply::Say(ok("{}"))).await;
    let (house, origin) = house(&vendor).await;
    let uri = format!("{origin}/v1/messages");
    for query in [
        "key=mine-not-yours",
        "api_key=mine-not-yours",
        "a=b&ACCESS_TOKEN=mine-not-yours",
        "api%5Fkey=mine-not-yours",
        "x;token=mine-not-yours",
    ] {
        let refused = house.refused(post(format!("{uri}?{query}"), "{}")).await;
        assert!(matches!(refused, Failure::Denied(Cause::CredentialQuery(_))), "{query}");
    }
    for body in [
        "{\"model\":\"m\",\"api_key\":\"mine-not-yours\"}",
        "{\"apiKey\":\"mine-not-yours\"}",
        " {\"api\\u005fkey\":\"mine-not-yours\"}",
    ] {
        for kind in ["application/json", "text/plain"] {
            let refused = house.refused(request("POST", &uri, &[("content-type", kind)], body)).await;
            assert!(matches!(refused, Failure::Denied(Cause::CredentialField(_))), "{body}");
        }
    }
    assert_eq!(vendor.connections(), 0);
    assert!(log.lines().iter().all(|line| !line.contains("mine-not-yours")));
}

#[tokio::test]
async fn the_key_goes_where_the_checked_origin_carries_it() {
    // E38
    let vendors =
        [Vendor::start(|_| Reply::Say(ok("{}"))).await, Vendor::start(|_| Reply::Say(ok("{}"))).await];
    let origins = vendors.each_ref().map(|vendor| format!("http://localhost:{}", vendor.port()));
    let mut bare = loopback(&origins[1]);
    bare.carries_key = false;
    let house = House::new(Plan::new([loopback(&origins[0]), bare]));
    for origin in &origins {
        let lure = [("x-forwarded-host", "localhost"), ("x-note", origins[0].as_str())];
        house.send(request("GET", format!("{origin}/v1/models?u={}", origins[0]), &lure, "")).await.unwrap();
    }
    assert_eq!(vendors[0].received()[0].values("authorization"), [format!("Bearer {KEY}")]);
    assert!(vendors[1].received()[0].values("authorization").is_empty());
    assert!(!vendors[1].got(KEY));
}

#[tokio::test]
async fn four_plugins_with_four_keys_are_not_confused() {
    // E38, E17
    const KEYS: [&str; 4] = [
        "tgcanary-aaaaaaaaaaaaaaaa",
        "tgcanary-bbbbbbbbbbbbbbbb",
        "tgcanary-cccccccccccccccc",
        "tgcanary-dddddddddddddddd",
    ];
    let vendor = Vendor::start(|_| Reply::Say(ok("{}"))).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let houses = KEYS.map(|key| {
        let mut plan = Plan::new([loopback(&origin)]);
        plan.key = Some(key);
        House::new(plan)
    });
    for _ in 0..3 {
        for house in &houses {
            house.send(get(format!("{origin}/v1/models"))).await.unwrap();
        }
    }
    assert_eq!(vendor.connections(), 4);
    for received in vendor.received() {
        assert_eq!(received.values("authorization"), [format!("Bearer {}", KEYS[received.connection])]);
    }
}

#[tokio::test]
async fn the_key_is_in_no_url_and_no_log() {
    // E39, S07
    let log = Log::start();
    let vendor = Vendor::start(|_| Reply::Say(ok("{}"))).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let mut plan = Plan::new([loopback(&origin)]);
    plan.slot = Placement { header: "x-goog-api-key".parse().unwrap(), prefix: String::new() };
    let house = House::new(plan);
    house
        .send(post(format!("{origin}/v1/messages?alt=sse&q=secret-prompt"), "{\"secret\":\"prompt\"}"))
        .await
        .unwrap();
    let received = vendor.received().remove(0);
    assert_eq!(received.values("x-goog-api-key"), [KEY]);
    assert!(!received.request_line().contains("tgcanary"));
    let lines = log.lines().join("\n");
    assert!(lines.contains("answered") && !readable(&lines) && !lines.contains("secret-prompt"), "{lines}");
    assert!(!format!("{:?} {:?}", house.gate, house.outlet).contains("tgcanary"));
}

#[tokio::test]
async fn an_echo_in_a_header_is_taken_out() {
    // S01
    let log = Log::start();
    let headers = format!(
        "authorization: Bearer {KEY}\r\nx-api-key: {KEY}\r\nx-echo: got {KEY} there\r\nset-cookie: a=b\r\nx-hex: {}\r\nx-fine: 1\r\n",
        KEY.bytes().map(|byte| format!("{byte:02x}")).collect::<String>(),
    );
    // two headers besides those with a credential's name would already be three hits
    let two = headers
        .replace("authorization: Bearer ", "authorization: ")
        .replace(&format!("x-api-key: {KEY}\r\n"), "");
    let two = two.replace(&format!("authorization: {KEY}\r\n"), "authorization: other\r\n");
    let (got, house) = answered(Reply::Say(answer("200 OK", &two, "{}"))).await;
    let got = got.unwrap();
    let mut names: Vec<&str> = got.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "x-fine"]);
    // two events; but nothing that a later error of the plugin's could be blamed on
    assert_eq!(log.security().iter().filter(|line| line.contains("code=\"S02\"")).count(), 2);
    assert_eq!(house.seen.gate_error(), None);
    let (got, house) = answered(Reply::Say(answer("200 OK", &headers, "{}"))).await;
    assert_eq!(house.seen.gate_error().unwrap().rule, Some("key-echoed"));
    assert!(matches!(got.unwrap_err(), Failure::Denied(Cause::KeyEchoed(_))));
}

#[tokio::test]
async fn an_echo_in_a_body_is_taken_out_at_every_cut() {
    // S02
    let body = format!("{{\"you sent\":\"Bearer {KEY}\"}}");
    for cut in 0..body.len() {
        let (head, tail) = body.split_at(cut);
        let mut pieces = vec![chunked()];
        pieces.extend([head, tail].into_iter().filter(|piece| !piece.is_empty()).map(chunk));
        pieces.push(chunk(""));
        let (got, _) = answered(Reply::Pieces(pieces)).await;
        let text = got.unwrap().body.unwrap();
        assert_eq!(text, body.replace(KEY, &"*".repeat(KEY.len())), "cut at {cut}");
    }
}

#[tokio::test]
async fn three_echoes_cut_the_answer_and_its_connection() {
    // S02
    let vendor = Vendor::start(|_| {
        let mut pieces = vec![chunked()];
        pieces.extend((0..5).map(|_| chunk(&format!("data: {KEY}\n\n"))));
        pieces.push(chunk(""));
        Reply::Pieces(pieces)
    })
    .await;
    let (house, origin) = house(&vendor).await;
    let got = house.send(get(format!("{origin}/v1/models"))).await.unwrap();
    assert!(matches!(got.body.unwrap_err(), Failure::Denied(Cause::KeyEchoed(_))));
    vendor.ended(1).await;
    // the grant is not suspended
    assert_eq!(house.send(get(format!("{origin}/v1/models"))).await.unwrap().status, 200);
    assert_eq!(vendor.connections(), 2);
}

#[tokio::test]
async fn a_word_is_no_secret() {
    // S02
    let vendor = Vendor::start(|_| Reply::Say(ok("{\"owner\":\"ollama\"}"))).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let mut plan = Plan::new([loopback(&origin)]);
    plan.key = Some("ollama");
    let got = House::new(plan).send(get(format!("{origin}/v1/models"))).await.unwrap();
    assert_eq!(got.body.unwrap(), "{\"owner\":\"ollama\"}");
    assert_eq!(vendor.received()[0].values("authorization"), ["Bearer ollama"]);
}

#[tokio::test]
async fn an_authentication_error_is_the_hosts_own() {
    // S03, S19
    let (first, last) = (KEY.split_at(20).0, KEY.split_at(KEY.len() - 20).1);
    let vendors = [
        format!(
            "{{\"error\":{{\"message\":\"Incorrect API key provided: {first}*****{last}. You can find your API key at …\"}}}}"
        ),
        format!(
            "{{\"type\":\"error\",\"error\":{{\"type\":\"authentication_error\",\"message\":\"invalid x-api-key {first}\"}}}}"
        ),
        format!("<html>401 {KEY}</html>"),
        format!("{{\"error\":{{\"status\":\"UNAUTHENTICATED\",\"details\":[\"{last}\"]}}}}"),
        "key revoked".to_owned(),
        "key expired".to_owned(),
    ];
    for status in ["401 Unauthorized", "403 Forbidden", "407 Proxy Authentication Required"] {
        let mut seen = Vec::new();
        for body in &vendors {
            let headers = format!(
                "www-authenticate: Bearer error=\"{first}\"\r\nx-key-hint: {first}\r\nretry-after: 1\r\n"
            );
            let (got, _) = answered(Reply::Say(answer(status, &headers, body))).await;
            let got = got.unwrap();
            let text = got.body.unwrap();
            assert!(
                text.contains(status.split_at(3).0)
                    && !readable(&text)
                    && !readable(&format!("{:?}", got.headers)),
                "{text}"
            );
            seen.push((got.status, text, got.headers));
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "the same words whatever is wrong with the key");
    }
}

#[tokio::test]
async fn response_trailers_are_judged_like_headers() {
    // E36
    let trailers =
        format!("0\r\nauthorization: {KEY}\r\nx-echo: {KEY}\r\nset-cookie: a\r\nx-fine: 1\r\n\r\n");
    let head = b"HTTP/1.1 200 OK\r\ntrailer: x-fine\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let (got, _) = answered(Reply::Pieces(vec![head, chunk("{}"), trailers.into_bytes()])).await;
    let got = got.unwrap();
    assert_eq!(got.body.unwrap(), "{}");
    let trailers = got.trailers.unwrap();
    assert_eq!(trailers.keys().collect::<Vec<_>>(), ["x-fine"]);
}

#[tokio::test]
async fn a_slot_in_a_header_of_the_hosts_is_refused() {
    // E04
    let vendor = Vendor::start(|_| Reply::Say(ok("{}"))).await;
    let origin = format!("http://localhost:{}", vendor.port());
    for header in ["host", "content-length", "x-forwarded-host", "transfer-encoding"] {
        let mut plan = Plan::new([loopback(&origin)]);
        plan.slot = Placement { header: header.parse().unwrap(), prefix: String::new() };
        let refused = House::new(plan).refused(get(format!("{origin}/v1/models"))).await;
        assert!(matches!(refused, Failure::Denied(Cause::KeyPlacement(_))), "{header}");
    }
    assert!(vendor.received().is_empty());
}
