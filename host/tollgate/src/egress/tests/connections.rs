//! Connections: to whom, how many, how long.

use std::time::Duration;

use http::Request;
use rcgen::{GeneralSubtree, NameConstraints, date_time_ymd};
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;
use super::house::{House, KEY, Plan, get, loopback, post};
use super::vendor::{Reply, Vendor, answer, chunk, chunked, ok, until};
use crate::egress::failure::Failure;
use crate::egress::limit::Wishes;
use crate::egress::payload::Payload;
use crate::egress::{Proxy, TlsRoots};

const SHORT: Duration = Duration::from_millis(60);

/// What comes of a request to `api.good.test` when this host answers.
async fn over_tls(acceptor: TlsAcceptor, roots: TlsRoots) -> Result<u16, Failure> {
    let vendor = Vendor::start_tls(acceptor, |_| Reply::Say(ok("{}"))).await;
    let origin = format!("https://api.good.test:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]).roots(roots));
    house.names.answer("api.good.test", &[&["127.0.0.1"]]);
    let outcome = house.send(get(format!("{origin}/v1/models"))).await.map(|answer| answer.status);
    if outcome.is_ok() {
        // E07, E10: TLS was asked for the checked name, and for nothing but http/1.1
        assert_eq!(vendor.names(), [(Some("api.good.test".to_owned()), Some(b"http/1.1".to_vec()))]);
    } else {
        assert!(vendor.received().is_empty() && !house.seen.request_sent());
    }
    outcome
}

#[tokio::test]
async fn a_host_must_prove_its_name() {
    // E31
    let ours = Authority::new();
    assert_eq!(over_tls(ours.host("api.good.test"), ours.roots()).await, Ok(200));
    assert_eq!(over_tls(ours.host("*.good.test"), ours.roots()).await, Ok(200));

    let refused = async |acceptor| match over_tls(acceptor, ours.roots()).await {
        Err(Failure::TlsCertificate(why)) => why,
        other => panic!("{other:?}"),
    };
    let unknown = "its issuer is unknown; a private authority goes in `egress.ca_file`";
    assert_eq!(refused(Authority::self_signed_host("api.good.test")).await, unknown);
    let theirs = Authority::named("theirs", |_| {});
    assert_eq!(refused(theirs.host("api.good.test")).await, unknown);
    for name in ["evil.test", "good.test", "xapi.good.test", "*.test", "*.api.good.test", "127.0.0.1"] {
        assert_eq!(refused(ours.host(name)).await, "it is for another name", "{name}");
    }
    let expired = ours.host_with("api.good.test", |params| params.not_after = date_time_ymd(2020, 1, 1));
    assert_eq!(refused(expired).await, "it has expired");
    let early = ours.host_with("api.good.test", |params| params.not_before = date_time_ymd(4000, 1, 1));
    assert_eq!(refused(early).await, "it is not valid yet");
}

#[tokio::test]
async fn an_authority_vouches_for_no_more_than_it_may() {
    // E31
    let narrow = Authority::named("narrow", |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("other.test".to_owned())],
            excluded_subtrees: vec![],
        });
    });
    let refused = over_tls(narrow.host("api.good.test"), narrow.roots()).await;
    assert_eq!(refused, Err(Failure::TlsCertificate("it is not valid")));
    let nobody = Authority::new();
    let refused = over_tls(nobody.host("api.good.test"), TlsRoots::none()).await;
    assert!(matches!(refused, Err(Failure::TlsCertificate(_))));
    let refused = over_tls(nobody.host("api.good.test"), TlsRoots::mozilla()).await;
    assert!(matches!(refused, Err(Failure::TlsCertificate(_))));
}

