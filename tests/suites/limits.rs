//! What a plugin may use up, and that nobody else notices when it does.
//!
//! Limits of time are as short here as a slow machine allows; what is asserted is what ended a call, never when.

use std::time::Duration;

use tollgate::{Error, ErrorKind};
use tollgate_test_kit::{Answer, Reply, Step, TestHostBuilder, Vendor};
use tollgate_tests::guests::{self, Guest};
use tollgate_tests::house::{self, Watched};

/// So little that a test that waits for it is quick.
const SHORT: Duration = Duration::from_millis(50);

/// A host with this plugin, which has little CPU time.
fn hurried(guest: Guest) -> TestHostBuilder {
    let builder = house::guest(guest).with(|builder| builder.builtins(tollgate_builtins::all()));
    builder
        .configure(|plugin| {
            plugin.sandbox.cpu = SHORT;
            plugin.sandbox.list_cpu = SHORT;
        })
        .unwrap()
}

/// Fails unless a prompt through another plugin of the same host is answered.
async fn others_are_served(host: &Watched) {
    let answered = host.ask("echo", r#"{"raw": "served"}"#).await;
    assert_eq!(answered.text, "served", "{}", answered.message());
}

fn message(error: Option<Error>) -> String {
    error.map(|error| error.public_message()).unwrap_or_default()
}

#[tokio::test]
async fn a_plugin_that_spins_is_ended_and_named() {
    // R01
    let host = house::start(hurried(guests::SPINS)).await;
    for model in ["complete", "next", "later"] {
        let id = format!("spins/{model}");
        let (answered, ()) = tokio::join!(host.ask(&id, "go"), others_are_served(&host));
        assert_eq!(answered.kind(), Some(ErrorKind::PluginBroke), "{model}");
        assert_eq!(answered.text, if model == "later" { "round round round " } else { "" });
        let message = answered.message();
        assert!(
            message.contains("spins") && message.contains("50 ms of CPU time") && message.contains("cpu_ms"),
            "{message}"
        );
        others_are_served(&host).await;
    }
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_spins_before_its_first_call_is_refused() {
    // R01, R02
    let spins = hurried(guests::SPINS).setting("where", "describe").unwrap();
    let starts = hurried(guests::STARTS).configure(|plugin| plugin.sandbox.instantiate_cpu = SHORT).unwrap();
    for (builder, key) in [(spins, "list_cpu_ms"), (starts, "instantiate_cpu_ms")] {
        let error = house::try_start(builder).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PluginBroke);
        assert!(error.public_message().contains(key), "{}", error.public_message());
    }
}

#[tokio::test]
async fn a_plugin_that_spins_while_it_lists_its_models_has_no_more_of_them() {
    // R01
    let host = house::start(hurried(guests::SPINS).setting("where", "models").unwrap()).await;
    let answered = host.ask("spins/of-which-only-the-list-knows", "go").await;
    assert_eq!(answered.kind(), Some(ErrorKind::UnknownModel));
    others_are_served(&host).await;
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_gets_so_much_memory_and_no_more() {
    // R07
    let builder = house::guest(guests::HOARDS).with(|builder| builder.builtins(tollgate_builtins::all()));
    let host = house::start(builder.configure(|plugin| plugin.sandbox.memory_mib = 32).unwrap()).await;
    let polite = host.ask("hoards/politely", "go").await;
    let mebibytes: u32 = polite.text.parse().unwrap_or_else(|_| panic!("{}", polite.message()));
    assert!((16..32).contains(&mebibytes), "{mebibytes}");
    let greedy = host.ask("hoards/greedily", "go").await;
    assert_eq!(greedy.kind(), Some(ErrorKind::PluginBroke));
    let message = greedy.message();
    assert!(
        message.contains("hoards") && message.contains("32 MiB") && message.contains("memory_mib"),
        "{message}"
    );
    others_are_served(&host).await;
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_calls_itself_forever_overflows_its_own_stack() {
    // R09
    let host = house::start(
        hurried(guests::RECURSES).configure(|plugin| plugin.sandbox.cpu = Duration::from_secs(10)).unwrap(),
    )
    .await;
    for _ in 0..3 {
        let answered = host.ask("recurses/deep", "go").await;
        assert_eq!(answered.kind(), Some(ErrorKind::PluginBroke));
        assert!(answered.message().contains("overflowed its stack"), "{}", answered.message());
    }
    others_are_served(&host).await;
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_waits_forever_is_ended_by_the_clock() {
    // R22
    let vendor = Vendor::start().await.unwrap();
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha";
    vendor.otherwise(Answer::raw(head).then(Step::Hang));
    let builder = house::guest(guests::SLEEPS).with(|builder| builder.builtins(tollgate_builtins::all()));
    let builder =
        builder.vendor(&vendor).and_then(|builder| builder.setting("base_url", &vendor.url())).unwrap();
    let host = house::start(builder.configure(|plugin| plugin.sandbox.wall = SHORT * 2).unwrap()).await;
    for (model, text) in [("clock", ""), ("body", ""), ("next", "good night")] {
        let id = format!("sleeps/{model}");
        let (answered, ()) = tokio::join!(host.ask(&id, "go"), others_are_served(&host));
        assert_eq!(
            (answered.kind(), answered.text.as_str()),
            (Some(ErrorKind::PluginBroke), text),
            "{model}"
        );
        let message = answered.message();
        assert!(message.contains("sleeps") && message.contains("wall_ms"), "{message}");
    }
    vendor.until_all_closed().await;
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_sleeps_while_it_describes_itself_is_refused() {
    // R22
    let builder = house::guest(guests::SLEEPS).setting("where", "describe").unwrap();
    let error = house::try_start(builder.configure(|plugin| plugin.sandbox.list_wall = SHORT).unwrap())
        .await
        .unwrap_err();
    assert!(error.public_message().contains("list_wall_ms"), "{}", error.public_message());
}

#[tokio::test]
async fn a_vendor_that_goes_silent_costs_the_idle_deadline() {
    // R22
    let vendor = Vendor::start().await.unwrap();
    vendor.answer(Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha").then(Step::Hang));
    vendor.answer(Answer::hang());
    vendor.answer(Reply::new(200).body("awake"));
    let builder = house::guest(guests::SLEEPS)
        .vendor(&vendor)
        .and_then(|builder| builder.setting("base_url", &vendor.url()));
    let builder = builder.and_then(|builder| {
        builder.configure(|plugin| (plugin.egress.idle, plugin.egress.first_byte) = (SHORT, SHORT))
    });
    let host = house::start(builder.unwrap()).await;
    for _ in 0..2 {
        assert_eq!(host.ask("sleeps/body", "go").await.kind(), Some(ErrorKind::Unavailable));
    }
    assert_eq!(host.ask("sleeps/body", "go").await.text, "awake");
    host.finish().await;
}

#[tokio::test]
async fn after_every_way_to_break_the_next_prompt_is_answered() {
    // R24, R28
    let builder = house::guest(guests::TRAPS).with(|builder| builder.builtins(tollgate_builtins::all()));
    let host = house::start(builder).await;
    let ways =
        ["panic", "abort", "unreachable", "exit", "exit-well", "out-of-bounds", "overflow", "panic-later"];
    for way in ways {
        let broken = host.ask(&format!("traps/{way}"), "go").await;
        assert_eq!(broken.kind(), Some(ErrorKind::PluginBroke), "{way}");
        let message = broken.message();
        assert!(
            message.contains("traps") && !message.contains('\x1b') && !message.contains("0x"),
            "{way}: {message}"
        );
        assert_eq!(broken.text, if way == "panic-later" { "well" } else { "" }, "{way}");
        assert_eq!(host.ask("traps/well", "go").await.text, "well", "after {way}");
        others_are_served(&host).await;
    }
    let exit = message(host.ask("traps/exit", "go").await.error);
    assert!(exit.contains("called exit with status 1"), "{exit}");
    host.finish().await;
}

#[tokio::test]
async fn an_answer_without_end_is_ended() {
    // R32
    let builder = house::guest(guests::GARBLES).configure(|plugin| plugin.sandbox.host_total_bytes = 1 << 20);
    let host = house::start(builder.unwrap()).await;
    let answered = host.ask("garbles/endless", "go").await;
    assert_eq!(answered.kind(), Some(ErrorKind::PluginBroke));
    assert!(answered.message().contains("bytes handed to the host"), "{}", answered.message());
    assert!(!answered.text.is_empty() && answered.text.len() <= 1 << 20);
    host.finish().await;
}

#[tokio::test]
async fn so_many_calls_of_a_plugin_run_at_a_time_and_no_more() {
    let vendor = Vendor::start().await.unwrap();
    vendor.otherwise(Answer::hang());
    let builder = house::guest(guests::SLEEPS)
        .vendor(&vendor)
        .and_then(|builder| builder.setting("base_url", &vendor.url()));
    let host =
        house::start(builder.unwrap().configure(|plugin| plugin.sandbox.concurrent_calls = 1).unwrap()).await;
    let running = host.stream("sleeps/next", "go").await.unwrap();
    let refused = host.ask("sleeps/next", "go").await;
    assert_eq!(refused.kind(), Some(ErrorKind::Busy));
    assert!(refused.message().contains("concurrent_calls"), "{}", refused.message());
    drop(running);
    host.finish().await;
}
