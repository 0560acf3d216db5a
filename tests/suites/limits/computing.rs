//! Computing without end, wherever a guest's code runs.

use std::time::Duration;

use tollgate::config::{PluginConfig, Source};
use tollgate::{End, ErrorKind};
use tollgate_tests::{guests, house, log};

use super::{SHORT, denied, hurried, refused, with_others};

#[tokio::test]
async fn a_plugin_that_spins_is_ended_and_named() {
    // R01
    let host = house::start(hurried(with_others(guests::SPINS))).await;
    for (model, text) in [("complete", ""), ("next", ""), ("later", "round round round "), ("drop", "round ")]
    {
        let id = format!("spins/{model}");
        let (answered, ()) = tokio::join!(host.ask(&id, "go"), host.serves_others());
        denied(&answered, &["spins", "50 ms of CPU time", "sandbox.cpu_ms"]);
        assert_eq!(answered.text, text, "{model}");
        host.serves_others().await;
    }
    host.finish().await;
}

#[tokio::test]
async fn wherever_a_guests_code_runs_it_has_a_limit() {
    // R01; R03: while the host hands arguments over; R04: after it has returned, and then its answer does not count;
    // R06: in one instruction that copies all its memory
    let long = "x".repeat(200_000);
    for way in [
        "complete",
        "next",
        "realloc",
        "realloc-of-setting",
        "post-return",
        "post-return-of-complete",
        "copy",
        "fill",
    ] {
        let builder = house::text(&format!("loops/{way}")).setting("patch", &long).unwrap();
        let host = house::start(hurried(builder)).await;
        for _ in 0..3 {
            let (answered, ()) = tokio::join!(host.ask("text/well", long.clone()), host.serves_others());
            denied(&answered, &["text", "50 ms of CPU time", "sandbox.cpu_ms"]);
            assert_eq!(answered.text, "", "{way}");
        }
        host.finish().await;
    }
}

#[tokio::test]
async fn what_a_plugin_would_do_when_it_is_dropped_is_not_done() {
    // R05
    let host = house::start(hurried(house::text("loops/destructor"))).await;
    let answered = host.ask("text/well", "go").await;
    assert_eq!(
        (answered.text.as_str(), answered.end),
        ("well", Some(End::Completed)),
        "{}",
        answered.message()
    );
    drop(host.stream("text/well", "go").await.unwrap());
    assert!(host.host().shutdown(Duration::from_secs(60)).await, "a call is still running");
    assert!(!log::text().contains("the destructor of a completion ran"));
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_spins_before_its_first_prompt_is_refused() {
    // R01, R02, R04
    let host = house::start(house::builtins()).await;
    let spins = hurried(house::guest(guests::SPINS).setting("where", "describe").unwrap());
    let loads = [
        (spins, "list_cpu_ms"),
        (hurried(house::guest(guests::STARTS)), "instantiate_cpu_ms"),
        (hurried(house::text("loops/start")), "instantiate_cpu_ms"),
        (hurried(house::text("loops/describe")), "list_cpu_ms"),
        (hurried(house::text("loops/post-return-of-describe")), "list_cpu_ms"),
    ];
    for (builder, key) in loads {
        let (error, ()) = tokio::join!(house::try_start(builder), host.serves_others());
        refused(&error.unwrap_err(), &["50 ms of CPU time", key]);
    }
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_spins_while_it_starts_does_so_in_nobodys_way() {
    // R02
    let host = house::start(house::builtins()).await;
    let source = Source::Bytes(guests::text("loops/start").bytes().into());
    let mut plugin = PluginConfig::new("starts".parse().unwrap(), source);
    plugin.sandbox.instantiate_cpu = SHORT;
    let inspect = async || host.host().inspect(plugin.clone()).await.unwrap_err();
    let (first, second, (), ()) =
        tokio::join!(inspect(), inspect(), host.serves_others(), host.serves_others());
    refused(&first, &["starts", "50 ms of CPU time", "sandbox.instantiate_cpu_ms"]);
    refused(&second, &["starts"]);
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_spins_while_it_lists_its_models_has_no_more_of_them() {
    // R01
    let host = house::start(hurried(with_others(guests::SPINS)).setting("where", "models").unwrap()).await;
    let answered = host.ask("spins/of-which-only-the-list-knows", "go").await;
    assert_eq!(answered.kind(), Some(ErrorKind::UnknownModel));
    host.serves_others().await;
    host.finish().await;
}
