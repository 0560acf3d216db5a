use super::*;

/// The key of the specification's own vectors.
const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

/// The specification's `verify.json` and `generate.json`: `hello`.
const HELLO: &str =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

/// The specification's `invalid.json`: each with what is wrong with it.
const INVALID: &[(&str, &str)] = &[
    (
        "incorrect mac",
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
    ),
    ("too short", "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA=="),
    (
        "invalid base64",
        "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
    ),
    (
        "payload size not multiple of block size",
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
    ),
    (
        "payload padding error",
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
    ),
    (
        "incorrect IV (causes padding error)",
        "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
    ),
];

/// The table as the other program makes it.
const TABLE: &str = "CREATE TABLE datasette_secrets (id integer primary key, name text not null, note text,
    version integer not null default 1, encrypted blob, encryption_key_name text not null, redacted text,
    created_at text, created_by text, updated_at text, updated_by text, deleted_at text, deleted_by text,
    last_used_at text, last_used_by text)";

fn key() -> FernetKey {
    FernetKey::parse(KEY).unwrap()
}

#[test]
fn the_specifications_token_opens() {
    assert_eq!(key().open(HELLO.as_bytes()).unwrap().as_slice(), b"hello");
    let other = FernetKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=").unwrap();
    assert!(other.open(HELLO.as_bytes()).is_none());
}

#[test]
fn the_specifications_invalid_tokens_do_not() {
    for (what, token) in INVALID {
        assert!(key().open(token.as_bytes()).is_none(), "{what}");
    }
}

#[test]
fn no_changed_or_cut_token_opens() {
    // S13
    for at in 0..HELLO.len() - 2 {
        let mut token = HELLO.as_bytes().to_vec();
        token[at] = if token[at] == b'A' { b'B' } else { b'A' };
        assert!(key().open(&token).is_none(), "{at}");
        assert!(key().open(&HELLO.as_bytes()[..at]).is_none(), "{at} bytes");
    }
}

fn database(statements: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("internal.db");
    let connection = Connection::open(&path).unwrap();
    statements.iter().for_each(|statement| connection.execute_batch(statement).unwrap());
    (dir, path)
}

fn insert(name: &str, version: u32, encrypted: &str, rest: &str) -> String {
    format!(
        "INSERT INTO datasette_secrets (name, version, encrypted, encryption_key_name, note, created_at, created_by,
         updated_at, updated_by, last_used_at, last_used_by, deleted_at)
         VALUES ('{name}', {version}, CAST('{encrypted}' AS BLOB), 'default', {rest})"
    )
}

#[test]
fn the_newest_live_versions_are_read_with_who_and_when() {
    let times =
        "'a note', '2024-06-01 10:00:00', 'root', '2024-06-02 10:00:00', 'ada', '2024-06-03 10:00:00', 'eve'";
    let (_dir, path) = database(&[
        TABLE,
        &insert("OPENAI_API_KEY", 1, "older", &format!("{times}, null")),
        &insert("OPENAI_API_KEY", 2, HELLO, &format!("{times}, null")),
        // its newest version is deleted, and the older one does not come back
        &insert("GONE", 1, HELLO, &format!("{times}, null")),
        &insert("GONE", 2, HELLO, &format!("{times}, '2024-07-01 00:00:00'")),
        &insert("BROKEN", 1, INVALID[0].1, &format!("{times}, null")),
        &insert("not a name", 1, HELLO, "null, null, null, null, null, null, null, null"),
        &insert("PLAIN", 1, HELLO, "null, null, null, null, null, null, null, null"),
    ]);
    let before = std::fs::read(&path).unwrap();
    let foreign = Foreign::read(&path, &key()).unwrap();
    let names: Vec<&str> = foreign.secrets.iter().map(|secret| secret.name.as_str()).collect();
    assert_eq!(names, ["OPENAI_API_KEY", "PLAIN"]);
    let unread: Vec<&str> = foreign.unread.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(unread, ["BROKEN", "not a name"]);
    let secret = &foreign.secrets[0];
    assert_eq!((secret.value.expose(), secret.note.as_deref()), (b"hello".as_slice(), Some("a note")));
    assert_eq!(
        (secret.created.at.as_millis(), secret.created.by.as_deref()),
        (1_717_236_000_000, Some("root"))
    );
    assert_eq!(
        (secret.updated.at.as_millis(), secret.updated.by.as_deref()),
        (1_717_322_400_000, Some("ada"))
    );
    assert_eq!(secret.last_used.as_ref().unwrap().by.as_deref(), Some("eve"));
    assert_eq!(std::fs::read(&path).unwrap(), before, "it is only read");
}

#[test]
fn a_token_that_is_stored_as_text_is_read_too() {
    let text = insert("A", 1, HELLO, "null, null, null, null, null, null, null, null")
        .replace("CAST(", "")
        .replace(" AS BLOB)", "");
    let (_dir, path) = database(&[TABLE, &text]);
    assert_eq!(Foreign::read(&path, &key()).unwrap().secrets[0].value.expose(), b"hello");
}

#[test]
fn what_is_no_such_database_is_refused() {
    let (_dir, path) = database(&["CREATE TABLE other (x)"]);
    assert!(matches!(Foreign::read(&path, &key()).unwrap_err(), ForeignError::NoTable { .. }));
    let absent = path.with_file_name("absent.db");
    assert!(Foreign::read(&absent, &key()).is_err() && !absent.exists());
}
