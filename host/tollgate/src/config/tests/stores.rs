//! The ledger, the key of the stored secrets, and tools.

use super::*;

#[test]
fn a_ledger_is_a_file_or_a_database() {
    let ledger = |text: &str| config(&format!("ledger: {text}")).ledger;
    assert_eq!(config("").ledger, LedgerAt::Sqlite(None));
    assert_eq!(ledger("\"sqlite:\""), LedgerAt::Sqlite(None));
    assert_eq!(ledger("sqlite:money.db"), LedgerAt::Sqlite(Some("/etc/tollgate/money.db".into())));
    assert_eq!(ledger("sqlite:/var/money.db"), LedgerAt::Sqlite(Some("/var/money.db".into())));
    for url in ["postgres://tollgate@db.corp/money", "postgresql://db.corp/money?sslmode=verify-full&user=a"]
    {
        assert_eq!(ledger(url), LedgerAt::Postgres(PostgresUrl::new(url)));
    }
    for (text, what) in [
        ("mysql://a:hunter2@b/c", "a ledger is in SQLite or in PostgreSQL"),
        ("hunter2", "a ledger is in SQLite or in PostgreSQL; write `sqlite:`"),
        ("sqlite::memory:", "a SQLite ledger is a file"),
        ("sqlite:///var/money.db", "a SQLite ledger is a file"),
        ("sqlite:~/money.db", "`~` is not expanded"),
        (
            "postgres://a:hunter2@b/c",
            "a password has no place in this file; put the whole address into a variable",
        ),
        ("postgres://:hunter2@b/c", "a password has no place in this file"),
        ("postgres://a@b/c?password=hunter2", "a password has no place in this file"),
        ("postgres://a@b/c?x=1&sslPassword=hunter2", "a password has no place in this file"),
        ("postgres://a@b/c?pass%77ord=hunter2", "a password has no place in this file"),
        ("postgres://a:hunter2@x@b/c", "a password has no place in this file"),
        ("[a]", "takes a text, not a list"),
    ] {
        let found = mistakes(&format!("ledger: \"{text}\"").replace("\"[a]\"", "[a]"));
        assert!(found.len() == 1 && found[0].contains(what), "{text}: {found:?}");
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
}

#[test]
fn a_password_comes_from_elsewhere_and_is_not_shown() {
    let outside = Outside::with(&[("LEDGER", "postgres://a:hunter2@b/c"), ("BAD", "mysql://a:hunter2@b/c")]);
    let parse = |text: &str| Config::parse(text, Path::new("t.yaml"), &outside);
    let ledger = parse("ledger: {\"$env\": LEDGER}").unwrap().ledger;
    assert_eq!(ledger, LedgerAt::Postgres(PostgresUrl::new("postgres://a:hunter2@b/c")));
    assert!(!format!("{ledger:?}").contains("hunter2"));
    let errors = parse("ledger: {\"$env\": BAD}").unwrap_err().to_string();
    assert!(errors.contains("a ledger is in SQLite") && !errors.contains("hunter2"), "{errors}");
}

#[test]
fn the_place_of_the_encryption_key_is_never_looked_up() {
    // C13
    struct Nobody;
    impl Expand for Nobody {
        fn variable(&self, name: &str) -> Result<String, ExpandError> {
            panic!("asked for {name}")
        }

        fn file(&self, path: &Path) -> Result<String, ExpandError> {
            panic!("asked for {}", path.display())
        }
    }
    let key = |text: &str| {
        let text = format!("secrets: {{encryption_key: {text}}}");
        Config::parse(&text, Path::new("/etc/tollgate/tollgate.yaml"), &Nobody)
            .unwrap()
            .encryption_key
            .unwrap()
    };
    assert_eq!(
        key("{\"$env\": TOLLGATE_ENCRYPTION_KEY}"),
        EncryptionKeyAt::Env("TOLLGATE_ENCRYPTION_KEY".into())
    );
    assert_eq!(key("{$file: key}"), EncryptionKeyAt::File("/etc/tollgate/key".into()));
    assert_eq!(key("{$file: /run/secrets/key}"), EncryptionKeyAt::File("/run/secrets/key".into()));
    assert_eq!(key("keyring"), EncryptionKeyAt::Keyring);
    assert_eq!(config("secrets: {}").encryption_key, None);
}

#[test]
fn an_encryption_key_in_the_file_is_refused_and_not_repeated() {
    // C07
    for (text, what) in [
        ("hunter2hunter2hunter2", "takes the place of a key, never the key itself"),
        ("\"aHVudGVyMg==\"", "never the key itself; write `{\"$env\": \"NAME\"}`"),
        ("{\"$env\": \"hunter2 hunter2\"}", "a variable's name takes"),
        ("{\"$env\": {\"$env\": hunter2}}", "takes a text, not a mapping"),
        ("{\"$env\": A, \"$file\": b}", "the key is in one place"),
        ("{}", "the key is in one place"),
        ("{hunter2: x}", "takes `$env` or `$file` there"),
        ("{env: A}", "takes `$env` or `$file` there"),
        ("[hunter2]", "takes a text, not a list"),
        ("", "has no value"),
    ] {
        let found = mistakes(&format!("secrets: {{encryption_key: {text}}}"));
        assert!(found.len() == 1 && found[0].contains(what), "{text}: {found:?}");
        assert!(!found[0].contains("hunter2") && !found[0].contains("aHVud"), "{found:?}");
    }
    assert!(mistakes("secrets: {encryption-key: keyring}")[0].contains("did you mean `encryption_key`?"));
}

#[test]
fn a_tool_is_a_command_without_a_shell() {
    let tools = config(SAMPLE).tools;
    let [weather] = tools.as_slice() else { panic!("{tools:?}") };
    assert_eq!(weather.name, "weather");
    assert_eq!(weather.command, ["/etc/tollgate/./weather.sh", "--celsius"]);
    assert_eq!(weather.schema, serde_json::json!({ "type": "object" }));
    assert_eq!(weather.description.as_deref(), Some("The weather of a city"));
    let schema =
        config("tools: {t: {command: [date], schema: {$ref: '#/a', default: null, enum: [1, 0.5, x]}}}");
    assert_eq!(schema.tools[0].command, ["date"], "a bare name is looked up where the system looks");
    assert_eq!(schema.tools[0].schema["$ref"], "#/a");
    assert!(schema.tools[0].schema["default"].is_null());
    for (tool, what) in [
        ("{schema: {}}", "needs the key `command`"),
        ("{command: [a]}", "needs the key `schema`"),
        ("{command: [], schema: {}}", "names no program"),
        ("{command: a b, schema: {}}", "takes a list, not a text"),
        ("{command: [a, 5], schema: {}}", "takes a text, not a whole number; write \"5\""),
        ("{command: [~/a], schema: {}}", "`~` is not expanded"),
        ("{command: [a], schema: [b]}", "takes a JSON Schema: a mapping, not a list"),
        ("{command: [a], schema: {}, shell: true}", "unknown key `shell`"),
    ] {
        let found = mistakes(&format!("tools: {{t: {tool}}}"));
        assert!(found.len() == 1 && found[0].contains(what), "{tool}: {found:?}");
    }
    assert!(mistakes("tools: {a b: {command: [a], schema: {}}}")[0].contains("a tool's name takes"));
}

#[test]
fn a_key_in_the_place_of_its_name_is_not_repeated_whatever_it_looks_like() {
    // C07: digits and hexadecimal words are no texts to YAML, and keys all the same
    for key in [
        "0x4c0883a69102937d6231471b5dbb6204fe512961708279",
        "4072389457230945872390457",
        "1e999",
        "0777777777",
    ] {
        for text in [
            format!("plugins: {{openai: {{key: {key}}}}}"),
            format!("plugins: {{openai: {{key: {{env: {key}}}}}}}"),
            format!("default_model: {{model: echo, key: {key}}}"),
            format!("secrets: {{encryption_key: {key}}}"),
        ] {
            let told = mistakes(&text).join("\n");
            assert!(!told.contains(key), "{text}: {told}");
        }
    }
}
