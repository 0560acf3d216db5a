//! What is a plugin, and what is not: judged from its type before anything of it runs, and from its words after.

use std::path::Path;

use tollgate::config::{Config, Pin, PluginConfig, Source};
use tollgate::types::{FinishReason, Usage};
use tollgate::{Compiler, End, Error, ErrorKind, Host, ImportKind};
use tollgate_tests::guests;
use tollgate_tests::house;

/// What the host says to a file that is no plugin.
async fn refusal(bytes: impl Into<Vec<u8>>) -> (ErrorKind, String) {
    let error = house::try_start(house::component("forged", bytes.into())).await.unwrap_err();
    (error.kind(), error.public_message())
}

/// A real component in which one name was written over with another of the same length.
fn forged(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = guests::DIALS.bytes();
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "`{from}` is nowhere in the component");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

#[tokio::test]
async fn a_file_that_is_no_component_is_refused_for_what_it_is() {
    // P04, P05, R13
    let component = guests::DIALS.bytes();
    let files: [(&str, Vec<u8>, &str); 8] = [
        ("nothing", vec![], "not a WebAssembly component"),
        ("text", b"(component)".to_vec(), "not a WebAssembly component"),
        ("a script", b"#!/bin/sh\necho hello\n".to_vec(), "not a WebAssembly component"),
        ("a core module", b"\0asm\x01\0\0\0".to_vec(), "core WebAssembly module"),
        ("an unknown version", b"\0asm\x0d\0\x07\0".to_vec(), "not a WebAssembly component"),
        ("half a component", component[..component.len() / 2].to_vec(), "not a WebAssembly component"),
        ("an archive", b"plugin.wasm\0\0\0ustar".to_vec(), "not a WebAssembly component"),
        ("an empty component", b"\0asm\x0d\0\x01\0".to_vec(), "not a tollgate plugin"),
    ];
    for (what, bytes, expected) in files {
        let (kind, message) = refusal(bytes).await;
        assert_eq!(kind, ErrorKind::InvalidPlugin, "{what}");
        assert!(message.contains("forged") && message.contains(expected), "{what}: {message}");
    }
}

#[tokio::test]
async fn native_code_is_refused_before_it_is_read() {
    // P04: an ELF file as wasmtime's own compiler writes it begins like any other
    let engine_independent = [b"\x7fELF\x02\x01\x01\xc8".as_slice(), &[0; 120]].concat();
    let (kind, message) = refusal(engine_independent).await;
    assert_eq!(kind, ErrorKind::InvalidPlugin);
    assert!(message.contains("native code") || message.contains("not a WebAssembly component"), "{message}");
}

#[tokio::test]
async fn an_import_that_nobody_offers_is_refused_by_its_name() {
    // P06, E29
    for (from, to) in [
        ("wasi:cli/stderr@", "evil:cli/stderr@"),
        ("wasi:io/streams@", "wasi:io/strands@"),
        ("tollgate:plugin/config@0.1.0", "tollgate:plunge/config@0.1.0"),
    ] {
        let (kind, message) = refusal(forged(from, to)).await;
        assert_eq!(kind, ErrorKind::InvalidPlugin);
        assert!(message.contains("does not offer") && message.contains(to), "{message}");
    }
}

#[tokio::test]
async fn another_version_of_the_contract_is_refused_by_its_name() {
    for (from, to) in [
        ("tollgate:plugin/config@0.1.0", "tollgate:plugin/config@0.9.0"),
        ("tollgate:plugin/provider@0.1.0", "tollgate:plugin/provider@0.2.0"),
    ] {
        let (kind, message) = refusal(forged(from, to)).await;
        assert_eq!(kind, ErrorKind::InvalidPlugin);
        assert!(message.contains(to) && message.contains("tollgate:plugin@0.1.0"), "{message}");
    }
}

#[tokio::test]
async fn another_world_is_refused_by_what_it_exports() {
    // P05
    let (kind, message) =
        refusal(forged("tollgate:plugin/provider@0.1.0", "somebody:module/handler@1.0.00")).await;
    assert_eq!(kind, ErrorKind::InvalidPlugin);
    assert!(message.contains("forged"), "{message}");
}

#[tokio::test]
async fn inert_imports_are_refused_where_the_operator_wants_none() {
    let builder = house::guest(guests::DRAGS).configure(|plugin| plugin.strict_imports = true).unwrap();
    let error = house::try_start(builder).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPlugin);
    let message = error.public_message();
    for name in [
        "wasi:cli/environment@",
        "wasi:filesystem/types@",
        "wasi:sockets/tcp@",
        "wasi:sockets/ip-name-lookup@",
        "strict_imports",
    ] {
        assert!(message.contains(name), "{name} in {message}");
    }
}

#[tokio::test]
async fn an_inspection_tells_what_a_component_imports_and_asks_for() {
    let host = Host::builder().compiler(Compiler::in_process()).build().await.unwrap();
    let source = Source::Bytes(guests::DRAGS.bytes().into());
    let inspection = host.inspect(PluginConfig::new("drags".parse().unwrap(), source)).await.unwrap();
    assert_eq!(inspection.exports, ["tollgate:plugin/provider@0.1.0"]);
    let kind = |name: &str| {
        inspection.imports.iter().find(|import| import.name.starts_with(name)).map(|import| import.kind)
    };
    assert_eq!(kind("wasi:sockets/tcp@"), Some(ImportKind::Inert));
    assert_eq!(kind("wasi:filesystem/preopens@"), Some(ImportKind::Inert));
    assert_eq!(kind("wasi:io/poll@"), Some(ImportKind::Offered));
    assert_eq!(kind("wasi:http/types@"), None);
    assert_eq!(inspection.description.models.len(), 14);
    assert_eq!(inspection.bytes, guests::DRAGS.bytes().len());
}

