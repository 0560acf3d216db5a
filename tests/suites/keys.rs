//! Which key a plugin's requests carry, and that a key is never seen.

use std::fmt;
use std::sync::Arc;

use tollgate::config::{EgressConfig, PluginConfig};
use tollgate::types::SecretRef;
use tollgate::{Credential, ErrorKind, Missing, Secret, TlsRoots};
use tollgate_test_kit::{Authority, Canary, Completion, Greeting, Scanner, TestHostBuilder, Vendor};
use tollgate_tests::dialing::{Dial, Script};
use tollgate_tests::names::Names;
use tollgate_tests::{guests, house, log};

const MODEL: &str = "openai/gpt-5.4-mini";

fn secret(name: &str) -> SecretRef {
    SecretRef::Secret(name.parse().unwrap())
}

fn llm(name: &str) -> SecretRef {
    SecretRef::Llm(name.to_owned())
}

fn variable(name: &str) -> SecretRef {
    SecretRef::Env(name.to_owned())
}

/// The whole way to the vendor's own origin: a proxy, TLS, the vendor's name. Nothing is configured for the plugin.
async fn own_vendor() -> (Vendor, TestHostBuilder) {
    let authority = Authority::new().unwrap();
    let identity = authority.sign(&["api.openai.com"]).unwrap();
    let vendor = Vendor::start_with(Greeting::Proxy(identity)).await.unwrap();
    let roots = TlsRoots::none().with_pem(authority.pem().as_bytes()).unwrap();
    let proxy = vendor.url().parse().unwrap();
    let builder = house::builtins().config(|config| {
        let mut egress = EgressConfig::default();
        egress.proxy = Some(proxy);
        config.egress(egress)
    });
    let names = Arc::new(Names::default());
    (vendor, builder.with(|builder| builder.tls_roots(roots).resolver(names)))
}

#[tokio::test]
async fn a_key_that_is_set_nowhere_is_an_error_before_anything_is_sent() {
    // K-01
    let vendor = Vendor::start().await.unwrap();
    let builder = house::openai(&vendor).configure(|plugin| plugin.key = None).unwrap();
    let host = house::start(builder).await;
    let answered = host.ask(MODEL, "hello").await;
    assert_eq!(answered.kind(), Some(ErrorKind::KeyMissing));
    assert!(answered.message().contains("OPENAI_API_KEY"), "{}", answered.message());
    assert_eq!(vendor.connections().len(), 0);
    let listed = host.host().models().list().await.unwrap();
    assert!(listed.iter().all(|model| model.id.plugin.as_str() != "openai"), "{listed:?}");
    let judged = host.host().models().judge().await.unwrap();
    let keyless: Vec<_> = judged.iter().filter(|one| one.listing.id.plugin.as_str() == "openai").collect();
    assert!(keyless.len() > 10);
    assert!(keyless.iter().all(|one| one.listing.needs_key && !one.listing.key_available));
    assert!(keyless.iter().all(|one| matches!(one.missing, Some(Missing::Key(_)))));
    host.finish().await;
}

#[tokio::test]
async fn an_unmodified_built_in_takes_the_secret_then_llms_entry_then_the_vendors_variable() {
    // K-02, K-03, and the proxy of E19
    let all = [secret("OPENAI_API_KEY"), llm("openai"), variable("OPENAI_API_KEY")];
    for first in 0..all.len() {
        let (vendor, mut builder) = own_vendor().await;
        for reference in &all[first..] {
            builder = builder.secret(reference.clone()).unwrap();
        }
        // other people's keys, and the test's own, which no plugin was given
        builder =
            builder.secret(secret("ECHO_API_KEY")).unwrap().secret(variable("ANTHROPIC_API_KEY")).unwrap();
        vendor.answer(Completion::text("from the vendor's own origin"));
        let host = house::start(builder).await;
        let answered = host.ask(MODEL, "hello").await;
        assert_eq!(answered.text, "from the vendor's own origin", "{}", answered.message());
        let requests = vendor.requests();
        assert_eq!(
            (requests[0].method.as_str(), requests[0].target.as_str()),
            ("CONNECT", "api.openai.com:443")
        );
        assert_eq!(requests[1].header("host"), Some("api.openai.com"));
        assert_eq!(requests[1].key(), Some(host.canaries()[1].value()));
        let others =
            host.canaries().iter().enumerate().filter(|(number, _)| *number != 1).map(|(_, canary)| canary);
        assert_eq!(Scanner::new(others).scan(&vendor.raw_bytes()), vec![]);
        host.finish().await;
    }
}