#[tokio::test]
async fn http_2_is_not_spoken_even_where_it_is_offered() {
    // E18, E35: the test's host prefers `h2`
    let ours = Authority::new();
    let vendor = Vendor::start_tls(ours.host("localhost"), |_| Reply::Say(ok("{}"))).await;
    let origin = format!("https://localhost:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]).roots(ours.roots()));
    house.send(get(format!("{origin}/v1/models"))).await.unwrap();
    assert_eq!(vendor.received()[0].request_line(), "GET /v1/models HTTP/1.1");
    assert_eq!(vendor.names(), [(Some("localhost".to_owned()), Some(b"http/1.1".to_vec()))]);
    assert!(house.names.asked().is_empty());
}

#[tokio::test]
async fn tls_runs_through_a_proxys_tunnel_to_the_host_itself() {
    // E19
    let ours = Authority::new();
    let vendor = Vendor::start_tls(ours.host("api.good.test"), |_| Reply::Say(ok("{}"))).await;
    let proxy = tunnel_to(vendor.port()).await;
    let mut plan = Plan::new([loopback("https://api.good.test")]).roots(ours.roots());
    plan.proxy = Some(proxy_at(proxy.port));
    let house = House::new(plan);
    let got = house.send(post("https://api.good.test/v1/messages", "{\"a\":1}")).await.unwrap();
    assert_eq!(got.body.unwrap(), "{}");
    assert_eq!(vendor.received()[0].values("host"), ["api.good.test"]);
    assert_eq!(vendor.received()[0].values("authorization"), [format!("Bearer {KEY}")]);
    let asked = proxy.asked.lock().unwrap().clone();
    assert_eq!(asked, "CONNECT api.good.test:443 HTTP/1.1\r\nhost: api.good.test:443\r\n\r\n");
    assert!(house.names.asked().is_empty());
}

struct Tunnel {
    port: u16,
    asked: std::sync::Arc<std::sync::Mutex<String>>,
    _serving: tokio::task::JoinSet<()>,
}

/// A proxy that tunnels to one port of this machine, whatever it is asked for.
async fn tunnel_to(target: u16) -> Tunnel {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = std::sync::Arc::<std::sync::Mutex<String>>::default();
    let mut serving = tokio::task::JoinSet::new();
    let record = asked.clone();
    serving.spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        *record.lock().unwrap() = String::from_utf8(head).unwrap();
        let mut host = tokio::net::TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\nvia: proxy\r\n\r\n").await.unwrap();
        let _both_ended = tokio::io::copy_bidirectional(&mut client, &mut host).await;
    });
    Tunnel { port, asked, _serving: serving }
}

#[tokio::test]
async fn a_host_that_does_not_finish_connecting_is_given_up() {
    // E32
    let silent = Vendor::start(|_| Reply::SayAndStall(Vec::new())).await;
    let origin = format!("https://localhost:{}", silent.port());
    let plan = || {
        Plan::new([loopback(&origin), loopback("https://api.good.test")])
            .limits(|limits| limits.connect = SHORT)
    };
    let house = House::new(plan());
    assert_eq!(house.refused(get(format!("{origin}/v1/models"))).await, Failure::ConnectTimeout(SHORT));
    // and so is a proxy
    let mut behind = plan();
    behind.proxy = Some(proxy_at(silent.port()));
    let refused = House::new(behind).refused(get("https://api.good.test/v1/models")).await;
    assert_eq!(refused, Failure::ConnectTimeout(SHORT));
    assert!(!house.seen.request_sent());
}

#[tokio::test]
async fn nobody_at_home_is_said_as_such() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let house = House::new(Plan::new([loopback(&origin)]));
    assert_eq!(house.refused(get(format!("{origin}/v1/models"))).await, Failure::ConnectRefused);
}

#[tokio::test]
async fn a_connection_is_used_again_without_asking_dns() {
    let vendor = Vendor::start(|_| Reply::Say(ok("{}"))).await;
    let origin = format!("https://api.good.test:{}", vendor.port()).replace("https", "http");
    let mut grant = loopback(&origin);
    grant.plain_http = true;
    let mut house = House::new(Plan::new([grant]));
    house.names.answer("api.good.test", &[&["127.0.0.1"]]);
    for _ in 0..20 {
        house.next_call();
        house.send(post(format!("{origin}/v1/messages"), "{}")).await.unwrap();
    }
    assert_eq!((vendor.connections(), vendor.received().len(), house.names.asked().len()), (1, 20, 1));
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_nothing() {
    let vendor = Vendor::start(|_| Reply::SayAndClose(ok("{}"))).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let mut house = House::new(Plan::new([loopback(&origin)]));
    for round in 1..6 {
        house.next_call();
        let got = house.send(post(format!("{origin}/v1/messages"), "{}")).await.unwrap();
        assert_eq!(got.body.unwrap(), "{}");
        vendor.ended(round).await;
    }
    assert_eq!(vendor.received().len(), 5);
}

#[tokio::test]
async fn a_request_that_meets_a_closed_connection_takes_another() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let grant = loopback(&origin);
    let house = House::new(Plan::new([grant.clone()]));
    let serve = async || {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut request).await.unwrap();
        }
        stream.write_all(&ok("{}")).await.unwrap();
        stream
    };
    let (first, connection) = tokio::join!(house.send(get(format!("{origin}/v1/models"))), serve());
    first.unwrap();
    // it is taken while it is open, and closed before anything is sent
    let exchange = house.gate.exchange(Wishes::default());
    let lease = exchange.outlet.pool.take(&grant.origin).await.unwrap();
    drop(connection);
    until(|| lease.is_closed()).await;
    let mut request = Request::new(Payload::default());
    *request.uri_mut() = "/v1/models".parse().unwrap();
    let serving = async {
        let _open = serve().await;
        std::future::pending::<()>().await;
    };
    let (response, lease) = tokio::select! {
        delivered = exchange.deliver(&grant, lease, request) => delivered.unwrap(),
        () = serving => panic!("a server that stays open does not end"),
    };
    assert_eq!((response.status().as_u16(), lease.is_reused()), (200, false));
}

