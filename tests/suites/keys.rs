//! Whose key fills a slot, as the vendor sees it.

use tollgate::ErrorKind;
use tollgate::config::PluginConfig;
use tollgate::types::{OriginGrant, SecretRef, Value};
use tollgate_test_kit::{TestHostBuilder, Vendor};
use tollgate_tests::house;

const MODEL: &str = "openai/gpt-5.4-mini";

fn secret(name: &str) -> SecretRef {
    SecretRef::Secret(name.parse().unwrap())
}

/// The built-in openai, pointed at the vendor, without a word about its key.
fn moved(vendor: &Vendor) -> TestHostBuilder {
    let openai = PluginConfig::builtin("openai".parse().unwrap())
        .origins([OriginGrant::new(vendor.url().parse().unwrap())])
        .setting("base_url", Value::Text(format!("{}/v1", vendor.url())));
    house::builtins().plugin(openai)
}

#[tokio::test]
async fn a_missing_key_is_refused_before_dispatch_with_every_way_to_set_it() {
    // K-01
    let host = house::start(house::builtins()).await;
    let answered = host.ask(MODEL, "go").await;
    assert_eq!(answered.kind(), Some(ErrorKind::KeyMissing));
    for place in [
        "secret `OPENAI_API_KEY`",
        "entry `openai`",
        "variable `OPENAI_API_KEY`",
        "https://platform.openai.com",
    ] {
        assert!(answered.message().contains(place), "{}", answered.message());
    }
    assert!(!answered.error.unwrap().request_sent());
    let models = host.host().models().await;
    let listed = models.iter().find(|listing| listing.id.to_string() == MODEL).unwrap();
    assert!(listed.needs_key && !listed.key_available);
    host.finish().await;
}

#[tokio::test]
async fn a_built_in_that_was_moved_leaves_its_vendors_usual_places_alone() {
    // K-12
    let vendor = Vendor::start().await.unwrap();
    let usual = |builder: TestHostBuilder| {
        let builder = builder.secret(SecretRef::Env("OPENAI_API_KEY".into())).unwrap();
        builder.secret(SecretRef::Llm("openai".into())).unwrap()
    };
    let host = house::start(usual(moved(&vendor))).await;
    assert_eq!(host.ask(MODEL, "go").await.kind(), Some(ErrorKind::KeyMissing));
    assert_eq!(vendor.requests().len(), 0);
    host.finish().await;

    let host = house::start(usual(moved(&vendor)).secret(secret("OPENAI_API_KEY")).unwrap()).await;
    assert_eq!(host.ask(MODEL, "go").await.error.map(|error| error.to_string()), None);
    let own = host.canaries().last().unwrap().value();
    assert_eq!(vendor.requests()[0].key(), Some(own));
    host.finish().await;
}

#[tokio::test]
async fn a_strangers_plugin_gets_no_key_by_the_name_that_it_declares() {
    // K-11: the component declares the slot `openai`, and is installed as `acme`
    let vendor = Vendor::start().await.unwrap();
    let openai = tollgate_builtins::get("openai").unwrap();
    let acme = || {
        let builder = house::component("acme", openai.bytes).configure(|plugin| plugin.key = None).unwrap();
        builder.vendor(&vendor).unwrap().secret(secret("OPENAI_API_KEY")).unwrap()
    };
    let host = house::start(acme()).await;
    let answered = host.ask("acme/gpt-5.4-mini", "go").await;
    assert_eq!(answered.kind(), Some(ErrorKind::KeyMissing));
    assert!(answered.message().contains("ACME_API_KEY") && !answered.message().contains("OPENAI_API_KEY"));
    host.finish().await;

    let host = house::start(acme().secret(secret("ACME_API_KEY")).unwrap()).await;
    assert_eq!(host.ask("acme/gpt-5.4-mini", "go").await.error.map(|error| error.to_string()), None);
    assert_eq!(vendor.requests()[0].key(), Some(host.canaries().last().unwrap().value()));
    host.finish().await;
}

#[tokio::test]
async fn a_granted_key_is_the_only_place() {
    let vendor = Vendor::start().await.unwrap();
    let builder = moved(&vendor).secret(secret("OPENAI_API_KEY")).unwrap();
    let builder = builder.configure(|plugin| plugin.key = Some(secret("TEAM_KEY"))).unwrap();
    let host = house::start(builder).await;
    let answered = host.ask(MODEL, "go").await;
    assert_eq!(answered.kind(), Some(ErrorKind::KeyMissing));
    assert!(answered.message().contains("TEAM_KEY") && !answered.message().contains("OPENAI_API_KEY"));
    host.finish().await;
}
