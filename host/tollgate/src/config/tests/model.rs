//! Models, purposes, aliases.

use super::*;

fn names(list: &[Named]) -> Vec<&str> {
    list.iter().map(|named| named.name.as_str()).collect()
}

#[test]
fn the_rules_of_the_sample_are_typed_and_know_where_they_stand() {
    let rules = config(SAMPLE).models;
    assert_eq!(
        names(rules.models.as_deref().unwrap()),
        ["gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano", "claude-sonnet-4-6"]
    );
    assert_eq!(rules.models_at.to_string(), "`models` (/etc/tollgate/tollgate.yaml:3)");
    assert_eq!(names(&rules.blocked_models), ["gpt-5.4-pro"]);
    assert!(rules.require_keys);
    let [alias] = rules.aliases.as_slice() else { panic!("{rules:?}") };
    assert_eq!((alias.name.as_str(), alias.model.name.as_str()), ("mini", "openai/gpt-5.4-mini"));

    let [purpose] = rules.purposes.as_slice() else { panic!("{rules:?}") };
    assert_eq!(purpose.name.as_str(), "enrichments");
    assert_eq!(purpose.description.as_deref(), Some("Fills in columns of a table"));
    let model = purpose.model.as_ref().unwrap();
    assert_eq!(
        (model.model.name.as_str(), model.key.as_ref().unwrap().as_str()),
        ("gpt-5.4-nano", "ENRICHMENTS_NANO_KEY")
    );
    assert!(model.key_fallback);
    assert_eq!(model.options, [Entry { name: "temperature".into(), value: Value::Integer(0) }]);
    assert_eq!((model.model.at.line, model.model.at.key.as_str()), (9, "purposes.enrichments.model.model"));
    let models = purpose.models.as_deref().unwrap();
    let keys: Vec<_> = models
        .iter()
        .map(|one| (one.model.name.as_str(), one.key.as_ref().map(|key| key.as_str())))
        .collect();
    assert_eq!(keys, [("gpt-5.4", Some("ENRICHMENTS_GPT5_KEY")), ("claude-sonnet-4-6", None)]);
    assert_eq!(purpose.models_at.key, "purposes.enrichments.models");
    assert_eq!(names(&purpose.blocked_models), ["gpt-5.4-mini"]);
    assert_eq!(purpose.fallback[0].model.name, "claude-sonnet-4-6");
}

#[test]
fn what_is_not_written_is_no_rule() {
    let empty = config("").models;
    assert_eq!(empty, ModelRules::default());
    let rules = config("require_keys: false\npurposes: {chat: {}}\nblocked_models: []\naliases: {}").models;
    assert!(!rules.require_keys);
    assert_eq!(rules.purposes[0].model, None);
    assert_eq!((rules.purposes[0].models.as_ref(), rules.purposes[0].fallback.len()), (None, 0));
}

#[test]
fn an_empty_allowlist_is_refused() {
    // S-13
    assert_eq!(
        mistakes("models: []\npurposes: {x: {models: []}}"),
        [
            "1:9: models: an empty allowlist allows nothing; remove the key or list models",
            "2:24: purposes.x.models: an empty allowlist allows nothing; remove the key or list models",
        ]
    );
}

#[test]
fn a_name_has_to_be_one_and_whether_it_exists_is_told_elsewhere() {
    // S-14, as far as the file alone decides it
    assert!(parse("models: [zzz, openai/zzz]\nblocked_models: [nobody]").is_ok());
    for (text, what) in [
        ("models: [a b]", "1:10: models[0]: `a b` is not a model name"),
        (
            "models: [4.1]",
            "1:10: models[0]: takes a text, not a number with a fraction or an exponent; write \"4.1\"",
        ),
        ("models: gpt", "1:9: models: takes a list, not a text"),
        ("blocked_models: [\"\"]", "1:18: blocked_models[0]: the text is empty"),
        ("default_model: -x", "1:16: default_model: `-x` is not a model name"),
        ("aliases: {\"a b\": c}", "1:11: aliases.a b: `a b` is not a model name"),
        ("aliases: {a: [b]}", "1:14: aliases.a: takes a text, not a list"),
        ("purposes: {x: {fallback: [a b]}}", "1:27: purposes.x.fallback[0]: `a b` is not a model name"),
    ] {
        let found = mistakes(text);
        assert!(found.len() == 1 && found[0].starts_with(what), "{text}: {found:?}");
    }
}

#[test]
fn a_model_may_stand_twice_where_it_says_the_same() {
    // S-15
    assert_eq!(names(&config("models: [echo, echo, a]").models.models.unwrap()), ["echo", "echo", "a"]);
    let list = |list: &str| format!("purposes: {{x: {{models: [{list}]}}}}");
    for fine in ["a, a", "{model: a, key: K}, {model: a, key: K}", "{model: a}, a"] {
        assert!(parse(&list(fine)).is_ok(), "{fine}");
    }
    for (pair, difference) in [
        ("{model: a, key: K}, {model: a, key: L}", "keys"),
        ("a, {model: a, key: L}", "keys"),
        ("{model: a, key: K}, {model: a, key: K, key_fallback: true}", "keys"),
        ("a, {model: a, options: {t: 1}}", "options"),
    ] {
        let found = mistakes(&list(pair));
        let wanted = format!(
            "purposes.x.models[1]: `a` appears twice; their {difference} differ; keep the one that is meant"
        );
        assert!(found.len() == 1 && found[0].ends_with(&wanted), "{pair}: {found:?}");
        assert_eq!(mistakes(&format!("purposes: {{x: {{fallback: [{pair}]}}}}")).len(), 1);
    }
}

