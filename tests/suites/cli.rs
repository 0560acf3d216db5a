//! The command as a process, in surroundings that mean it ill. What it does for people is proven beside its code.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tokio::process::Command;
use tollgate_test_kit::{Answer, Canary, Scanner, Vendor, VendorName};
use tollgate_tests::guests;

/// The command with no environment but a home of its own, from which it runs.
pub(crate) fn tollgate(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate-under-test"));
    command.env_clear().env("HOME", home).current_dir(home).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// What the command shows on a terminal, standard error included, with this file as its standard input. The terminal is
/// that of `script`, which comes with every Linux.
#[cfg(target_os = "linux")]
async fn on_a_terminal(home: &Path, arguments: &str, input: &Path) -> String {
    let line = format!("{} {arguments} < {}", env!("CARGO_BIN_EXE_tollgate-under-test"), input.display());
    let mut script = Command::new("script");
    script
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .env("NO_COLOR", "1")
        .env("TOLLGATE_LOG", "trace");
    script
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(home)
        .stdin(Stdio::null());
    let output = script.kill_on_drop(true).output().await.expect("`script`, of util-linux");
    // what the terminal itself makes of a line's end
    String::from_utf8(output.stdout).expect("text").replace("\r\n", "\n")
}

/// A configuration with the built-in `openai` at this vendor.
pub(crate) fn configure(home: &Path, vendor: &Vendor) -> std::path::PathBuf {
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
    let mut command = tollgate(home.path());
    command
        .env("TOLLGATE_SECRETS_OTHER", canary.value())
        .env("DRAGS_API_KEY", canary.value())
        .env("TOLLGATE_LOG", "trace");
    command.args(["prompt", "--plugin", &format!("drags={}", guests::DRAGS.file), "-m", "drags/process"]);
    let output = command.arg(format!("a prompt that says {}", canary.value())).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let environment = json!({"variables": [], "raw": [], "directory": null});
    let (stdin, arguments) = (json!({"came": [], "ended": true}), json!({"arguments": [], "raw": []}));
    assert_eq!(report, json!([environment, arguments, stdin, {"directories": []}]));
    refuse_key(&canary, &output);
}

#[tokio::test]
async fn whatever_a_vendor_does_with_the_key_the_command_does_not_show_it() {
    // S03, S05, S07
    let vendor = Vendor::start().await.unwrap();
    let (home, canary) = (tempfile::tempdir().unwrap(), Canary::new().unwrap());
    let config = configure(home.path(), &vendor);
    let cases = [
        (Answer::refused_key(VendorName::Mistral), "--json", 4),
        (Answer::from(canary.value()), "--no-stream", 0),
    ];
    for (answer, flag, status) in cases {
        vendor.answer(answer);
        let mut command = tollgate(home.path());
        command
            .env("TOLLGATE_SECRETS_OPENAI_API_KEY", canary.value())
            .env("TOLLGATE_LOG", "trace,tollgate=trace");
        command.args(["prompt", "-m", "openai/gpt-5.4-mini", flag, "--config"]).arg(&config).arg("hello");
        let output = command.output().await.unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
        refuse_key(&canary, &output);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_that_a_plugin_says_is_obeyed_by_a_terminal() {
    // P16: as an answer, as an error, as a line of the log, and as what it says of itself
    let home = tempfile::tempdir().unwrap();
    let input = home.path().join("input");
    std::fs::write(&input, tollgate_tests::terminal::OBEYED.join(" shown ")).unwrap();
    let config = home.path().join("house.yaml");
    let garbles = format!("source: \"file:{}\", dev: true", guests::GARBLES.file);
    let setting = "config: {description: terminal-summary}";
    std::fs::write(&config, format!("plugins: {{garbles: {{{garbles}, {setting}}}}}\n")).unwrap();
    // once for the cache of compiled code
    assert!(tollgate(home.path()).args(["plugins", "list"]).output().await.unwrap().status.success());
    for (arguments, shown) in [
        ("prompt -m garbles/says", "]52;c;ZXZpbA=="),
        ("prompt -m garbles/fails", "fails for the reason"),
        ("plugins list", "owned"),
    ] {
        let line = format!("{arguments} --config {}", config.display());
        let text = on_a_terminal(home.path(), &line, &input).await;
        assert!(text.contains(shown), "{arguments}: {text:?}");
        assert_eq!(obeyed(&text), None, "{arguments}: {text:?}");
    }
}

/// The first character that a terminal obeys.
#[cfg(target_os = "linux")]
fn obeyed(text: &str) -> Option<char> {
    // what the command itself does with its line
    let text = text.replace("\r\x1b[K", "");
    let obeyed = |character: &char| character.is_control() && !matches!(character, '\n' | '\t');
    text.chars().find(|character| obeyed(character) || matches!(character, '\u{202d}' | '\u{202e}'))
}