#[tokio::test]
async fn a_strangers_plugin_gets_the_secret_of_its_own_name_and_no_other() {
    // K-11, S17: whatever else the process holds
    let vendor = Vendor::start().await.unwrap();
    let everything = [
        secret("OPENAI_API_KEY"),
        llm("openai"),
        variable("OPENAI_API_KEY"),
        llm("dials"),
        variable("DIALS_API_KEY"),
        secret("KEY"),
    ];
    let begin = || {
        let builder = house::guest(guests::DIALS)
            .vendor(&vendor)
            .unwrap()
            .configure(|plugin| plugin.key = None)
            .unwrap();
        everything.iter().fold(builder, |builder, reference| builder.secret(reference.clone()).unwrap())
    };
    let script = Script { requests: vec![Dial::get(&format!("{}/v1/models", vendor.url()))], at_once: false };
    let script = serde_json::to_string(&script).unwrap();
    let host = house::start(begin()).await;
    let answered = host.ask("dials/keyed", script.clone()).await;
    assert_eq!(answered.kind(), Some(ErrorKind::KeyMissing), "{}", answered.text);
    assert!(answered.message().contains("DIALS_API_KEY"), "{}", answered.message());
    assert_eq!(vendor.connections().len(), 0);
    host.finish().await;

    let host = house::start(begin().secret(secret("DIALS_API_KEY")).unwrap()).await;
    host.ask("dials/keyed", script).await;
    assert_eq!(vendor.requests()[0].key(), host.canaries().last().map(Canary::value));
    host.finish().await;
}

#[tokio::test]
async fn a_built_in_that_goes_elsewhere_does_not_take_its_vendors_usual_key() {
    // K-12
    let vendor = Vendor::start().await.unwrap();
    let begin = || {
        let builder = house::openai(&vendor).configure(|plugin| plugin.key = None).unwrap();
        builder.secret(llm("openai")).unwrap().secret(variable("OPENAI_API_KEY")).unwrap()
    };
    let host = house::start(begin()).await;
    assert_eq!(host.ask(MODEL, "hello").await.kind(), Some(ErrorKind::KeyMissing));
    assert_eq!(vendor.connections().len(), 0);
    host.finish().await;
    let host = house::start(begin().secret(secret("OPENAI_API_KEY")).unwrap()).await;
    assert_eq!(host.ask(MODEL, "hello").await.text, "hello");
    assert_eq!(vendor.requests()[0].key(), host.canaries().last().map(Canary::value));
    host.finish().await;
}

#[tokio::test]
async fn a_keys_value_is_sent_as_it_is_and_names_no_other_key() {
    // K-10
    let vendor = Vendor::start().await.unwrap();
    let builder = house::openai(&vendor).configure(|plugin| plugin.key = Some(secret("MINE"))).unwrap();
    let builder = builder.secret(llm("openai")).unwrap().secret_value(secret("MINE"), " openai\r\n");
    let host = house::start(builder).await;
    assert_eq!(host.ask(MODEL, "hello").await.text, "hello");
    assert_eq!(vendor.requests()[0].header("authorization"), Some("Bearer openai"));
    host.finish().await;
}

#[tokio::test]
async fn a_key_that_is_no_header_goes_nowhere() {
    // E33, E37
    let vendor = Vendor::start().await.unwrap();
    for value in ["sk-of-two\r\nx-injected: lines", "sk-with\0zero", "sk-with\u{7f}delete"] {
        let builder = house::openai(&vendor).configure(|plugin| plugin.key = Some(secret("MINE"))).unwrap();
        let host = house::start(builder.secret_value(secret("MINE"), value)).await;
        let answered = host.ask(MODEL, "hello").await;
        assert!(answered.error.is_some(), "{}", answered.text);
        assert!(!answered.message().contains("sk-"), "{}", answered.message());
        host.finish().await;
    }
    assert_eq!(vendor.requests().len(), 0);
}

