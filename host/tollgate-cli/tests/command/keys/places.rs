//! Where the encryption key is, and who may read what.

use std::path::Path;

use serde_json::json;

use super::{CANARY, slot};
use crate::kit::Home;

#[test]
fn without_an_encryption_key_nothing_is_stored_and_the_environment_works() {
    let home = Home::new();
    let ran = home.keys(&["set", "openai"], CANARY);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    for words in ["`tollgate keys init`", "`TOLLGATE_SECRETS_OPENAI_API_KEY`"] {
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
    let listed =
        home.run(&["keys", "list", "--json"]).env("TOLLGATE_SECRETS_OPENAI_API_KEY", CANARY).ran().json();
    assert_eq!(slot(&listed, "openai")["set"], true);
}

#[test]
fn a_store_whose_key_is_gone_stops_what_is_in_it_and_nothing_else() {
    let home = Home::new();
    home.done(&["init"], "");
    home.done(&["set", "openai"], CANARY);
    let key = home.data().join("encryption.key");
    std::fs::rename(&key, home.path().join("elsewhere")).unwrap();
    let prompt = home.run(&["prompt", "-m", "gpt-4o", "hi"]).env("OPENAI_API_KEY", CANARY).ran();
    assert!(prompt.code == Some(1) && prompt.stdout.is_empty(), "another account is not billed: {prompt:?}");
    let echo = home.run(&["prompt", "-m", "echo", r#"{"raw": "served"}"#]).ran();
    assert_eq!((echo.code, echo.stdout.as_str()), (Some(0), "served\n"), "{echo:?}");
    let listed = home.listed();
    assert_eq!(
        (&listed["store"]["state"], &listed["secrets"][0]["name"]),
        (&json!("locked"), &json!("OPENAI_API_KEY"))
    );
    let slot = slot(&listed, "openai");
    assert!(slot["set"] == false && slot["error"].as_str().unwrap().contains("no encryption key"), "{slot}");
    for arguments in [&["init"][..], &["set", "openai"], &["remove", "openai", "--yes"], &["rotate"]] {
        let ran = home.keys(arguments, CANARY);
        assert!(matches!(ran.code, Some(2 | 3)) && ran.stderr.contains("put back"), "{arguments:?}: {ran:?}");
    }
    // another key is refused, by both names
    let other = home.run(&["keys", "init", "--print"]).ran().stdout;
    let wrong = home.run(&["keys", "list"]).env("TOLLGATE_ENCRYPTION_KEY", other.trim()).ran();
    assert!(wrong.code == Some(2) && wrong.stderr.contains("is encrypted with the key"), "{wrong:?}");
    assert!(!wrong.stderr.contains(other.trim()), "{wrong:?}");
    std::fs::rename(home.path().join("elsewhere"), &key).unwrap();
    assert_eq!(home.listed()["slots"][1]["set"], true);
}

#[test]
fn the_encryption_key_comes_from_a_variable_too() {
    let home = Home::new();
    let key = home.run(&["keys", "init", "--print"]).ran().stdout;
    let with = |arguments: &[&str]| home.run(arguments).env("TOLLGATE_ENCRYPTION_KEY", key.trim());
    assert_eq!(with(&["keys", "set", "openai"]).stdin(CANARY).ran().code, Some(0));
    let listed = with(&["keys", "list", "--json"]).ran().json();
    assert_eq!(listed["store"]["state"], "open");
    let path = with(&["keys", "path", "--json"]).ran().json();
    assert_eq!(
        path["encryption_key"],
        json!({"kind": "variable", "variable": "TOLLGATE_ENCRYPTION_KEY", "path": null})
    );
    assert!(!home.data().join("encryption.key").exists());
    let init = with(&["keys", "init"]).ran();
    assert!(init.code == Some(2) && init.stderr.contains("`tollgate keys init --print`"), "{init:?}");
    for bad in ["tgcanary", "dGdjYW5hcnk=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
        let ran = home.run(&["keys", "list"]).env("TOLLGATE_ENCRYPTION_KEY", bad).ran();
        assert!(ran.code == Some(2) && ran.stderr.contains("`TOLLGATE_ENCRYPTION_KEY`"), "{ran:?}");
        assert!(!ran.stderr.contains(bad), "{ran:?}");
    }
}

#[test]
fn a_key_is_never_overwritten() {
    let home = Home::new();
    let made = home.keys(&["init", "--json"], "").json();
    let file = home.data().join("encryption.key");
    assert_eq!(made["place"], file.to_str().unwrap());
    let before = std::fs::read(&file).unwrap();
    let again = home.keys(&["init"], "");
    assert!(again.code == Some(2) && again.stderr.contains("there is a key file already"), "{again:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let printed = home.keys(&["init", "--print", "--json"], "").json();
    assert_ne!(printed["key_id"], made["key_id"]);
    assert_eq!(std::fs::read(&file).unwrap(), before, "what is printed is stored nowhere");
}

#[test]
fn a_key_file_of_its_own_is_made_where_one_says() {
    let home = Home::new();
    let file = home.path().join("vault/tollgate.key");
    let ran = home.keys(&["init", "--file", file.to_str().unwrap()], "");
    assert!(ran.code == Some(0) && ran.stderr.contains("secrets: {encryption_key: {\"$file\": "), "{ran:?}");
    assert!(file.exists() && !home.data().exists());
}

#[test]
fn the_keyring_is_told_of_where_there_is_none() {
    let ran = Home::new().keys(&["init", "--keyring"], "");
    assert!(ran.code == Some(2) && ran.stderr.contains("the system's keyring cannot be used"), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn what_others_can_read_or_write_is_refused_with_the_way_out() {
    // S11
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    home.done(&["init"], "");
    home.done(&["set", "openai"], CANARY);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let chmod =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let (dir, store, key) = (home.data(), home.data().join("secrets.db"), home.data().join("encryption.key"));
    assert_eq!((mode(&dir), mode(&store), mode(&key)), (0o700, 0o600, 0o600));
    for (path, bad, words) in [
        (&key, 0o644, format!("`chmod 600 {}`", key.display())),
        (&key, 0o660, format!("`chmod 600 {}`", key.display())),
        (&store, 0o666, format!("`chmod go-w {}`", store.display())),
        (&store, 0o620, format!("`chmod go-w {}`", store.display())),
        (&dir, 0o777, format!("`chmod go-w {}`", dir.display())),
    ] {
        let good = mode(path);
        chmod(path, bad);
        for arguments in [&["list"][..], &["set", "openai"]] {
            let ran = home.keys(arguments, CANARY);
            assert!(ran.code == Some(2) && ran.stderr.contains(&words), "{arguments:?} {bad:o}: {ran:?}");
        }
        // nor is it silently passed over by a prompt
        let prompt = home.run(&["prompt", "-m", "gpt-4o", "hi"]).env("OPENAI_API_KEY", CANARY).ran();
        assert_eq!(prompt.code, Some(1), "{prompt:?}");
        chmod(path, good);
    }
    assert_eq!(slot(&home.listed(), "openai")["set"], true);
}
