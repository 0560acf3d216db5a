//! The command as a process, in surroundings that mean it ill. What it does for people is proven beside its code.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::process::Command;
use tollgate_test_kit::{Answer, Canary, Scanner, Vendor};
use tollgate_tests::guests;

/// The command with no environment but a home of its own, from which it runs.
fn tollgate(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate-under-test"));
    command.env_clear().env("HOME", home).current_dir(home).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A configuration with the built-in `openai` at this vendor.
fn configure(home: &Path, vendor: &Vendor) -> std::path::PathBuf {
    let (file, url) = (home.join("house.yaml"), vendor.url());
    let openai = format!("origins: [\"{url}\"], config: {{base_url: \"{url}/v1\"}}");
    std::fs::write(&file, format!("plugins:\n  openai: {{{openai}}}\n")).unwrap();
    file
}

/// Fails where the key stands in what the command wrote.
fn refuse_key(canary: &Canary, output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        assert_eq!(Scanner::new([canary]).scan(text), vec![], "{}", String::from_utf8_lossy(text));
    }
}

#[tokio::test]
async fn an_environment_that_points_elsewhere_points_nowhere() {
    // E19
    let (vendor, evil) = (Vendor::start().await.unwrap(), Vendor::start().await.unwrap());
    let (home, canary) = (tempfile::tempdir().unwrap(), Canary::new().unwrap());
    let config = configure(home.path(), &vendor);
    let mut command = tollgate(home.path());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, evil.url());
    }
    let (key_log, certificates) = (home.path().join("keys.log"), home.path().join("evil.pem"));
    std::fs::write(&certificates, "").unwrap();
    command
        .env("SSLKEYLOGFILE", &key_log)
        .env("SSL_CERT_FILE", &certificates)
        .env("SSL_CERT_DIR", home.path());
    command
        .env("RES_OPTIONS", "nameserver:127.0.0.1")
        .env("HOSTALIASES", &certificates)
        .env("LOCALDOMAIN", "evil.test");
    command.env("TOLLGATE_SECRETS_OPENAI_API_KEY", canary.value()).env("TOLLGATE_LOG", "trace");
    let output = command
        .args(["prompt", "-m", "openai/gpt-5.4-mini", "--config"])
        .arg(config)
        .arg("hello")
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n");
    assert_eq!(vendor.requests()[0].key(), Some(canary.value()));
    assert_eq!((evil.connections().len(), key_log.exists()), (0, false));
    refuse_key(&canary, &output);
}

#[tokio::test]
async fn a_plugin_sees_neither_the_commands_environment_nor_its_arguments() {
    // S10
    let (home, canary) = (tempfile::tempdir().unwrap(), Canary::new().unwrap());
    for door in ["environment", "arguments", "stdin", "preopens"] {
        let mut command = tollgate(home.path());
        command
            .env("TOLLGATE_SECRETS_OTHER", canary.value())
            .env("DRAGS_API_KEY", canary.value())
            .env("TOLLGATE_LOG", "trace");
        command.args([
            "prompt",
            "--plugin",
            &format!("drags={}", guests::DRAGS.file),
            "-m",
            &format!("drags/{door}"),
        ]);
        let output = command.arg(format!("a prompt that says {}", canary.value())).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let empty = report
            .as_object()
            .unwrap()
            .values()
            .all(|value| value.is_null() || value == &serde_json::json!([]) || value == true);
        assert!(empty, "{door}: {report}");
        refuse_key(&canary, &output);
    }
}

#[tokio::test]
async fn whatever_a_vendor_does_with_the_key_the_command_does_not_show_it() {
    // S03, S05, S07
    let vendor = Vendor::start().await.unwrap();
    let (home, canary) = (tempfile::tempdir().unwrap(), Canary::new().unwrap());
    let config = configure(home.path(), &vendor);
    let answers = [
        (Answer::refused_key(tollgate_test_kit::VendorName::Mistral), 4),
        (Answer::failure(500, "server_error", canary.value()), 4),
        (canary.value().into(), 0),
        (Answer::raw(format!("HTTP/1.1 200 {0}\r\n{0}\r\n\r\n", canary.value())), 4),
    ];
    for (answer, status) in answers {
        vendor.answer(answer);
        for flag in ["--json", "--no-stream"] {
            let mut command = tollgate(home.path());
            command
                .env("TOLLGATE_SECRETS_OPENAI_API_KEY", canary.value())
                .env("TOLLGATE_LOG", "trace,tollgate=trace");
            command.args(["prompt", "-m", "openai/gpt-5.4-mini", flag, "--config"]).arg(&config).arg("hello");
            let output = command.output().await.unwrap();
            assert!(
                [Some(status), Some(0)].contains(&output.status.code()),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            refuse_key(&canary, &output);
        }
    }
}
