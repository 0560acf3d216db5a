//! What leaves, and what does not.

use http::{HeaderMap, Request, Uri};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};

use super::house::{House, KEY, Plan, ask, get, loopback, post, request};
use super::log::Log;
use super::spellings::{AUTHORITIES, PATHS};
use super::vendor::{Reply, Vendor, answer, ok};
use crate::egress::Proxy;
use crate::egress::denial::Cause;
use crate::egress::failure::Failure;
use crate::types::OriginGrant;

/// A house that may talk to `api.good.test`, which is at the vendor's address.
async fn good(vendor: &Vendor) -> (House, String) {
    let origin = format!("http://api.good.test:{}", vendor.port());
    let mut grant = loopback(&origin);
    grant.plain_http = true;
    let house = House::new(Plan::new([grant]));
    house.names.answer("api.good.test", &[&["127.0.0.1"]]);
    (house, origin)
}

async fn vendor() -> Vendor {
    Vendor::start(|_| Reply::Say(ok("{}"))).await
}

/// Whatever cannot even be written as a URL has not left.
async fn refused_or_impossible(house: &House, authority: &str, path: &str) -> bool {
    let uri = Uri::builder().scheme("http").authority(authority).path_and_query(path).build();
    let Ok(uri) = uri else {
        return true;
    };
    let request = Request::builder().method("GET").uri(uri).body(http_body_util::Full::default()).unwrap();
    matches!(house.refused(request).await, Failure::Denied(_))
}

#[tokio::test]
async fn a_host_that_was_not_granted_is_not_even_looked_up() {
    // E01
    let log = Log::start();
    let (vendor, trap) = (vendor().await, Vendor::trap("127.0.0.1:0").await);
    let (house, origin) = good(&vendor).await;
    house.names.answer("evil.test", &[&["127.0.0.1"]]);
    let refused =
        house.refused(post(format!("http://evil.test:{}/v1/messages?q=prompt", trap.port()), "{}")).await;
    assert!(matches!(refused, Failure::Denied(Cause::OriginNotGranted(_))));
    assert_eq!(house.names.asked(), Vec::<String>::new());
    assert_eq!((vendor.connections(), trap.connections()), (0, 0));
    assert!(!house.seen.request_sent());
    let events = log.security();
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(
        events[0].contains("code=\"E01\"")
            && events[0].contains("plugin=acme")
            && !events[0].contains("prompt")
    );
    assert_eq!(
        house.seen.gate_error().unwrap().reason,
        format!("origin `http://evil.test:{}` is not granted; add it to `plugins.acme.origins`", trap.port())
    );
    assert_eq!(house.send(get(format!("{origin}/v1/models"))).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    // E02, E03
    for code in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent", "200 OK"] {
        for to in [
            "http://evil.test:{trap}/v1/models",
            "//127.0.0.1:{trap}/",
            "http://api.good.test:{trap}/",
            "https://api.good.test/",
        ] {
            let trap = Vendor::trap("127.0.0.1:0").await;
            let location = to.replace("{trap}", &trap.port().to_string());
            let headers = format!("location: {location}\r\nrefresh: 0; url={location}\r\n");
            let page = format!("<meta http-equiv=refresh content='0;url={location}'>");
            let vendor = Vendor::start(move |_| Reply::Say(answer(code, &headers, &page))).await;
            let (house, origin) = good(&vendor).await;
            let got = house.send(get(format!("{origin}/v1/models"))).await.unwrap();
            assert!(code.starts_with(&got.status.to_string()));
            assert_eq!(got.headers["location"], *location);
            assert_eq!((vendor.received().len(), trap.connections()), (1, 0), "{code} {to}");
        }
    }
}

