//! What a plugin that uses everything to the full leaves to the others.

use std::time::Duration;

use tollgate::{Engine, EngineOptions, ErrorKind};
use tollgate_tests::guests;
use tollgate_tests::house;

/// More than the threads for guests on any machine that runs these tests.
const MANY: usize = 32;

#[tokio::test]
async fn beside_many_calls_that_spin_others_are_answered() {
    // R38
    let builder = house::guest(guests::SPINS).with(|builder| builder.builtins(tollgate_builtins::all()));
    let builder = builder.configure(|plugin| plugin.sandbox.cpu = Duration::from_hours(1)).unwrap();
    let host = house::start(builder).await;
    let mut spinning = Vec::new();
    for _ in 0..MANY {
        let mut response = host.stream("spins/later", "go").await.unwrap();
        for _ in 0..3 {
            response.next().await.unwrap().unwrap();
        }
        spinning.push(response);
    }
    for number in 0..100 {
        let prompt = format!(r#"{{"raw": "{number}"}}"#);
        assert_eq!(host.ask("echo", prompt).await.text, number.to_string());
    }
    for response in &spinning {
        assert_eq!(response.end(), None, "they spin to the end");
    }
    drop(spinning);
    host.finish().await;
}

#[tokio::test]
async fn all_guests_together_have_so_much_memory_and_whoever_asks_for_more_is_told() {
    // R39
    let mut options = EngineOptions::default();
    options.total_memory_mib = 40;
    let engine = Engine::new(options).unwrap();
    let builder = house::guest(guests::HOARDS)
        .with(|builder| builder.builtins(tollgate_builtins::all()).engine(engine))
        .configure(|plugin| plugin.sandbox.limit_kills = 1);
    let host = house::start(builder.unwrap()).await;
    for _ in 0..3 {
        let refused = host.ask("hoards/greedily", "go").await;
        assert_eq!(refused.kind(), Some(ErrorKind::Busy), "and no limit of its own: it is not suspended");
        let message = refused.message();
        assert!(message.contains("40 MiB") && message.contains("total_memory_mib"), "{message}");
        assert!(refused.error.unwrap().retry_after().is_some());
        assert_eq!(host.ask("echo", r#"{"raw": "served"}"#).await.text, "served");
    }
    host.finish().await;
}
