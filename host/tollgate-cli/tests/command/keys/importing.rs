//! `tollgate keys import`.

use std::path::PathBuf;

use serde_json::json;

use super::names;
use crate::kit::Home;

/// The key and the token of Fernet's specification: `hello`.
const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const HELLO: &str =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

/// A database as the other program leaves it.
fn database(home: &Home, rows: &[(&str, u32, &str, Option<&str>)]) -> PathBuf {
    let path = home.path().join("internal.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE datasette_secrets (id integer primary key, name text not null, note text, version integer not \
             null default 1, encrypted blob, encryption_key_name text not null, redacted text, created_at text, created_by \
             text, updated_at text, updated_by text, deleted_at text, deleted_by text, last_used_at text, last_used_by text)",
        )
        .unwrap();
    for (name, version, token, deleted_at) in rows {
        let values = rusqlite::params![name, version, token.as_bytes(), deleted_at];
        connection
            .execute(
                "INSERT INTO datasette_secrets (name, version, encrypted, encryption_key_name, note, created_at, created_by, \
                 updated_at, updated_by, deleted_at) VALUES (?1, ?2, ?3, 'default', 'theirs', '2024-06-01 10:00:00', 'root', \
                 '2024-06-02 10:00:00', 'root', ?4)",
                values,
            )
            .unwrap();
    }
    path
}

#[test]
fn another_deployments_secrets_are_taken_over_once() {
    let home = Home::new();
    home.done(&["init"], "");
    home.done(&["set", "OWN"], "a value of our own");
    let path = database(
        &home,
        &[
            ("OPENAI_API_KEY", 1, "older", None),
            ("OPENAI_API_KEY", 2, HELLO, None),
            ("OWN", 1, HELLO, None),
            ("GONE", 1, HELLO, Some("2024-07-01")),
        ],
    );
    let path = path.to_str().unwrap();
    let import = || {
        home.run(&["keys", "import", path, "--json"])
            .env("DATASETTE_SECRETS_ENCRYPTION_KEY", KEY)
            .ran()
            .json()
    };
    assert_eq!(import(), json!({"imported": ["OPENAI_API_KEY"], "already_stored": ["OWN"], "left_out": []}));
    assert_eq!(import()["imported"], json!([]));
    let listed = home.listed();
    assert_eq!(names(&listed["secrets"]), ["OPENAI_API_KEY", "OWN"]);
    let secret = &listed["secrets"][0];
    assert_eq!(
        (&secret["note"], &secret["created"]),
        (&json!("theirs"), &json!({"at": "2024-06-01T10:00:00Z", "by": "root"}))
    );
}

#[test]
fn what_does_not_decrypt_is_told_of_by_name_and_the_rest_is_taken() {
    let home = Home::new();
    home.done(&["init"], "");
    let path = database(&home, &[("BROKEN", 1, "gAAAAA", None), ("FINE", 1, HELLO, None)]);
    let key = home.write("old.key", format!("{KEY}\n"));
    let arguments = ["import", path.to_str().unwrap(), "--key-file", key.to_str().unwrap()];
    let ran = home.keys(&arguments, "");
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(1), "imported: FINE\nalready stored, left alone: none\n"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("left out: BROKEN (it does not decrypt with this key)"), "{ran:?}");
    assert_eq!(names(&home.listed()["secrets"]), ["FINE"]);
}

#[test]
fn what_cannot_be_imported_is_a_mistake_of_usage() {
    let home = Home::new();
    home.done(&["init"], "");
    let path = database(&home, &[]);
    let path = path.to_str().unwrap();
    let absent = home.write("empty.db", "");
    for (arguments, key, message) in [
        (&["import", path][..], None, "the variable `DATASETTE_SECRETS_ENCRYPTION_KEY` is not set"),
        (&["import", path, "--key-env", "OTHER"], None, "the variable `OTHER` is not set"),
        (
            &["import", path],
            Some("tgcanary"),
            "the variable `DATASETTE_SECRETS_ENCRYPTION_KEY`: the encryption key",
        ),
        (&["import", path, "--key-file", "nowhere"], None, "`--key-file`: nowhere"),
        (&["import", "nowhere.db"], Some(KEY), "cannot open nowhere.db"),
        (&["import", absent.to_str().unwrap()], Some(KEY), "has no table `datasette_secrets`"),
    ] {
        let run = home.run(&[&["keys"], arguments].concat());
        let run = if let Some(key) = key { run.env("DATASETTE_SECRETS_ENCRYPTION_KEY", key) } else { run };
        let ran = run.ran();
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(message) && !ran.stderr.contains("tgcanary"), "{ran:?}");
    }
}