#[tokio::test]
async fn the_host_header_is_the_checked_host() {
    // E04, E33, E37, E42
    let vendor = vendor().await;
    let (house, origin) = good(&vendor).await;
    let headers = [
        ("Host", "evil.test"),
        ("HOST", "evil.test"),
        ("X-Forwarded-Host", "evil.test"),
        ("X-Original-URL", "/v1/files"),
        ("Forwarded", "host=evil.test"),
        ("X_Forwarded_For", "1.2.3.4"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Via", "1.1 evil"),
        ("Connection", "x-keep, close"),
        ("TE", "trailers"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "0"),
        ("Upgrade", "websocket"),
        ("Expect", "100-continue"),
        ("Trailer", "x"),
        ("Accept-Encoding", "gzip, br"),
        ("X-Keep", "1"),
    ];
    let body = "{\"model\":\"m\"}";
    house
        .send(request(
            "POST",
            format!("{}/v1/messages", origin.to_uppercase().replace("HTTP", "http").replace("V1", "v1")),
            &headers,
            body,
        ))
        .await
        .unwrap();
    let received = vendor.received().remove(0);
    assert_eq!(received.request_line(), "POST /v1/messages HTTP/1.1");
    assert_eq!(received.values("host"), [origin.strip_prefix("http://").unwrap()]);
    assert_eq!(received.values("content-length"), [body.len().to_string()]);
    assert_eq!(received.values("accept-encoding"), ["identity"]);
    assert_eq!(received.values("x-keep"), ["1"]);
    assert_eq!(received.values("authorization"), [format!("Bearer {KEY}")]);
    assert_eq!(received.body, body.as_bytes());
    let names: Vec<&str> = received
        .head
        .split("\r\n")
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[tokio::test]
async fn no_spelling_of_an_authority_leads_elsewhere() {
    // E05, E06, E07, E08, E09, E10, E12, E13, E22
    let vendor = vendor().await;
    let (house, origin) = good(&vendor).await;
    let port = vendor.port();
    for authority in AUTHORITIES {
        let authority = authority.replace("{port}", &port.to_string());
        assert!(refused_or_impossible(&house, &authority, "/v1/models").await, "{authority:?}");
    }
    assert_eq!((house.names.asked().len(), vendor.connections()), (0, 0));
    // E11: but case is no difference
    let upper = origin.replace("api.good.test", "API.Good.TEST");
    assert_eq!(house.send(get(format!("{upper}/v1/models"))).await.unwrap().status, 200);
    assert_eq!(house.names.asked(), ["api.good.test"]);
}

#[tokio::test]
async fn no_spelling_of_a_path_leads_elsewhere() {
    // E26, E27
    let vendor = vendor().await;
    let (house, origin) = good(&vendor).await;
    let authority = origin.strip_prefix("http://").unwrap();
    for path in PATHS {
        assert!(refused_or_impossible(&house, authority, path).await, "{path:?}");
    }
    for (method, path) in [
        ("DELETE", "/v1/models/a"),
        ("POST", "/v1/models"),
        ("PUT", "/v1/messages"),
        ("PATCH", "/v1/messages"),
        ("HEAD", "/v1/models"),
    ] {
        let refused = house.refused(request(method, format!("{origin}{path}"), &[], "")).await;
        assert!(matches!(refused, Failure::Denied(Cause::RequestNotGranted(..))), "{method} {path}");
    }
    assert_eq!(vendor.connections(), 0);
    for (method, path) in
        [("GET", "/v1/models?limit=1&after=x"), ("GET", "/v1/models/gpt-5.4:x@y"), ("DELETE", "/v1/cache/1")]
    {
        house.send(request(method, format!("{origin}{path}"), &[], "")).await.unwrap();
    }
    let lines: Vec<_> = vendor.received().iter().map(|received| received.request_line().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/models?limit=1&after=x HTTP/1.1",
            "GET /v1/models/gpt-5.4:x@y HTTP/1.1",
            "DELETE /v1/cache/1 HTTP/1.1"
        ]
    );
}

#[tokio::test]
async fn only_granted_methods_and_schemes_leave() {
    // E20, E21
    let vendor = vendor().await;
    let (house, origin) = good(&vendor).await;
    for method in ["CONNECT", "TRACE", "OPTIONS", "PROPFIND", "get", "PRI"] {
        let refused = house.refused(request(method, format!("{origin}/v1/models"), &[], "")).await;
        assert!(matches!(refused, Failure::Denied(Cause::MethodForbidden(_))), "{method}");
    }
    for scheme in ["ftp", "ws", "wss", "gopher", "file", "https"] {
        let refused = house.refused(get(format!("{}/v1/models", origin.replacen("http", scheme, 1)))).await;
        assert!(
            matches!(refused, Failure::Denied(Cause::SchemeForbidden(_) | Cause::OriginNotGranted(_))),
            "{scheme}"
        );
    }
    assert_eq!(vendor.connections(), 0);
    // an upgrade is not asked for, whatever the plugin asks
    let upgrade = [("upgrade", "websocket"), ("connection", "upgrade")];
    house.send(request("GET", format!("{origin}/v1/models"), &upgrade, "")).await.unwrap();
    assert!(
        vendor.received()[0].values("upgrade").is_empty()
            && vendor.received()[0].values("connection").is_empty()
    );
}

#[tokio::test]
async fn plain_http_goes_to_loopback_or_where_the_operator_said_so() {
    // E21
    let vendor = vendor().await;
    let send = async |origin: String, change: fn(&mut OriginGrant)| {
        let mut grant = OriginGrant::new(origin.parse().unwrap());
        change(&mut grant);
        let house = House::new(Plan::new([grant]));
        house.names.answer("gpu.lan", &[&["127.0.0.1"]]);
        house.send(get(format!("{origin}/v1/models"))).await.map(|answer| answer.status)
    };
    let at = |host: &str| format!("http://{host}:{}", vendor.port());
    let network = |grant: &mut OriginGrant| grant.addresses = vec!["127.0.0.1/32".parse().unwrap()];
    assert_eq!(send(at("localhost"), |_| {}).await, Ok(200));
    assert_eq!(send(at("127.0.0.1"), |_| {}).await, Ok(200));
    assert_eq!(send(at("vendor.localhost"), |_| {}).await, Ok(200));
    assert!(matches!(send(at("gpu.lan"), |_| {}).await, Err(Failure::Denied(Cause::PlainHttp(_)))));
    assert!(matches!(
        send(at("gpu.lan"), |grant| grant.plain_http = true).await,
        Err(Failure::Denied(Cause::PlainHttp(_)))
    ));
    assert!(matches!(send(at("gpu.lan"), network).await, Err(Failure::Denied(Cause::PlainHttp(_)))));
    let both = |grant: &mut OriginGrant| {
        grant.addresses = vec!["127.0.0.1/32".parse().unwrap()];
        grant.plain_http = true;
    };
    assert_eq!(send(at("gpu.lan"), both).await, Ok(200));
}

#[tokio::test]
async fn a_name_that_turns_to_a_forbidden_address_is_not_followed() {
    // E14, E15, E16
    let trap = Vendor::trap("127.0.0.1:0").await;
    let origin = format!("https://api.good.test:{}", trap.port());
    let plan = Plan::new([OriginGrant::new(origin.parse().unwrap())]).limits(|limits| limits.requests = 100);
    let house = House::new(plan);
    let answers: [&[&str]; 14] = [
        &["127.0.0.1"],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["0.0.0.0"],
        &["::"],
        &["1.1.1.1", "10.0.0.5"],
        &["127.0.0.1", "1.1.1.1"],
        &["1.1.1.1", "::1"],
        &["169.254.169.254"],
        &["fd00:ec2::254"],
        &["100.100.100.200"],
        &["192.0.0.192"],
        &["168.63.129.16"],
        &["64:ff9b::7f00:1"],
    ];
    for answer in answers {
        house.names.answer("api.good.test", &[answer]);
        let refused = house.refused(get(format!("{origin}/v1/models"))).await;
        assert!(matches!(refused, Failure::Denied(Cause::AddressForbidden(..))), "{answer:?} {refused:?}");
    }
    assert_eq!(trap.connections(), 0);
    assert!(!house.seen.request_sent());
}

#[tokio::test]
async fn a_name_is_looked_up_once_for_a_connection() {
    // E14
    let vendor = Vendor::start(|_| Reply::SayAndClose(ok("{}"))).await;
    let trap = Vendor::trap(&format!("127.0.0.2:{}", vendor.port())).await;
    let origin = format!("http://api.good.test:{}", vendor.port());
    let mut grant = OriginGrant::new(origin.parse().unwrap());
    (grant.addresses, grant.plain_http) = (vec!["127.0.0.1/32".parse().unwrap()], true);
    let house = House::new(Plan::new([grant]));
    house.names.answer("api.good.test", &[&["127.0.0.1"], &["127.0.0.2"]]);
    assert_eq!(house.send(get(format!("{origin}/v1/models"))).await.unwrap().status, 200);
    assert_eq!(house.names.asked().len(), 1);
    vendor.ended(1).await;
    let refused = house.refused(get(format!("{origin}/v1/models"))).await;
    assert!(matches!(refused, Failure::Denied(Cause::AddressForbidden(..))), "{refused:?}");
    assert_eq!((house.names.asked().len(), vendor.connections(), trap.connections()), (2, 1, 0));
}

#[tokio::test]
async fn the_host_is_closed_to_its_own_plugins() {
    // E30
    let vendor = vendor().await;
    let origin = format!("http://localhost:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]));
    assert_eq!(house.send(get(format!("{origin}/v1/models"))).await.unwrap().status, 200);
    let mut plan = Plan::new([loopback(&origin)]);
    plan.own = vec![vendor.address];
    let closed = House::new(plan);
    let refused = closed.refused(get(format!("{origin}/v1/models"))).await;
    assert!(matches!(refused, Failure::Denied(Cause::OwnAddress(_))));
    let later = House::new(Plan::new([loopback(&origin)]));
    later.egress.forbid(format!("0.0.0.0:{}", vendor.port()).parse().unwrap());
    assert!(matches!(
        later.refused(get(format!("{origin}/v1/models"))).await,
        Failure::Denied(Cause::OwnAddress(_))
    ));
    assert_eq!(vendor.connections(), 1);
}

#[tokio::test]
async fn request_trailers_and_empty_chunks_do_not_leave() {
    // E35, E36
    let vendor = vendor().await;
    let (house, origin) = good(&vendor).await;
    let names = [
        "authorization",
        "x-api-key",
        "cookie",
        "host",
        "content-length",
        "transfer-encoding",
        "x-auth-token",
        "te",
        "trailer",
        "x-amz-date",
    ];
    let trailers: HeaderMap =
        names.iter().map(|name| (name.parse().unwrap(), "smuggled".parse().unwrap())).collect();
    let frames = [Frame::data("{}".into()), Frame::data("".into()), Frame::trailers(trailers)]
        .map(Ok::<_, std::convert::Infallible>);
    let body = StreamBody::new(futures_util::stream::iter(frames));
    let request = Request::builder().method("POST").uri(format!("{origin}/v1/messages")).body(body).unwrap();
    let response = ask(&house.gate, request).await.unwrap();
    response.into_body().collect().await.unwrap();
    assert!(vendor.got("content-length: 2\r\n") && !vendor.got("smuggled") && !vendor.got("chunked"));
}

#[tokio::test]
async fn a_proxy_comes_from_the_configuration_and_gets_names() {
    // E19
    let proxy = Vendor::start(|received| {
        if received.head.starts_with("CONNECT") {
            Reply::SayAndClose(b"HTTP/1.1 403 No\r\n\r\n".to_vec())
        } else {
            Reply::Say(ok("{}"))
        }
    })
    .await;
    let local = vendor().await;
    let here = format!("http://localhost:{}", local.port());
    let mut lan = OriginGrant::new("http://gpu.lan:8000".parse().unwrap());
    (lan.addresses, lan.plain_http) = (vec!["10.0.0.0/8".parse().unwrap()], true);
    let tls = OriginGrant::new("https://api.good.test".parse().unwrap());
    let literal = OriginGrant::new("https://169.254.169.254".parse().unwrap());
    let mut plan = Plan::new([lan, tls, literal, OriginGrant::new(here.parse().unwrap())]);
    plan.proxy = Some(
        Proxy::try_from(
            format!("http://proxy.corp:{}", proxy.port()).parse::<crate::types::Origin>().unwrap(),
        )
        .unwrap(),
    );
    let house = House::new(plan);
    house.names.answer("proxy.corp", &[&["127.0.0.1"]]);

    assert_eq!(house.send(get("http://gpu.lan:8000/v1/models?x=y")).await.unwrap().status, 200);
    assert_eq!(house.refused(get("https://api.good.test/v1/models")).await, Failure::Proxy);
    let refused = house.refused(get("https://169.254.169.254/v1/models")).await;
    assert!(matches!(refused, Failure::Denied(Cause::AddressForbidden(..))));
    assert_eq!(house.send(get(format!("{here}/v1/models"))).await.unwrap().status, 200);

    let lines: Vec<_> = proxy.received().iter().map(|received| received.request_line().to_owned()).collect();
    assert_eq!(
        lines,
        ["GET http://gpu.lan:8000/v1/models?x=y HTTP/1.1", "CONNECT api.good.test:443 HTTP/1.1"]
    );
    assert_eq!(proxy.received()[0].values("host"), ["gpu.lan:8000"]);
    assert_eq!(house.names.asked(), ["proxy.corp", "proxy.corp"]);
    assert_eq!(local.connections(), 1);
}

#[tokio::test]
async fn a_call_makes_so_many_requests_and_no_more() {
    // R30
    let vendor = vendor().await;
    let (house, origin) = good(&vendor).await;
    for _ in 0..8 {
        house.send(get(format!("{origin}/v1/models"))).await.unwrap();
    }
    let refused = house.refused(get(format!("{origin}/v1/models"))).await;
    assert_eq!(refused, Failure::Denied(Cause::TooManyRequests(8)));
    assert_eq!(vendor.received().len(), 8);
}

#[tokio::test]
async fn a_request_keeps_its_limits() {
    let vendor = vendor().await;
    let origin = format!("http://localhost:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]).limits(|limits| limits.request_body_bytes = 3));
    let uri = format!("{origin}/v1/messages");
    assert_eq!(house.refused(post(&uri, "four")).await, Failure::RequestBody { limit: 3 });
    let long = "x".repeat(70_000);
    assert_eq!(
        house.refused(request("POST", &uri, &[("x-long", &long)], "{}")).await,
        Failure::RequestHeaders
    );
    let names: Vec<String> = (0..101).map(|n| format!("x-{n}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(house.refused(request("POST", &uri, &many, "{}")).await, Failure::RequestHeaders);
    assert_eq!(house.refused(post(format!("{uri}?{}", "x".repeat(9000)), "{}")).await, Failure::UriTooLong);
    assert_eq!(vendor.connections(), 0);
    assert_eq!(house.send(post(&uri, "{}")).await.unwrap().status, 200);
}
