//! Where a request may go, as far as DNS tells.

use std::sync::Arc;
use std::time::Duration;

use tollgate::config::EgressConfig;
use tollgate::types::OriginGrant;
use tollgate_test_kit::{Reply, Step, Vendor};
use tollgate_tests::dialing::{Dial, at_loopback, dial, dialing, dials, dials_granted};
use tollgate_tests::house::{self, Watched};
use tollgate_tests::{log, names::Names};

const DENIED: &str = "ErrorCode::HttpRequestDenied";
const PROHIBITED: &str = "ErrorCode::DestinationIpProhibited";

/// A host in which `dials` may reach `http://vendor.test:PORT`, at loopback addresses, as these names say.
async fn named(vendor: &Vendor, names: &Arc<Names>) -> Watched {
    let mut grant = at_loopback(&vendor.url_as("vendor.test"));
    grant.plain_http = true;
    let names = Arc::clone(names);
    house::start(dials_granted([grant]).with(|builder| builder.resolver(names))).await
}

#[tokio::test]
async fn a_host_that_was_not_granted_is_not_even_looked_up() {
    // E01
    let vendor = Vendor::start().await.unwrap();
    let names = Arc::new(Names::default().with("unknown-to-any-grant.test", &["127.0.0.1"]));
    let host = named(&vendor, &names).await;
    let outcome = dial(&host, Dial::get(&vendor.url_as("unknown-to-any-grant.test"))).await;
    assert_eq!(outcome.error.as_deref(), Some(DENIED));
    assert_eq!((names.asked(), vendor.connections().len()), (vec![], 0));
    let events = log::text()
        .lines()
        .filter(|line| line.contains("tollgate::security"))
        .filter(|line| line.contains("unknown-to-any-grant.test"))
        .count();
    assert_eq!(events, 1);
    host.finish().await;
}

#[tokio::test]
async fn letters_of_either_case_are_one_host() {
    // E11
    let vendor = Vendor::start().await.unwrap();
    let names = Arc::new(Names::default().with("vendor.test", &["127.0.0.1"]));
    let host = named(&vendor, &names).await;
    for name in ["vendor.test", "Vendor.Test", "VENDOR.TEST", "vENDOR.tEST"] {
        let outcome = dial(&host, Dial::get(&format!("{}/v1/models", vendor.url_as(name)))).await;
        assert_eq!(outcome.status, Some(200), "{name}");
    }
    let wanted = format!("vendor.test:{}", vendor.address().port());
    assert!(vendor.requests().iter().all(|request| request.header("host") == Some(&wanted)));
    assert!(names.asked().iter().all(|name| name == "vendor.test"));
    host.finish().await;
}

#[tokio::test]
async fn the_address_that_was_judged_is_the_address_that_is_dialled() {
    // E14: a name that changes its mind is judged again, and is never asked twice for one connection
    let vendor = Vendor::start().await.unwrap();
    let mut grant = at_loopback(&vendor.url_as("vendor.test"));
    (grant.plain_http, grant.addresses) = (true, vec!["127.0.0.1/32".parse().unwrap()]);
    let names =
        Arc::new(Names::default().with("vendor.test", &["127.0.0.1"]).with("vendor.test", &["127.0.0.2"]));
    let resolver = names.clone();
    let host = house::start(dials_granted([grant]).with(|builder| builder.resolver(resolver))).await;
    let models = format!("{}/v1/models", vendor.url_as("vendor.test"));

    assert_eq!(dial(&host, Dial::get(&models)).await.status, Some(200));
    assert_eq!(names.asked().len(), 1);
    // a kept connection was judged when it was made
    vendor.answer(Reply::new(200).body("last").until_close());
    assert_eq!(dial(&host, Dial::get(&models)).await.status, Some(200));
    assert_eq!((names.asked().len(), vendor.connections().len()), (1, 1));
    // it is gone, so the name is asked again, and has rebound
    assert_eq!(dial(&host, Dial::get(&models)).await.error.as_deref(), Some(PROHIBITED));
    assert_eq!((names.asked().len(), vendor.connections().len()), (2, 1));
    host.finish().await;
}

