//! A running host takes a new configuration as a whole, or not at all.

use tollgate::config::{Pin, PluginConfig, Source};
use tollgate::types::Value;
use tollgate::{Compiler, ErrorKind, Host};
use tollgate_tests::guests;

use super::{FREE, asked, keys, lab, listed, parsed};

#[tokio::test]
async fn what_is_wrong_with_a_new_configuration_leaves_the_old_one_whole() {
    // C11, K10
    let host = lab("models: [echo]", &FREE).build().await.unwrap();
    let missing = Source::File { path: "nowhere.wasm".into(), pin: Pin::Dev };
    let not_there = parsed("models: [a]").plugin(PluginConfig::new("p".parse().unwrap(), missing));
    let twice = parsed("models: [a]").plugin(PluginConfig::builtin("lab".parse().unwrap()));
    for (config, kind) in [
        (parsed("models: [a, nobody-has]"), ErrorKind::InvalidConfig),
        (parsed("models: [a]\ndefault_model: b\nblocked_models: [lab/b]"), ErrorKind::InvalidConfig),
        (parsed("models: [a]\negress: {ca_file: nowhere.pem}"), ErrorKind::InvalidConfig),
        (not_there, ErrorKind::InvalidPlugin),
        (twice, ErrorKind::InvalidConfig),
    ] {
        assert_eq!(host.reload(config).await.unwrap_err().kind(), kind);
        assert_eq!(listed(&host, "").await.unwrap(), ["echo"]);
        assert_eq!(asked(&host, Some("echo"), "").await.unwrap(), "echo with no key");
    }
    host.reload(parsed("models: [a]")).await.unwrap();
    assert_eq!(listed(&host, "").await.unwrap(), ["a"]);
}

#[tokio::test]
async fn a_prompt_in_flight_keeps_its_configuration_and_the_next_one_has_the_new() {
    // K13
    let host = lab("{}", &FREE).build().await.unwrap();
    let model = host.model().id("b").resolve().await.unwrap();
    let before = model.prompt("hello").await.unwrap();
    host.reload(parsed("blocked_models: [b]")).await.unwrap();
    assert_eq!(before.text().await.unwrap(), "b with no key");
    let error = model.prompt("hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelDenied, "a handle from before is no way around the new rules");
    host.reload(parsed("{}")).await.unwrap();
    assert_eq!(model.prompt("hello").await.unwrap().text().await.unwrap(), "b with no key");
}

/// A host with the stand-in plugin, which lists `later` when it is asked.
async fn lists(yaml: &str) -> (Host, PluginConfig) {
    let source = Source::Bytes(guests::LISTS.bytes().into());
    let plugin = PluginConfig::new("lists".parse().unwrap(), source)
        .setting("models", Value::Texts(vec!["now".into()]))
        .setting("later", Value::Texts(vec!["later".into()]));
    let builder = lab(yaml, &FREE).config(parsed(yaml).plugin(plugin.clone()));
    let builder = builder.compiler(Compiler::in_process()).keys(keys(&["LISTS_API_KEY", "OTHER"]));
    (builder.build().await.unwrap(), plugin)
}

#[tokio::test]
async fn a_plugin_that_nothing_was_said_about_goes_on_as_it_is() {
    let (host, plugin) = lists("{}").await;
    assert_eq!(asked(&host, Some("lists/later"), "").await.unwrap(), "later");
    host.reload(parsed("models: [lists/later, lists/now]").plugin(plugin.clone())).await.unwrap();
    // what its vendor listed is known without asking again
    assert_eq!(listed(&host, "").await.unwrap(), ["later", "now"]);

    let changed = plugin.clone().setting("models", Value::Texts(vec!["new".into()]));
    host.reload(parsed("{}").plugin(changed)).await.unwrap();
    assert_eq!(listed(&host, "").await.unwrap(), ["new", "echo", "a", "b", "c"]);
    host.reload(parsed("{}")).await.unwrap();
    assert_eq!(asked(&host, Some("lists/new"), "").await.unwrap_err().kind(), ErrorKind::UnknownModel);
}

#[tokio::test]
async fn a_plugin_gets_its_new_key_and_its_new_limits() {
    let (host, plugin) = lists("{}").await;
    let mut changed = plugin.key(tollgate::types::SecretRef::Secret("OTHER".parse().unwrap()));
    changed.sandbox.memory_mib = 256;
    host.reload(parsed("{}").plugin(changed)).await.unwrap();
    let listed = host.models().list().await.unwrap();
    let key = listed.iter().find(|model| model.id.name.as_str() == "now").and_then(|model| model.key.clone());
    assert_eq!(key.unwrap().to_string(), "secret `OTHER`");
    assert_eq!(asked(&host, Some("now"), "").await.unwrap(), "now");
}
