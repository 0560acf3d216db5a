//! What a plugin can see of the world, of others and of its own key.

use serde_json::{Value, json};
use tollgate_test_kit::{Answer, Encoding, Reply, Request, Vendor};
use tollgate_tests::house::{self, Watched};
use tollgate_tests::{guests, log};

/// What came through this door of the plugin `drags`.
async fn through(host: &Watched, door: &str, text: &str) -> Value {
    let answered = host.ask(&format!("drags/{door}"), text).await;
    serde_json::from_str(&answered.text).unwrap_or_else(|_| panic!("{door}: {}", answered.message()))
}

#[tokio::test]
async fn a_plugin_has_no_environment_and_no_arguments() {
    // S10: this process has both
    assert!(std::env::vars_os().count() > 0 && std::env::args_os().count() > 0);
    let host = house::start(house::guest(guests::DRAGS)).await;
    assert_eq!(
        through(&host, "environment", "").await,
        json!({"variables": [], "raw": [], "directory": null})
    );
    assert_eq!(through(&host, "arguments", "").await, json!({"arguments": [], "raw": []}));
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_reads_nothing_from_stdin_and_is_on_no_terminal() {
    // S10
    let host = house::start(house::guest(guests::DRAGS)).await;
    assert_eq!(through(&host, "stdin", "").await, json!({"came": [], "ended": true}));
    assert_eq!(
        through(&host, "terminal", "").await,
        json!({"stdin": false, "stdout": false, "stderr": false})
    );
    host.finish().await;
}

#[tokio::test]
async fn what_a_plugin_prints_is_a_bounded_line_of_its_log() {
    // P16, R20
    let builder = house::guest(guests::DRAGS).configure(|plugin| plugin.sandbox.log_bytes = 4096).unwrap();
    let host = house::start(builder).await;
    for door in ["stdout", "stderr"] {
        let line = format!("{door} says \x1b[2J\x1b]52;c;aGk=\x07 level=ERROR forged\u{202e}\n");
        through(&host, door, &line).await;
        let logged = log::text()
            .lines()
            .filter(|logged| logged.contains(&format!("{door} says")))
            .map(str::to_owned)
            .collect::<Vec<_>>();
        assert_eq!(logged.len(), 1, "{logged:?}");
        assert!(logged[0].contains("tollgate::plugin") && logged[0].contains("drags"), "{logged:?}");
        assert!(!logged[0].contains(['\x1b', '\x07', '\u{202e}']), "{logged:?}");
        through(&host, door, &format!("flood-of-{door}\n").repeat(10_000)).await;
        let flood = log::text().matches(&format!("flood-of-{door}")).count();
        assert!((1..=400).contains(&flood), "{flood}");
    }
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_has_no_files() {
    let host = house::start(house::guest(guests::DRAGS)).await;
    assert_eq!(through(&host, "preopens", "").await, json!({"directories": []}));
    for path in ["/etc/passwd", "Cargo.toml", ".", "/", "../../Cargo.toml", "/proc/self/environ"] {
        assert_eq!(
            through(&host, "files", path).await,
            json!({"read": false, "listed": false, "written": false}),
            "{path}"
        );
    }
    assert!(!std::path::Path::new("/tmp/drags").exists());
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_has_no_sockets_and_no_names() {
    // E28, E29: not even those of an origin that it was granted
    let vendor = Vendor::start().await.unwrap();
    let host = house::start(house::guest(guests::DRAGS).vendor(&vendor).unwrap()).await;
    let address = vendor.address().to_string();
    let tcp = through(&host, "tcp", &address).await;
    assert_eq!((&tcp["connected"], &tcp["listening"]), (&json!(false), &json!(false)), "{tcp}");
    let udp = through(&host, "udp", &address).await;
    assert_eq!(udp["sent"], false, "{udp}");
    for name in ["localhost", "api.openai.com", "127.0.0.1"] {
        let names = through(&host, "names", name).await;
        assert_eq!(names["found"], 0, "{names}");
    }
    assert_eq!(vendor.connections().len(), 0);
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_has_random_bytes_in_measure_and_a_coarse_clock() {
    // R19, R42
    let host = house::start(house::guest(guests::DRAGS)).await;
    let some = through(&host, "random", "1024").await;
    assert!(some["came"] == 1024 && some["zeros"].as_u64() < Some(64), "{some}");
    let too_many = host.ask("drags/random", (1_u64 << 30).to_string()).await;
    assert_eq!(too_many.kind(), Some(tollgate::ErrorKind::PluginBroke));
    let clocks = through(&host, "clocks", "").await;
    assert_eq!(clocks, json!({"resolution": 1_000_000, "finer_than_a_millisecond": false}));
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_remembers_nothing_from_call_to_call() {
    // P19, R24, R43: neither in statics nor in memory that it left marked
    let host = house::start(house::guest(guests::REMEMBERS)).await;
    for who in ["alice", "bob", "carol", "dave"] {
        let answered = host.ask("remembers/all", format!("a secret of {who}")).await;
        assert_eq!(answered.text, "calls 0, asked [], left 0", "{who}: {}", answered.message());
    }
    host.finish().await;
}

/// A vendor that says the key back in every spelling that the gate knows, in a header and in the body.
fn echoing() -> Answer {
    Answer::by_request(|request: &Request| {
        let key = request.key().unwrap_or_default().as_bytes().to_vec();
        Reply::new(200).header("x-echo", key.clone()).chunks([b"you said ".to_vec(), key])
    })
}

#[tokio::test]
async fn a_plugin_that_searches_all_its_memory_does_not_find_its_key() {
    // S02, S09
    let vendor = Vendor::start().await.unwrap();
    vendor.otherwise(echoing());
    let builder = house::guest(guests::SEARCHES)
        .vendor(&vendor)
        .and_then(|builder| builder.setting("base_url", &vendor.url()));
    let host = house::start(builder.unwrap()).await;
    let masked = |encoding: Encoding| {
        encoding.encode(host.key().as_bytes()).bytes().map(|byte| byte ^ 0xa5).collect::<Vec<_>>()
    };
    let patterns: Vec<Vec<u8>> =
        [Encoding::Raw, Encoding::Reversed, Encoding::Base64, Encoding::Hex].map(masked).into();
    let search = |plant: bool| json!({"patterns": patterns, "least": 12, "plant": plant}).to_string();
    let found = host.ask("searches/all", search(false)).await;
    assert!(found.text.starts_with("found 0 in memory, answer "), "{} {}", found.text, found.message());
    assert_eq!(vendor.requests()[0].key(), Some(host.key()));
    // the same search finds a key that is there
    let planted = host.ask("searches/all", search(true)).await;
    assert!(planted.text.starts_with("found ") && !planted.text.starts_with("found 0 "), "{}", planted.text);
    host.finish().await;
}