#[tokio::test]
async fn one_bad_address_spoils_the_answer() {
    // E14, E15
    let vendor = Vendor::start().await.unwrap();
    let answers: [&[&str]; 6] = [
        &["127.0.0.1", "10.0.0.5"],
        &["10.0.0.5", "127.0.0.1"],
        &["127.0.0.1", "169.254.169.254"],
        &["127.0.0.1", "::ffff:10.0.0.5"],
        &["127.0.0.1", "fe80::1"],
        &["127.0.0.1", "0.0.0.0"],
    ];
    for answer in answers {
        let names = Arc::new(Names::default().with("vendor.test", answer));
        let host = named(&vendor, &names).await;
        let outcome = dial(&host, Dial::get(&format!("{}/v1/models", vendor.url_as("vendor.test")))).await;
        assert_eq!(outcome.error.as_deref(), Some(PROHIBITED), "{answer:?}");
        host.finish().await;
    }
    assert_eq!(vendor.connections().len(), 0);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_without_a_grant_of_the_address() {
    // E09, E14, E16: whatever the name, and in every spelling of the address
    let addresses = [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.1.1",
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "fe80::1",
        "fe80::5efe:7f00:1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "fec0::1",
        "100::1",
    ];
    let vendor = Vendor::start().await.unwrap();
    let names = addresses.iter().enumerate();
    let names = names.fold(Names::default(), |all, (number, address)| {
        all.with(&format!("inside{number}.test"), &[address])
    });
    let origins = (0..addresses.len())
        .map(|number| vendor.url_as(&format!("inside{number}.test")).replace("http:", "https:"));
    let origins: Vec<String> = origins.collect();
    let grants = origins.iter().map(|origin| OriginGrant::new(origin.parse().unwrap()));
    let host = house::start(dials_granted(grants).with(|builder| builder.resolver(Arc::new(names)))).await;
    for (address, origin) in addresses.iter().zip(&origins) {
        let outcome = dial(&host, Dial::get(&format!("{origin}/v1/models"))).await;
        assert_eq!(outcome.error.as_deref(), Some(PROHIBITED), "{address}");
    }
    assert_eq!(vendor.connections().len(), 0);
    host.finish().await;
}

#[tokio::test]
async fn no_network_is_wide_enough_to_mean_a_metadata_service() {
    // E16
    let addresses = ["169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"];
    let vendor = Vendor::start().await.unwrap();
    for address in addresses {
        let mut grant = at_loopback("https://inside.test");
        grant.addresses =
            ["0.0.0.0/0", "::/0", "169.254.0.0/16", "fd00::/8"].map(|net| net.parse().unwrap()).into();
        let names = Arc::new(Names::default().with("inside.test", &[address]));
        let host = house::start(dials_granted([grant]).with(|builder| builder.resolver(names))).await;
        let outcome = dial(&host, Dial::get("https://inside.test/v1/models")).await;
        assert_eq!(outcome.error.as_deref(), Some(PROHIBITED), "{address}");
        host.finish().await;
    }
    assert_eq!(vendor.connections().len(), 0);
}

#[tokio::test]
async fn localhost_is_loopback_and_asked_of_nobody() {
    let vendor = Vendor::start().await.unwrap();
    let names = Arc::new(Names::default().with("localhost", &["203.0.113.1"]));
    let resolver = names.clone();
    let grant = OriginGrant::new(vendor.url_as("localhost").parse().unwrap());
    let host = house::start(dials_granted([grant]).with(|builder| builder.resolver(resolver))).await;
    let outcome = dial(&host, Dial::get(&format!("{}/v1/models", vendor.url_as("localhost")))).await;
    assert_eq!((outcome.status, names.asked()), (Some(200), vec![]), "{outcome:?}");
    host.finish().await;
}

#[tokio::test]
async fn plain_http_needs_loopback_or_a_word_of_the_operators() {
    // E21
    let vendor = Vendor::start().await.unwrap();
    for (plain_http, expected) in [(false, None), (true, Some(200))] {
        let mut grant = at_loopback(&vendor.url_as("vendor.test"));
        grant.plain_http = plain_http;
        let names = Arc::new(Names::default().with("vendor.test", &["127.0.0.1"]));
        let host = house::start(dials_granted([grant]).with(|builder| builder.resolver(names))).await;
        let outcome = dial(&host, Dial::get(&format!("{}/v1/models", vendor.url_as("vendor.test")))).await;
        assert_eq!(outcome.status, expected, "{outcome:?}");
        host.finish().await;
    }
    assert_eq!(vendor.requests().len(), 1);
}

#[test]
fn a_grant_has_no_wildcard() {
    // E23
    for origin in [
        "https://*.good.test",
        "https://*",
        "*",
        "https://a*.good.test",
        "https://good.*",
        "https://*.com",
        "https://**",
    ] {
        assert!(origin.parse::<tollgate::types::Origin>().is_err(), "{origin}");
    }
}

#[tokio::test]
async fn a_neighbour_of_a_granted_name_is_a_stranger() {
    // E23
    let vendor = Vendor::start().await.unwrap();
    let strangers =
        ["evilvendor.test", "api.vendor.test", "test", "vendor.test.evil.test", "vendor-test", "vendor.tes"];
    let names = strangers.iter().fold(Names::default(), |names, name| names.with(name, &["127.0.0.1"]));
    let names = Arc::new(names);
    let host = named(&vendor, &names).await;
    for name in strangers {
        let outcome = dial(&host, Dial::get(&format!("{}/v1/models", vendor.url_as(name)))).await;
        assert_eq!(outcome.error.as_deref(), Some(DENIED), "{name}");
    }
    assert_eq!((names.asked(), vendor.connections().len()), (vec![], 0));
    host.finish().await;
}

#[tokio::test]
async fn a_name_service_that_is_silent_costs_its_deadline_and_no_more() {
    let vendor = Vendor::start().await.unwrap();
    let names = Arc::new(Names::default().silent("vendor.test"));
    let mut grant = at_loopback(&vendor.url_as("vendor.test"));
    grant.plain_http = true;
    let builder =
        dials_granted([grant]).configure(|plugin| plugin.egress.dns = Duration::from_millis(20)).unwrap();
    let host = house::start(builder.with(|builder| builder.resolver(names))).await;
    let outcome = dial(&host, Dial::get(&format!("{}/v1/models", vendor.url_as("vendor.test")))).await;
    assert_eq!(outcome.error.as_deref(), Some("ErrorCode::DnsTimeout"));
    host.finish().await;
}

#[tokio::test]
async fn the_proxy_of_the_configuration_is_asked_to_connect_and_sees_no_key() {
    // E19
    let (proxy, vendor) = (Vendor::start().await.unwrap(), Vendor::start().await.unwrap());
    proxy.otherwise(Reply::new(502).until_close());
    let grant = OriginGrant::new("https://vendor.test".parse().unwrap());
    let builder = dials_granted([grant]).config(|config| {
        let mut egress = EgressConfig::default();
        egress.proxy = Some(proxy.url().parse().unwrap());
        config.egress(egress)
    });
    let names = Arc::new(Names::default().with("vendor.test", &["127.0.0.1"]));
    let resolver = names.clone();
    let host = house::start(builder.with(|builder| builder.resolver(resolver))).await;
    let outcome = dial(&host, Dial::get("https://vendor.test/v1/models")).await;
    assert!(outcome.error.is_some(), "{outcome:?}");
    proxy.until_requests(1).await;
    let asked = &proxy.requests()[0];
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str(), asked.key()),
        ("CONNECT", "vendor.test:443", None)
    );
    assert_eq!(vendor.connections().len(), 0);

    // loopback is this machine's own, and no proxy's business
    let direct = house::start(dials(&vendor)).await;
    assert_eq!(dial(&direct, Dial::get(&format!("{}/v1/models", vendor.url()))).await.status, Some(200));
    direct.finish().await;
    host.finish().await;
}

#[tokio::test]
async fn two_plugins_share_no_connection() {
    // the pool belongs to a grant
    let (vendor, host) = dialing().await;
    let second = house::start(dials(&vendor)).await;
    vendor.answer(Reply::new(200).body("kept"));
    let models = format!("{}/v1/models", vendor.url());
    for host in [&host, &second, &host, &second] {
        assert_eq!(dial(host, Dial::get(&models)).await.status, Some(200));
    }
    let per_connection = |connection: &tollgate_test_kit::Connection| connection.requests.len();
    assert_eq!(vendor.connections().iter().map(per_connection).collect::<Vec<_>>(), [2, 2]);
    let keys = |index: usize| {
        vendor.connections()[index]
            .requests
            .iter()
            .filter_map(|request| request.key().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(0), [host.key(), host.key()]);
    assert_eq!(keys(1), [second.key(), second.key()]);
    vendor.answer(tollgate_test_kit::Answer::steps([Step::Close]));
    second.finish().await;
    host.finish().await;
}
