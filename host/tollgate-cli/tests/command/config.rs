//! Where the configuration is found, and what is said of one that cannot be used.

use crate::kit::Home;

#[test]
fn the_default_model_comes_from_the_named_file_the_variable_or_the_users_directory() {
    let home = Home::new();
    let file = home.write("elsewhere/mine.yaml", "default_model: echo\n");
    let path = file.to_str().unwrap();
    let asks = ["prompt", r#"{"raw": "found"}"#];

    let named = home.run(&[&asks[..], &["--config", path]].concat()).ran();
    assert_eq!((named.code, named.stdout.as_str()), (Some(0), "found\n"), "{named:?}");
    let variable = home.run(&asks).env("TOLLGATE_CONFIG", path).ran();
    assert_eq!(variable.stdout, "found\n", "{variable:?}");

    home.write(".config/tollgate/tollgate.yaml", "default_model: echo\n");
    assert_eq!(home.run(&asks).ran().stdout, "found\n");
    home.write("xdg/tollgate/tollgate.yaml", "default_model: ''\n");
    let xdg = home.run(&asks).env("XDG_CONFIG_HOME", home.path().join("xdg")).ran();
    assert_eq!(xdg.code, Some(2), "{xdg:?}");
}

#[test]
fn the_working_directory_is_never_searched() {
    let home = Home::new();
    for file in
        ["tollgate.yaml", ".tollgate.yaml", "tollgate/tollgate.yaml", ".config/tollgate/tollgate.yaml"]
    {
        home.write(&format!("work/{file}"), "default_model: echo\n");
    }
    for (variable, value) in
        [("XDG_CONFIG_HOME", ".config"), ("HOME", "."), ("XDG_CONFIG_HOME", "."), ("HOME", "")]
    {
        let ran = home.run(&["prompt", "--json", "x"]).env(variable, value).ran();
        assert_eq!(
            (ran.code, ran.error()["kind"].as_str()),
            (Some(2), Some("no_model")),
            "{variable}={value}"
        );
    }
}

#[test]
fn every_mistake_of_a_file_is_told_with_its_line() {
    let home = Home::new();
    let text = "default_modle: echo\nplugins:\n  acme:\n    source: file:./acme.wasm\n    sandbox: {memory_mib: 0}\n";
    let file = home.write("bad.yaml", text);
    let path = file.to_str().unwrap();
    let ran = home.run(&["models", "--config", path]).ran();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(
        lines,
        [
            format!("error: {path}:1:1: unknown key `default_modle`; did you mean `default_model`?"),
            format!(
                "{path}:3:3: plugins.acme: needs the key `sha256`; add `sha256:` and the digest that \
                 `sha256sum ./acme.wasm` prints, or `dev: true` to run whatever is there"
            ),
            format!("{path}:5:27: plugins.acme.sandbox.memory_mib: takes a whole number from 1 to 4096"),
        ]
    );
    let json = home.run(&["models", "--json", "--config", path]).ran();
    assert_eq!((json.code, json.error()["kind"].as_str()), (Some(2), Some("invalid_config")));
    assert_eq!(json.error()["message"].as_str().unwrap().lines().count(), 3);
}

#[test]
fn a_named_file_that_is_not_there_is_an_error() {
    let home = Home::new();
    let flag = home.run(&["models", "--config", "nowhere.yaml"]).ran();
    assert_eq!(flag.code, Some(2));
    assert!(flag.stderr.starts_with("error: cannot read nowhere.yaml: "), "{flag:?}");
    let variable = home.run(&["models"]).env("TOLLGATE_CONFIG", "nowhere.yaml").ran();
    assert_eq!(variable.code, Some(2), "{variable:?}");
    home.write(".config/tollgate/tollgate.yaml/not-a-file", "");
    assert_eq!(home.run(&["models"]).ran().code, Some(2));
}

#[test]
fn an_empty_variable_names_no_file() {
    let ran = Home::new().run(&["prompt", "-m", "echo", r#"{"raw": "x"}"#]).env("TOLLGATE_CONFIG", "").ran();
    assert_eq!(ran.stdout, "x\n", "{ran:?}");
}

#[test]
fn a_file_that_is_no_utf_8_is_refused() {
    // C05
    let home = Home::new();
    let utf16: Vec<u8> = "\u{feff}default_model: echo\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = home.write("utf16.yaml", utf16);
    let ran = home.run(&["models", "--config", file.to_str().unwrap()]).ran();
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("is not UTF-8 text: byte 0"), "{ran:?}");
}

#[test]
fn texts_elsewhere_are_expanded_and_not_repeated() {
    // C13
    let home = Home::new();
    let file = home.write("env.yaml", "default_model: {\"$env\": MODEL}\n");
    let asks = ["prompt", r#"{"raw": "found"}"#, "--config", file.to_str().unwrap()];
    assert_eq!(home.run(&asks).env("MODEL", "echo").ran().stdout, "found\n");
    let unset = home.run(&asks).ran();
    assert!(unset.stderr.contains("the environment variable `MODEL` is not set"), "{unset:?}");
    let wrong = home.run(&asks).env("MODEL", "hunter2 hunter2").ran();
    assert!(wrong.code == Some(2) && !wrong.stderr.contains("hunter2"), "{wrong:?}");

    home.write("model.txt", "echo\n");
    let file = home.write("file.yaml", "default_model: {\"$file\": model.txt}\n");
    let asks = ["prompt", r#"{"raw": "found"}"#, "--config", file.to_str().unwrap()];
    assert_eq!(home.run(&asks).ran().stdout, "found\n");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_write_is_refused() {
    // C10
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let file = home.write("open.yaml", "default_model: echo\n");
    let path = file.to_str().unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    let ran = home.run(&["models", "--config", path]).ran();
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("others can write"), "{ran:?}");
    let link = home.path().join("link.yaml");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert_eq!(home.run(&["models", "--config", link.to_str().unwrap()]).ran().code, Some(2));
}