/// Whether each type has a trait: an inherent constant hides the trait's only where the bound holds.
macro_rules! have {
    ($bound:path: $($type:ty),+) => {{
        trait Without {
            const HAS: bool = false;
        }
        impl<T> Without for T {}
        struct Of<T>(std::marker::PhantomData<T>);
        impl<T: $bound> Of<T> {
            const HAS: bool = true;
        }
        [$(<Of<$type>>::HAS),+]
    }};
}

#[test]
fn a_secret_cannot_be_printed_serialized_compared_or_taken_apart() {
    // S06: what does not compile cannot leak; the text is there to show that the check sees a trait that there is
    let only_text = [true, false, false];
    assert_eq!(have!(fmt::Display: String, Secret, Credential), only_text);
    assert_eq!(have!(serde::Serialize: String, Secret, Credential), only_text);
    assert_eq!(have!(serde::de::DeserializeOwned: String, Secret, Credential), only_text);
    assert_eq!(have!(PartialEq: String, Secret, Credential), only_text);
    assert_eq!(have!(PartialOrd: String, Secret, Credential), only_text);
    assert_eq!(have!(std::hash::Hash: String, Secret, Credential), only_text);
    assert_eq!(have!(Default: String, Secret, Credential), only_text);
    assert_eq!(have!(AsRef<[u8]>: String, Secret, Credential), only_text);
    assert_eq!(have!(AsRef<str>: String, Secret, Credential), only_text);
    assert_eq!(have!(Into<Vec<u8>>: String, Secret, Credential), only_text);
    assert_eq!(have!(Into<String>: String, Secret, Credential), only_text);
    assert_eq!(have!(std::ops::Deref: String, Secret, Credential), only_text);
    assert_eq!(have!(std::borrow::Borrow<str>: String, Secret, Credential), only_text);
}

#[tokio::test]
async fn nothing_that_can_be_printed_shows_a_key() {
    // S06: everything public that holds one, or could
    let canary = Canary::new().unwrap();
    let value = Secret::new(canary.value().as_bytes().to_vec()).unwrap();
    let keys = tollgate::MemoryKeys::default().with(secret("MINE"), canary.value());
    let placement =
        tollgate::types::Placement { header: "authorization".parse().unwrap(), prefix: "Bearer ".to_owned() };
    let credential = Credential::new(value.clone(), placement, secret("MINE"));
    let call = tollgate::Call::new(tollgate::types::RequestId::new(tollgate::types::UtcMillis::new(0)))
        .with_credential(Some(credential.clone()));
    let config = PluginConfig::builtin("openai".parse().unwrap()).key(secret("MINE"));
    let builder = tollgate::Host::builder().keys(Arc::new(keys.clone()));
    let shown = format!("{value:?} {value:#?} {keys:?} {credential:?} {call:?} {config:?} {builder:?}");
    let host = builder.build().await.unwrap();
    let shown = format!("{shown} {host:?} {:?} {:?}", host.plugins(), host.models().judge().await.unwrap());
    assert_eq!(Scanner::new([&canary]).scan(shown.as_bytes()), vec![]);
}

#[tokio::test]
async fn whatever_the_process_logs_is_captured_and_would_tell_on_a_key() {
    // S07: a scan that finds nothing proves something only if there was something to scan
    let (vendor, builder) = own_vendor().await;
    let host = house::start(builder.secret(secret("OPENAI_API_KEY")).unwrap()).await;
    assert_eq!(host.ask(MODEL, "hello").await.text, "hello");
    let text = log::text();
    for target in [" tollgate::", " rustls::", " wasmtime::", " wasmtime_wasi_http::"] {
        assert!(text.contains(target), "nothing of `{target}` in the log");
    }
    let canary = Canary::new().unwrap();
    tracing::trace!("a line of a careless crate: {:?}", canary.value().as_bytes().escape_ascii().to_string());
    assert_ne!(Scanner::new([&canary]).scan(log::text().as_bytes()), vec![]);
    drop(vendor);
    host.finish().await;
}
