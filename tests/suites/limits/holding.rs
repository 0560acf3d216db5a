//! Holding: memory, tables, instances, a stack, and what the host keeps for a guest.

use std::time::Duration;

use tollgate::ErrorKind;
use tollgate_test_kit::TestHostBuilder;
use tollgate_tests::memory::Peak;
use tollgate_tests::{append, guests, house};

use super::{denied, hurried, refused, undeterred, with_others};

#[tokio::test]
async fn a_plugin_gets_so_much_memory_and_no_more() {
    // R07
    let builder = with_others(guests::HOARDS).configure(|plugin| plugin.sandbox.memory_mib = 32);
    let host = house::start(builder.unwrap()).await;
    let polite = host.ask("hoards/politely", "go").await;
    let mebibytes: u32 = polite.text.parse().unwrap_or_else(|_| panic!("{}", polite.message()));
    assert!((16..32).contains(&mebibytes), "{mebibytes}");
    for _ in 0..5 {
        denied(
            &host.ask("hoards/greedily", "go").await,
            &["hoards", "32 MiB of memory", "sandbox.memory_mib"],
        );
    }
    host.serves_others().await;
    host.finish().await;
}

#[tokio::test]
async fn all_memories_and_all_tables_of_a_plugin_count_together() {
    // R07: eight memories, and one that wants four gigabytes at once; R08: a table that grows, slowly and at once;
    // R16: handles of its own
    for (way, words) in [
        ("eight-memories", ["32 MiB of memory", "sandbox.memory_mib"]),
        ("grows-at-once", ["32 MiB of memory", "sandbox.memory_mib"]),
        ("table-that-grows", ["limit of 100000 table elements", "sandbox.table_elements"]),
        ("table-that-grows-at-once", ["limit of 100000 table elements", "sandbox.table_elements"]),
        ("handles", ["limit of 4096 handles", "sandbox.handles"]),
    ] {
        let builder = undeterred(house::text(&format!("hoards/{way}")));
        let host = house::start(builder.configure(|plugin| plugin.sandbox.memory_mib = 32).unwrap()).await;
        let peak = Peak::start();
        for _ in 0..5 {
            let (answered, ()) = tokio::join!(host.ask("text/well", "go"), host.serves_others());
            denied(&answered, &words);
        }
        peak.stayed_low(way);
        host.finish().await;
    }
}

#[tokio::test]
async fn what_a_plugin_has_from_its_start_on_counts_as_well() {
    // R07, R08
    for (way, words) in [
        ("nine-memories", ["limit of 8 memories", "sandbox.memories"]),
        ("large-from-the-start", ["128 MiB of memory", "sandbox.memory_mib"]),
        ("large-tables", ["limit of 100000 table elements", "sandbox.table_elements"]),
        ("many-tables", ["limit of 16 tables", "sandbox.tables"]),
    ] {
        let error = house::try_start(house::text(&format!("hoards/{way}"))).await.expect_err(way);
        refused(&error, &words);
    }
    for (way, words) in [
        ("too-large-for-the-pool", ["268435456", "EngineOptions::memory_mib"]),
        ("table-too-large-for-the-pool", ["1000000", "EngineOptions::table_elements"]),
    ] {
        let error = house::try_start(house::text(&format!("hoards/{way}"))).await.expect_err(way);
        let message = error.public_message();
        assert_eq!(error.kind(), ErrorKind::InvalidPlugin, "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }
}

#[tokio::test]
async fn a_plugin_has_so_many_instances_and_no_more() {
    // R10
    let good = guests::text("provider").bytes();
    let many = |bytes: Vec<u8>| house::component("many", bytes);
    for bytes in [append::core_instances(&good, 200), append::nested_instances(&good, 20, 20)] {
        let peak = Peak::start();
        let error = house::try_start(many(bytes)).await.unwrap_err();
        refused(&error, &["many", "limit of 128 core instances", "sandbox.instances"]);
        peak.stayed_low("instances");
    }
    for (bytes, words) in [
        (append::core_instances(&good, 10_000), ["instances", "limit of 1000"]),
        (append::nested_instances(&good, 20, 500), ["1048576 bytes", "the same for all plugins"]),
    ] {
        let error = house::try_start(many(bytes)).await.unwrap_err();
        let message = error.public_message();
        assert_eq!(error.kind(), ErrorKind::InvalidPlugin, "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }
    // an operator who wants more gets more
    let builder = many(append::core_instances(&good, 200));
    let host = house::start(builder.configure(|plugin| plugin.sandbox.instances = 300).unwrap()).await;
    assert_eq!(host.ask("many/well", "go").await.text, "well");
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_calls_itself_forever_overflows_its_own_stack() {
    // R09
    let builder = hurried(with_others(guests::RECURSES));
    let builder = builder.configure(|plugin| plugin.sandbox.cpu = Duration::from_secs(10)).unwrap();
    let host = house::start(builder).await;
    for _ in 0..50 {
        denied(&host.ask("recurses/deep", "go").await, &["recurses", "overflowed its stack of 512 KiB"]);
    }
    host.serves_others().await;
    host.finish().await;
}

/// A host with `floods`, which has all the time that it wants.
fn floods() -> TestHostBuilder {
    let builder = with_others(guests::FLOODS);
    builder.configure(|plugin| plugin.sandbox.cpu = Duration::from_secs(60)).unwrap()
}

#[tokio::test]
async fn what_the_host_keeps_for_a_plugin_is_counted() {
    // R16: by how many there are, and each is small
    let host = house::start(floods()).await;
    let ways = [
        "fields",
        "full-fields",
        "requests",
        "options",
        "pollables",
        "authorities",
        "methods",
        "paths",
        "bodies",
    ];
    for way in ways {
        let peak = Peak::start();
        for _ in 0..3 {
            let id = format!("floods/{way}");
            let (answered, ()) = tokio::join!(host.ask(&id, "go"), host.serves_others());
            denied(&answered, &["floods", "limit of 1024 host resources", "sandbox.resources"]);
        }
        peak.stayed_low(way);
    }
    // R21
    denied(&host.ask("floods/poll", "go").await, &["limit of 4096 handles", "sandbox.handles"]);
    assert_eq!(host.ask("floods/well", "go").await.text, "well");
    host.finish().await;
}

#[tokio::test]
async fn headers_are_counted_by_what_they_cost() {
    // R18: large ones, many small ones, and one with values without end
    let host = house::start(floods()).await;
    for way in ["header-bytes", "header-count", "header-values"] {
        let peak = Peak::start();
        for _ in 0..3 {
            let answered = host.ask(&format!("floods/{way}"), "go").await;
            denied(&answered, &["limit of 65536 bytes of one set of headers", "sandbox.field_bytes"]);
        }
        peak.stayed_low(way);
        host.serves_others().await;
    }
    assert_eq!(host.ask("floods/header-bytes", "65000").await.text, "well");
    denied(&host.ask("floods/header-bytes", "65536").await, &["sandbox.field_bytes"]);
    host.finish().await;
}
