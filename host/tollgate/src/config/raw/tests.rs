use super::super::mistake::Mistake;
use super::*;

fn tree(text: &str) -> (Option<Node>, Vec<Mistake>) {
    let mut mistakes = Mistakes::default();
    let node = read(text, &mut mistakes);
    let found = mistakes.into_result(std::path::Path::new("t.yaml")).err();
    (node, found.map(|errors| errors.mistakes).unwrap_or_default())
}

/// The mistakes of a text, one line each.
fn mistakes(text: &str) -> Vec<String> {
    tree(text).1.iter().map(ToString::to_string).collect()
}

/// A tree as JSON, each plain word as it was written.
fn json(node: &Node) -> serde_json::Value {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.clone().into(),
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Map(entries) => {
            let entries = entries.iter().map(|entry| (entry.key.clone(), json(&entry.value)));
            serde_json::Value::Object(entries.collect())
        }
        Kind::Refused => serde_json::Value::Null,
    }
}

#[test]
fn scalars_lists_and_mappings_keep_order_and_places() {
    let text = "# comment\na: 1\nb: [x, 'y z', \"\\u00e9\"]\nc:\n  - d: |\n      two\n      lines\n";
    let (node, mistakes) = tree(text);
    assert_eq!(mistakes, []);
    let node = node.unwrap();
    assert_eq!(json(&node).to_string(), r#"{"a":"1","b":["x","y z","é"],"c":[{"d":"two\nlines\n"}]}"#);
    let Kind::Map(entries) = &node.kind else { panic!("{node:?}") };
    let places: Vec<_> =
        entries.iter().map(|entry| (entry.at.line, entry.value.at.line, entry.value.at.column)).collect();
    assert_eq!(places, [(2, 2, 4), (3, 3, 4), (4, 5, 3)]);
}

#[test]
fn a_file_without_a_value_is_an_empty_mapping() {
    for text in ["", "\n\n", "# only a comment\n", "---\n", "--- \n...\n"] {
        let (node, mistakes) = tree(text);
        assert_eq!(mistakes, [], "{text:?}");
        assert!(matches!(node.unwrap().kind, Kind::Map(entries) if entries.is_empty()), "{text:?}");
    }
}

#[test]
fn alias_bombs_are_refused_before_they_unfold() {
    // C01
    let lol =
        "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b]\n";
    let found = mistakes(lol);
    assert!(
        found[0].starts_with("1:") && found[0].contains("anchors (`&name`) are not accepted"),
        "{found:?}"
    );
    assert!(found.iter().any(|line| line.contains("aliases (`*name`) are not accepted")), "{found:?}");
    let bombs = [
        "a: &a {b: *a}".to_owned(),
        "x: *nobody".to_owned(),
        "[*a, *a]".to_owned(),
        "*a : 1".to_owned(),
        format!("a: &a x\nb: [{}]", "*a, ".repeat(10_000)),
    ];
    for bomb in bombs {
        let (_, found) = tree(&bomb);
        assert!(!found.is_empty() && found.len() <= 100, "{} mistakes", found.len());
        assert!(found.iter().all(|mistake| matches!(mistake.problem, Problem::Construct(_))), "{found:?}");
    }
}

#[test]
fn a_key_that_stands_twice_is_refused_and_both_lines_are_named() {
    // C02
    for (text, mistake) in [
        ("a: 1\nb: 2\na: 3\n", "3:1: `a` is already set on line 1; keep one of the two"),
        ("x:\n  a: 1\n  a: 1\n", "3:3: x: `a` is already set on line 2; keep one of the two"),
        ("{a: 1,\n \"a\": 2}\n", "2:2: `a` is already set on line 1; keep one of the two"),
        ("l:\n - {k: 1, k: 2}\n", "2:11: l[0]: `k` is already set on line 2; keep one of the two"),
    ] {
        assert_eq!(mistakes(text), [mistake], "{text}");
    }
}

#[test]
fn everything_that_readers_of_yaml_differ_about_is_refused() {
    // C05
    for (text, what) in [
        ("a: !!str 1", "tags"),
        ("a: !custom {b: 1}", "tags"),
        ("a: !!binary aGVsbG8=", "tags"),
        ("!!map {a: 1}", "tags"),
        ("a: !<tag:yaml.org,2002:int> 1", "tags"),
        ("<<: {a: 1}", "merge keys"),
        ("a:\n  <<: [b]", "merge keys"),
        ("a: 1\n---\nb: 2", "a second document"),
        ("a: 1\n...\n---\n", "a second document"),
        ("--- a\n--- b\n", "a second document"),
        ("? [a, b]\n: c", "lists and mappings as keys"),
        ("{a: 1}: b", "lists and mappings as keys"),
        ("\u{feff}a: 1", "a byte order mark"),
        ("a: \"b\0c\"", "NUL characters"),
        ("a: &x 1", "anchors"),
        ("%YAML 1.1\n---\na: 1", "not valid YAML"),
        ("%TAG !e! tag:example.com,2000:\n---\na: 1", "not valid YAML"),
        ("\ta: 1", "tabs as indentation"),
        ("a:\n\tb: 1", "tabs as indentation"),
        ("a:\n  \tb: 1", "tabs as indentation"),
        ("a: [1, 2", "not valid YAML"),
        ("a: 'open", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("a: \"\\q\"", "not valid YAML"),
        ("a: 1\n  b: 2", "not valid YAML"),
        ("a: @x", "not valid YAML"),
        ("a: \u{1}", "not valid YAML"),
        ("- a\nb: c", "not valid YAML"),
    ] {
        let found = mistakes(text);
        assert!(found.len() == 1 && found[0].contains(what), "{text:?}: {found:?}");
    }
}

#[test]
fn reading_goes_on_after_a_mistake_that_is_valid_yaml() {
    let found = mistakes("a: !t 1\nb: *x\nc: &y 2\nd: 1\nd: 2\n");
    let lines: Vec<_> = found.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["1", "2", "3", "5"], "{found:?}");
}

#[test]
fn a_deep_or_large_file_is_refused() {
    // C06
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(mistakes(&deep(32)).is_empty());
    assert!(mistakes(&deep(33))[0].contains("nested more than 32 levels"), "{:?}", mistakes(&deep(33)));
    let block: String = (0..200).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let keys = "? ".repeat(200);
    for hostile in [deep(100_000), "{a: ".repeat(60_000), "- ".repeat(100_000), block, keys] {
        let found = mistakes(&hostile);
        assert!(found.len() == 1 && found[0].contains("nested more than 32 levels"), "{found:?}");
    }
    let large = format!("a: {}", "x".repeat(256 << 10));
    assert_eq!(mistakes(&large), ["1:1: the file has more than 262144 bytes"]);
}

#[test]
fn many_mistakes_are_counted_and_the_first_hundred_told() {
    let text: String = (0..1000).map(|n| format!("k{n}: !t x\n")).collect();
    let mut mistakes = Mistakes::default();
    read(&text, &mut mistakes);
    let errors = mistakes.into_result(std::path::Path::new("t.yaml")).unwrap_err();
    assert_eq!((errors.mistakes.len(), errors.more), (100, 900));
    assert!(errors.to_string().ends_with("t.yaml: and 900 more mistakes"));
}

#[test]
fn a_pasted_secret_is_refused_wherever_it_stands_and_never_repeated() {
    // C07
    let secret = "sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z";
    for text in [
        format!("a: {secret}"),
        format!("a: 'Bearer {secret}'"),
        format!("{secret}: a"),
        format!("{secret}: {{b: [!t x]}}"),
        format!("a: [b, {{c: {secret}}}]"),
        format!("{secret}: a\n{secret}: b"),
    ] {
        let found = mistakes(&text);
        assert!(
            found.iter().any(|line| line.contains("a text that begins like a secret (`sk-proj-…`)")),
            "{found:?}"
        );
        assert!(found.iter().all(|line| !line.contains("Ab3d")), "{found:?}");
    }
}
