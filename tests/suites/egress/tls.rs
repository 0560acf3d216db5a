//! Whom a vendor has to prove to be.

use std::sync::Arc;
use std::time::Duration;

use tollgate::TlsRoots;
use tollgate_test_kit::{Authority, Greeting, Identity, Vendor};
use tollgate_tests::dialing::{Dial, Outcome, at_loopback, dial, dials_granted};
use tollgate_tests::house::{self, Watched};
use tollgate_tests::names::Names;

/// A host that trusts this authority, and in which `dials` may reach the vendor as `api.vendor.test`.
async fn trusting(authority: &Authority, vendor: &Vendor) -> Watched {
    let names = Arc::new(Names::default().with("api.vendor.test", &["127.0.0.1"]));
    let roots = TlsRoots::none().with_pem(authority.pem().as_bytes()).unwrap();
    let builder = dials_granted([at_loopback(&vendor.url_as("api.vendor.test"))]);
    let builder = builder.configure(|plugin| plugin.egress.connect = Duration::from_secs(30)).unwrap();
    house::start(builder.with(|builder| builder.resolver(names).tls_roots(roots))).await
}

async fn ask(host: &Watched, vendor: &Vendor) -> Outcome {
    dial(host, Dial::get(&format!("{}/v1/models", vendor.url_as("api.vendor.test")))).await
}

#[tokio::test]
async fn a_vendor_that_proves_its_name_is_asked_by_that_name() {
    // E07, E10, E31, E35: one name for the grant, TLS and `host`; no protocol but http/1.1, though h2 was on offer
    let authority = Authority::new().unwrap();
    let vendor = Vendor::start_tls(authority.sign(&["api.vendor.test"]).unwrap()).await.unwrap();
    let host = trusting(&authority, &vendor).await;
    let outcome = ask(&host, &vendor).await;
    assert_eq!(outcome.status, Some(200), "{outcome:?}");
    let connection = &vendor.connections()[0];
    let handshake = connection.handshake.clone().unwrap();
    assert_eq!(handshake.server_name.as_deref(), Some("api.vendor.test"));
    assert_eq!(handshake.protocol.as_deref(), Some("http/1.1"));
    let name = format!("api.vendor.test:{}", vendor.address().port());
    assert_eq!(connection.requests[0].header("host"), Some(&*name));
    assert_eq!(connection.requests[0].key(), Some(host.key()));
    host.finish().await;
}

#[tokio::test]
async fn a_vendor_that_does_not_prove_its_name_gets_nothing() {
    // E31
    let authority = Authority::new().unwrap();
    let narrow = Authority::constrained_to(&["other.test"]).unwrap();
    let name = ["api.vendor.test"];
    let identities = [
        ("expired", &authority, authority.sign_expired(&name)),
        ("of another name", &authority, authority.sign(&["api.other.test"])),
        ("of the parent", &authority, authority.sign(&["vendor.test"])),
        ("of a wildcard too high", &authority, authority.sign(&["*.test"])),
        ("of the address only", &authority, authority.sign(&["127.0.0.1"])),
        ("signed by itself", &authority, Identity::self_signed(&name)),
        ("of a stranger", &authority, Authority::new().unwrap().sign(&name)),
        ("outside its authority's names", &narrow, narrow.sign(&name)),
    ];
    for (what, trusted, identity) in identities {
        let vendor = Vendor::start_tls(identity.unwrap()).await.unwrap();
        let host = trusting(trusted, &vendor).await;
        let outcome = ask(&host, &vendor).await;
        let error = outcome.error.unwrap_or_default();
        assert!(error.starts_with("ErrorCode::Tls"), "{what}: {error}");
        assert_eq!((vendor.requests().len(), vendor.raw_bytes().len()), (0, 0), "{what}");
        host.finish().await;
    }
}

#[tokio::test]
async fn the_roots_of_trust_are_mozillas_until_someone_says_otherwise() {
    // E31
    let authority = Authority::new().unwrap();
    let vendor = Vendor::start_tls(authority.sign(&["api.vendor.test"]).unwrap()).await.unwrap();
    let names = Arc::new(Names::default().with("api.vendor.test", &["127.0.0.1"]));
    let builder = dials_granted([at_loopback(&vendor.url_as("api.vendor.test"))]);
    let host = house::start(builder.with(|builder| builder.resolver(names))).await;
    assert!(ask(&host, &vendor).await.error.unwrap_or_default().starts_with("ErrorCode::Tls"));
    assert_eq!(vendor.raw_bytes(), b"");
    host.finish().await;
}

#[tokio::test]
async fn the_authorities_of_a_company_are_trusted_beside_the_usual_ones() {
    // E19
    let authority = Authority::new().unwrap();
    let vendor = Vendor::start_tls(authority.sign(&["api.vendor.test"]).unwrap()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("corp.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let names = Arc::new(Names::default().with("api.vendor.test", &["127.0.0.1"]));
    let builder = dials_granted([at_loopback(&vendor.url_as("api.vendor.test"))]).config(|config| {
        let mut egress = tollgate::config::EgressConfig::default();
        egress.ca_file = Some(file);
        config.egress(egress)
    });
    let host = house::start(builder.with(|builder| builder.resolver(names))).await;
    assert_eq!(ask(&host, &vendor).await.status, Some(200));
    host.finish().await;
}

#[tokio::test]
async fn a_vendor_that_never_answers_tls_costs_the_connect_deadline() {
    // E32
    let authority = Authority::new().unwrap();
    let vendor = Vendor::start_with(Greeting::Silence).await.unwrap();
    let names = Arc::new(Names::default().with("api.vendor.test", &["127.0.0.1"]));
    let roots = TlsRoots::none().with_pem(authority.pem().as_bytes()).unwrap();
    let builder = dials_granted([at_loopback(&vendor.url_as("api.vendor.test"))]);
    let builder = builder.configure(|plugin| plugin.egress.connect = Duration::from_millis(50)).unwrap();
    let host = house::start(builder.with(|builder| builder.resolver(names).tls_roots(roots))).await;
    assert_eq!(ask(&host, &vendor).await.error.as_deref(), Some("ErrorCode::ConnectionTimeout"));
    vendor.until_all_closed().await;
    host.finish().await;
}