#[test]
fn a_reference_names_its_model_and_only_a_secrets_name() {
    for (reference, what) in [
        ("{key: K}", "needs the key `model`; such as `{model: gpt-5.4, key: MY_KEY}`"),
        ("{}", "needs the key `model`"),
        ("{model: }", "has no value"),
        ("{model: [a]}", "takes a text, not a list"),
        ("{model: a, keys: K}", "unknown key `keys`; did you mean `key`?"),
        (
            "{model: a, key_fallback: true}",
            "`key_fallback` says what follows a `key`, and there is none; add a `key`",
        ),
        ("{model: a, key: K, key_fallback: yes}", "takes `true` or `false`"),
        ("{model: a, key: hunter2-hunter2}", "a secret's name takes up to 128 letters"),
        ("{model: a, key: {env: hunter2}}", "takes the name of a secret; variables and entries"),
        ("{model: a, key: {\"$env\": hunter2}}", "`$env` puts a text into this file"),
        ("{model: a, key: [hunter2]}", "takes a text, not a list"),
        ("{model: a, options: [t]}", "takes a mapping, not a list"),
        ("{model: a, options: {t: no}}", "unquoted, `no` is not a text"),
        (
            "{model: a, options: {t: {\"$env\": LEAK}}}",
            "nothing is put into a model's options from elsewhere",
        ),
        ("[a]", "takes a text, not a list"),
    ] {
        for text in [
            format!("default_model: {reference}"),
            format!("purposes: {{x: {{model: {reference}}}}}"),
            format!("purposes: {{x: {{models: [{reference}]}}}}"),
        ] {
            let found = mistakes(&text);
            assert!(found.len() == 1 && found[0].contains(what), "{text}: {found:?}");
            assert!(!found[0].contains("hunter2"), "{found:?}");
        }
    }
}

#[test]
fn lists_of_plain_ids_say_where_a_key_belongs() {
    for text in [
        "models: [{model: a, key: K}]",
        "blocked_models: [{model: a}]",
        "purposes: {x: {blocked_models: [{model: a, key: K}]}}",
    ] {
        let found = mistakes(text);
        let wanted = "this list takes plain ids only; a `key` and `options` belong to `default_model`, \
                      `purposes.<p>.model` or `purposes.<p>.models`";
        assert!(found.len() == 1 && found[0].ends_with(wanted), "{found:?}");
    }
}

#[test]
fn a_default_that_is_blocked_would_never_answer() {
    let text = "default_model: a\nblocked_models: [b, a]\npurposes:\n  x: {model: {model: b, key: K}}\n  y: {model: c, \
                blocked_models: [c]}\n  z: {model: d, blocked_models: [c]}\n";
    assert_eq!(
        mistakes(text),
        [
            "1:16: default_model: `a` is blocked by `blocked_models[1]` on line 2; remove it there, or choose another default",
            "4:22: purposes.x.model.model: `b` is blocked by `blocked_models[0]` on line 2; remove it there, or choose \
             another default",
            "5:14: purposes.y.model: `c` is blocked by `purposes.y.blocked_models[0]` on line 5; remove it there, or \
             choose another default",
        ]
    );
    // S-09: what is listed and blocked is no contradiction, the block wins
    assert!(parse("purposes: {x: {models: [echo]}}\nblocked_models: [echo]").is_ok());
    // a purpose blocks only for itself
    assert!(parse("default_model: a\npurposes: {x: {blocked_models: [a]}}").is_ok());
}

#[test]
fn an_alias_names_a_model_and_no_alias() {
    assert_eq!(
        mistakes("aliases: {a: b, b: openai/c, d: d}"),
        [
            "1:14: aliases.a: `b` is an alias itself, and an alias names a model; write what `b` stands for: `openai/c`",
            "1:33: aliases.d: `d` is an alias itself, and an alias names a model; write the model's id, such as \
             `openai/gpt-5.4`",
        ]
    );
    assert!(parse("aliases: {a: c, b: c}").is_ok());
}

#[test]
fn a_purposes_name_is_printable_and_its_rules_are_read_whatever_it_is() {
    let found = mistakes("purposes:\n  ' x': {modle: a}\n  'sql assistant': {}\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("a purpose's name takes 1 to 128 bytes"), "{found:?}");
    assert!(found[1].ends_with("unknown key `modle`; did you mean `model`?"), "{found:?}");
    assert_eq!(mistakes("purposes: [x]"), ["1:11: purposes: takes a mapping, not a list"]);
    assert_eq!(mistakes("purposes: {x: }").len(), 1);
    assert_eq!(mistakes("require_keys: no").len(), 1);
}

#[test]
fn what_is_said_of_a_plugins_models_and_of_what_it_sees_is_typed() {
    let one = plugin("sees: metadata\nmodels: {a: {}, b: {free: true}}");
    assert_eq!(one.sees, Sees::Metadata);
    assert_eq!(one.models.iter().map(|model| model.free).collect::<Vec<_>>(), [false, true]);
    for (entry, what) in [
        ("sees: everything", "takes one of `nothing`, `metadata`, `prompt`"),
        ("sees: promt", "did you mean `prompt`?"),
        ("sees: true", "takes a text, not a boolean"),
        ("sees: {\"$env\": X}", "takes a text, not a mapping"),
        ("models: {a: {fre: true}}", "did you mean `free`?"),
        ("models: {a: {free: 1}}", "takes `true` or `false`"),
        ("models: {a b: {}}", "is not a model name"),
        ("models: [a]", "takes a mapping, not a list"),
    ] {
        let found = plugin_mistakes(entry);
        assert!(found.len() == 1 && found[0].contains(what), "{entry}: {found:?}");
    }
}