#[tokio::test]
async fn only_the_pinned_bytes_are_run() {
    // P01
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plugin.wasm");
    let mut bytes = guests::TRAPS.bytes();
    std::fs::write(&file, &bytes).unwrap();
    let start = async |pin: Pin| -> Result<(), Error> {
        let source = Source::File { path: file.clone(), pin };
        let config = Config::default().plugin(PluginConfig::new("pinned".parse().unwrap(), source));
        Host::builder().compiler(Compiler::in_process()).config(config).build().await.map(|_| ())
    };
    let host = Host::builder().compiler(Compiler::in_process()).build().await.unwrap();
    let plugin = PluginConfig::from_file("pinned".parse().unwrap(), Path::new(&file));
    let digest = host.inspect(plugin).await.unwrap().digest;
    assert!(start(Pin::Sha256(digest)).await.is_ok());
    // a name in the middle: the component stays sound, and is another one
    let at = bytes.windows(9).position(|window| window == b"exit-well").unwrap();
    bytes[at] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let error = start(Pin::Sha256(digest)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPlugin);
    assert!(error.public_message().contains(&digest.to_string()), "{}", error.public_message());
    assert!(start(Pin::Dev).await.is_ok());
}

#[tokio::test]
async fn a_description_that_makes_no_sense_is_refused() {
    // P14, P15
    let ways = [
        "empty-model-name",
        "look-alike",
        "terminal",
        "same-model-twice",
        "too-many-models",
        "unknown-slot",
        "header-with-newline",
        "prefix-with-newline",
        "host-header",
        "unknown-placement",
        "dotted-path",
        "no-path",
        "bad-method",
    ];
    for way in ways {
        let error =
            house::try_start(house::guest(guests::GARBLES).setting("description", way).unwrap()).await;
        let error = error.expect_err(way);
        let message = error.public_message();
        assert_eq!(error.kind(), ErrorKind::PluginBroke, "{way}: {message}");
        assert!(
            message.contains("garbles") && !message.contains(['\x1b', '\n']) && message.len() < 600,
            "{way}: {message}"
        );
    }
}

#[tokio::test]
async fn what_a_plugin_says_of_itself_is_bounded_and_printable() {
    // P16, R15
    for way in ["huge-summary", "terminal-summary"] {
        let host = house::start(house::guest(guests::GARBLES).setting("description", way).unwrap()).await;
        let summary = &host.host().plugins()[0].description.summary;
        assert!(summary.len() < 2048 && !summary.contains(['\x1b', '\x07']), "{way}");
        host.finish().await;
    }
}

#[tokio::test]
async fn models_that_a_plugin_lists_are_judged_like_those_it_describes() {
    // P14, P15
    let host = house::start(house::guest(guests::GARBLES)).await;
    assert_eq!(host.ask("garbles/listed", "go").await.kind(), Some(ErrorKind::UnknownModel));
    host.finish().await;
}

#[tokio::test]
async fn half_an_answer_is_never_taken_for_a_whole_one() {
    let host = house::start(house::guest(guests::GARBLES)).await;
    let well = host.ask("garbles/well", "go").await;
    assert_eq!(
        (well.text.as_str(), well.end, well.finish_reason),
        ("garbled", Some(End::Completed), Some(FinishReason::Stop))
    );
    for (model, text) in [
        ("no-finish", "garbled"),
        ("nothing", ""),
        ("after-finish", "garbled"),
        ("two-finishes", ""),
        ("bad-json", ""),
    ] {
        let answered = host.ask(&format!("garbles/{model}"), "go").await;
        assert_eq!(answered.kind(), Some(ErrorKind::PluginBroke), "{model}: {answered:?}");
        assert_eq!(answered.end, Some(End::Failed), "{model}");
        assert!(answered.text.starts_with(text), "{model}: {}", answered.text);
        assert!(answered.message().contains("garbles"), "{}", answered.message());
    }
    host.finish().await;
}

#[tokio::test]
async fn answers_too_large_for_one_call_end_it() {
    // R15
    let host = house::start(house::guest(guests::GARBLES)).await;
    for model in ["huge-batch", "huge-text"] {
        assert_eq!(
            host.ask(&format!("garbles/{model}"), "go").await.kind(),
            Some(ErrorKind::PluginBroke),
            "{model}"
        );
    }
    host.finish().await;
}

#[tokio::test]
async fn the_numbers_of_a_plugin_are_claims() {
    // V02: the largest there is breaks nothing
    let host = house::start(house::guest(guests::GARBLES)).await;
    let Usage { input, output, other, .. } = host.ask("garbles/usage-lies", "go").await.usage;
    assert_eq!((input, output), (Some(u64::MAX), Some(u64::MAX)));
    assert!(other.iter().all(|count| count.name.len() < 200 && !count.name.contains('\x1b')), "{other:?}");
    host.finish().await;
}

#[tokio::test]
async fn the_words_of_a_plugin_are_printable_and_bounded() {
    // P16, S05
    let host = house::start(house::guest(guests::GARBLES)).await;
    for model in ["control-characters", "long-error", "odd-error"] {
        let answered = host.ask(&format!("garbles/{model}"), "go").await;
        let message = answered.message();
        assert_eq!(answered.kind(), Some(ErrorKind::Unavailable), "{model}: {message}");
        assert!(
            message.len() < 4096 && !message.contains(['\x1b', '\x07', '\r', '\n', '\u{202e}', '\0']),
            "{model}: {message}"
        );
        let error = answered.error.unwrap();
        assert!(!error.request_sent(), "nothing was sent, whatever the plugin says");
        assert!(error.retry_after() <= Some(std::time::Duration::from_hours(24)));
    }
    host.finish().await;
}
