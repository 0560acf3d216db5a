//! `tollgate config import`.

use crate::kit::Home;

const THERE: &str = "plugins:\n  datasette-llm:\n    default_model: gpt-5.4-mini\n    purposes: {chat: {model: {model: gpt-5.4, key: CHAT_KEY}}}\n";

#[test]
fn what_comes_out_is_a_configuration() {
    let home = Home::new();
    let file = home.write("datasette.yaml", THERE);
    let ran = home.run(&["config", "import", file.to_str().unwrap()]).ran();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stdout.starts_with("# Made by `tollgate config import` from datasette.yaml"), "{ran:?}");
    let written = home.write("tollgate.yaml", &ran.stdout);
    let checked = home.run(&["config", "check", written.to_str().unwrap()]).ran();
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let json = home.run(&["config", "import", "--json", file.to_str().unwrap()]).ran().json();
    assert_eq!(json, serde_json::json!({ "file": null, "config": ran.stdout }));
}

#[test]
fn a_file_is_written_for_its_owner_and_never_over_another_unasked() {
    let home = Home::new();
    let file = home.write("datasette.yaml", THERE);
    let out = home.path().join("tollgate.yaml");
    let asks = ["config", "import", file.to_str().unwrap(), "--output", out.to_str().unwrap()];
    let ran = home.run(&asks).ran();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    let written = std::fs::read_to_string(&out).unwrap();
    assert!(written.contains("default_model: gpt-5.4-mini\n"), "{written}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    }
    home.write("tollgate.yaml", "mine\n");
    let again = home.run(&asks).ran();
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("is there already") && again.stderr.contains("--force"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine\n");
    let forced = home.run(&[&asks[..], &["--force"]].concat()).ran();
    assert_eq!(forced.code, Some(0), "{forced:?}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), written);
    let left: Vec<_> =
        std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
    assert_eq!(home.run(&["config", "import", file.to_str().unwrap(), "--force"]).ran().code, Some(2));
}

#[test]
fn mistakes_there_are_told_and_nothing_is_written() {
    let home = Home::new();
    let file =
        home.write("datasette.yaml", "plugins: {datasette-llm: {default_model: no, models: [&a b]}}\n");
    let out = home.path().join("tollgate.yaml");
    let ran =
        home.run(&["config", "import", file.to_str().unwrap(), "--output", out.to_str().unwrap()]).ran();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 2, "{ran:?}");
    assert!(ran.stderr.contains("datasette.yaml:1:42: ") && ran.stderr.contains("anchors"), "{ran:?}");
    assert!(!out.exists());
    assert_eq!(home.run(&["config", "import", "nowhere.yaml"]).ran().code, Some(2));
}
