//! Whose key goes where.

use tollgate::types::{OriginGrant, SecretRef};
use tollgate_test_kit::{Scanner, Vendor};
use tollgate_tests::dialing::{Dial, Script, dial, dial_all, dialing, dials};
use tollgate_tests::{guests, house, log};

const DENIED: &str = "ErrorCode::HttpRequestDenied";

#[tokio::test]
async fn the_vendor_gets_the_key_and_the_plugin_never_had_it() {
    // S09
    let (vendor, host) = dialing().await;
    let outcome = dial(&host, Dial::get(&format!("{}/v1/models", vendor.url()))).await;
    assert_eq!((outcome.status, outcome.sent_headers.len()), (Some(200), 0));
    assert_eq!(vendor.requests()[0].header("authorization"), Some(&*format!("Bearer {}", host.key())));
    // a model that needs no key gets none
    let script = Script { requests: vec![Dial::get(&format!("{}/v1/models", vendor.url()))], at_once: false };
    dial_all(&host, "plain", script).await;
    assert_eq!(vendor.requests()[1].key(), None);
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_brings_no_credential_of_its_own_in_a_header() {
    // E25, E37
    let (vendor, host) = dialing().await;
    let names = [
        "authorization",
        "Authorization",
        "AUTHORIZATION",
        "proxy-authorization",
        "x-api-key",
        "X-Api-Key",
        "x_api_key",
        "api-key",
        "api_key",
        "apikey",
        "x-goog-api-key",
        "x-auth-token",
        "x_auth_token",
        "x-auth-key",
        "auth",
        "auth-token",
        "cookie",
        "cookie2",
        "set-cookie",
        "x-amz-security-token",
        "x-amz-date",
        "x-amz-content-sha256",
        "x-access-token",
        "access-token",
        "x-token",
        "token",
        "private-token",
        "x-csrf-token",
        "ocp-apim-subscription-key",
        "x-functions-key",
        "x-secret",
        "client-secret",
        "x-jwt",
        "bearer",
        "www-authenticate",
        "x-session-token",
        "dpop",
        "password",
    ];
    for name in names {
        let asked = Dial::get(&format!("{}/v1/models", vendor.url())).header(name, "sk-of-somebody-else");
        let outcome = dial(&host, asked).await;
        let refused_by_fields = outcome.refused == [format!("header {name}: HeaderError::Forbidden")];
        assert!(refused_by_fields || outcome.error.as_deref() == Some(DENIED), "{name}: {outcome:?}");
    }
    let sent = String::from_utf8(vendor.raw_bytes()).unwrap();
    assert!(!sent.contains("sk-of-somebody-else"), "{sent}");
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_brings_no_credential_of_its_own_in_url_or_body() {
    // E25
    let (vendor, host) = dialing().await;
    let queries = [
        "key=x",
        "api_key=x",
        "apikey=x",
        "api-key=x",
        "access_token=x",
        "token=x",
        "auth=x",
        "a=1&key=x",
        "KEY=x",
        "Api_Key=x",
        "k%65y=x",
        "api%5Fkey=x",
        "key[]=x",
        "X-Amz-Signature=x",
        "X-Amz-Credential=x",
        "secret=x",
        "password=x",
        "key",
    ];
    for query in queries {
        let outcome = dial(&host, Dial::get(&format!("{}/v1/models?{query}", vendor.url()))).await;
        assert_eq!(outcome.error.as_deref(), Some(DENIED), "{query}");
    }
    let bodies = [
        r#"{"api_key": "x"}"#,
        r#"{"model": "m", "api_key": "x"}"#,
        r#"{"apiKey": "x"}"#,
        r#"{"\u0061pi_key": "x"}"#,
        r#" { "api-key" : "x" } "#,
        r#"{"a": {"b": [1, "}"]}, "api_key": "x"}"#,
        r#"{"API_KEY": "x"}"#,
    ];
    for body in bodies {
        let outcome = dial(&host, Dial::post(&format!("{}/v1/chat/completions", vendor.url()), body)).await;
        assert_eq!(outcome.error.as_deref(), Some(DENIED), "{body}");
    }
    assert_eq!(vendor.requests().len(), 0);
    // what only looks like one passes: a prompt may speak of keys
    let innocent = r#"{"messages": [{"api_key": "x", "content": "my api_key"}], "max_tokens": 1}"#;
    let outcome =
        dial(&host, Dial::post(&format!("{}/v1/chat/completions?limit=1", vendor.url()), innocent)).await;
    assert_eq!(outcome.status, Some(200), "{outcome:?}");
    host.finish().await;
}

#[tokio::test]
async fn each_plugins_key_goes_to_its_own_vendor_and_to_no_other() {
    // E38: four plugins, four keys, four vendors; each asks every vendor
    let mut vendors = Vec::new();
    for _ in 0..4 {
        vendors.push(Vendor::start().await.unwrap());
    }
    let mut builder = house::builtins();
    for (number, vendor) in vendors.iter().enumerate() {
        let secret = SecretRef::Secret(format!("KEY_{number}").parse().unwrap());
        builder = builder
            .component(&format!("dials{number}"), guests::DIALS.bytes())
            .and_then(|builder| {
                builder.vendor(vendor)?.configure(|plugin| plugin.key = Some(secret.clone()))?.secret(secret)
            })
            .unwrap();
    }
    let host = house::start(builder).await;
    for plugin in 0..4 {
        for (number, vendor) in vendors.iter().enumerate() {
            let script =
                Script { requests: vec![Dial::get(&format!("{}/v1/models", vendor.url()))], at_once: false };
            let answered =
                host.ask(&format!("dials{plugin}/keyed"), serde_json::to_string(&script).unwrap()).await;
            assert_eq!(
                answered.text.contains("\"status\":200"),
                plugin == number,
                "{plugin} {number} {}",
                answered.text
            );
        }
    }
    for (number, vendor) in vendors.iter().enumerate() {
        assert_eq!(vendor.requests().len(), 1);
        for (other, canary) in host.canaries().iter().skip(1).enumerate() {
            let found = !Scanner::new([canary]).scan(&vendor.raw_bytes()).is_empty();
            assert_eq!(found, other == number, "{other} at {number}");
        }
    }
    host.finish().await;
}

#[tokio::test]
async fn a_key_goes_only_to_those_origins_that_its_grant_names() {
    // E38
    let (mine, other) = (Vendor::start().await.unwrap(), Vendor::start().await.unwrap());
    let mut without = OriginGrant::new(other.url().parse().unwrap());
    without.carries_key = false;
    let builder =
        dials(&mine).configure(|plugin| plugin.origins.get_or_insert_default().push(without)).unwrap();
    let host = house::start(builder).await;
    for vendor in [&mine, &other] {
        assert_eq!(dial(&host, Dial::get(&format!("{}/v1/models", vendor.url()))).await.status, Some(200));
    }
    assert_eq!(mine.requests()[0].key(), Some(host.key()));
    assert_eq!(other.requests()[0].key(), None);
    host.finish().await;
}

#[tokio::test]
async fn no_url_holds_a_key_and_no_log_holds_a_query() {
    // E39
    let (vendor, host) = dialing().await;
    let secretive = "xyzzy-what-only-this-query-says";
    let outcome = dial(&host, Dial::get(&format!("{}/v1/models?q={secretive}", vendor.url()))).await;
    assert_eq!(outcome.status, Some(200));
    dial(&host, Dial::get(&format!("https://evil.test/v1/models?q={secretive}"))).await;
    dial(&host, Dial::get(&format!("{}/v1/files?q={secretive}", vendor.url()))).await;
    assert!(vendor.requests()[0].target.ends_with(secretive));
    assert!(!vendor.requests()[0].target.contains(host.key()));
    // the prompt said it, and a prompt is not logged either; what the engine itself traces of a guest's calls, the
    // command shows to nobody
    let told =
        log::text().lines().any(|line| line.contains(secretive) && !line.contains(" wasmtime_wasi_http::"));
    assert!(!told, "a query is in the log");
    host.finish().await;
}