#[tokio::test]
async fn a_stream_that_is_left_before_its_last_byte_keeps_its_connection() {
    use http_body_util::BodyExt as _;
    let vendor =
        Vendor::start(|_| Reply::Pieces(vec![chunked(), chunk("data: [DONE]\n\n"), chunk("")])).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]));
    let mut body = house.open(post(format!("{origin}/v1/messages"), "{}")).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    let pool = &house.outlet.as_ref().unwrap().0.pool;
    until(|| pool.unused() > 0).await;
    house.send(post(format!("{origin}/v1/messages"), "{}")).await.unwrap();
    assert_eq!(vendor.connections(), 1);
}

#[tokio::test]
async fn a_stream_that_is_left_in_the_middle_is_closed() {
    let vendor = Vendor::start(|_| Reply::Forever(chunked(), chunk("data: x\n\n"))).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]));
    drop(house.open(post(format!("{origin}/v1/messages"), "{}")).await.unwrap());
    vendor.ended(1).await;
    assert_eq!(house.outlet.as_ref().unwrap().0.pool.unused(), 0);
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_is_closed() {
    let vendor = Vendor::start(|_| Reply::SayAndStall(Vec::new())).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]));
    let asking = tokio::time::timeout(SHORT, house.send(get(format!("{origin}/v1/models")))).await;
    assert!(asking.is_err());
    vendor.ended(1).await;
}

#[tokio::test]
async fn an_outlet_closes_its_connections_with_it() {
    // E17
    let vendor = Vendor::start(|_| Reply::Say(ok("{}"))).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let mut house = House::new(Plan::new([loopback(&origin)]));
    house.send(get(format!("{origin}/v1/models"))).await.unwrap();
    // a call that is still running finishes, but leaves nothing open
    let running = house.open(get(format!("{origin}/v1/models"))).await.unwrap();
    drop(house.outlet.take());
    super::house::read(running).await.unwrap().body.unwrap();
    vendor.ended(1).await;
    assert_eq!(vendor.connections(), 1);
}

#[tokio::test]
async fn a_connection_lies_unused_for_so_long_and_no_longer() {
    let vendor = Vendor::start(|_| Reply::Say(ok("{}"))).await;
    let origin = format!("http://localhost:{}", vendor.port());
    let house = House::new(Plan::new([loopback(&origin)]));
    house.send(get(format!("{origin}/v1/models"))).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(91)).await;
    // closed without anybody asking for it
    vendor.ended(1).await;
    tokio::time::resume();
    house.send(get(format!("{origin}/v1/models"))).await.unwrap();
    assert_eq!(vendor.connections(), 2);
}

#[tokio::test]
async fn a_plugin_has_so_many_sockets_and_no_more() {
    // R30, R40
    let busy = Vendor::start(|_| Reply::SayAndStall(chunked())).await;
    let idle = Vendor::start(|_| Reply::Say(ok("{}"))).await;
    let origins = [&busy, &idle].map(|vendor| format!("http://localhost:{}", vendor.port()));
    let house = House::new(
        Plan::new(origins.iter().map(|origin| loopback(origin))).limits(|limits| limits.sockets = 1),
    );
    house.send(get(format!("{}/v1/models", origins[1]))).await.unwrap();
    // an unused connection makes room
    let open = house.open(get(format!("{}/v1/models", origins[0]))).await.unwrap();
    idle.ended(1).await;
    assert_eq!(house.refused(get(format!("{}/v1/models", origins[1]))).await, Failure::TooManySockets);
    drop(open);
}

#[tokio::test]
async fn the_other_address_is_tried_when_the_first_does_not_answer() {
    let vendor = Vendor::start(|_| Reply::Say(answer("204 No Content", "", ""))).await;
    let origin = format!("http://api.good.test:{}", vendor.port());
    let mut grant = loopback(&origin);
    grant.plain_http = true;
    let house = House::new(Plan::new([grant]));
    house.names.answer("api.good.test", &[&["127.0.0.77", "127.0.0.1"]]);
    assert_eq!(house.send(get(format!("{origin}/v1/models"))).await.unwrap().status, 204);
}

fn proxy_at(port: u16) -> Proxy {
    Proxy::try_from(format!("http://localhost:{port}").parse::<crate::types::Origin>().unwrap()).unwrap()
}
