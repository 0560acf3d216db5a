use proptest::prelude::*;

use super::*;

fn origin(text: &str) -> Result<Origin, GrantParseError> {
    text.parse()
}

fn host(authority: &str) -> Result<String, GrantParseError> {
    Origin::of_authority(Scheme::Https, authority).map(|origin| origin.host.to_string())
}

#[test]
fn origins_print_in_their_shortest_form() {
    let forms = [
        ("https://api.good.test", "https://api.good.test"),
        ("https://API.Good.Test:443", "https://api.good.test"),
        ("http://gpu.lan:80", "http://gpu.lan"),
        ("http://gpu.lan:8000", "http://gpu.lan:8000"),
        ("https://gpu.lan:80", "https://gpu.lan:80"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
        ("https://xn--mnchen-3ya.test", "https://xn--mnchen-3ya.test"),
    ];
    for (given, printed) in forms {
        assert_eq!(origin(given).unwrap().to_string(), printed);
        assert_eq!(origin(printed).unwrap(), origin(given).unwrap());
    }
}

#[test]
fn an_origin_that_is_none_is_refused_with_the_way_out() {
    let refused = |text: &str| origin(text).unwrap_err().to_string();
    assert_eq!(
        refused("api.good.test"),
        "`api.good.test` is not an origin: it starts with `https://` or `http://`"
    );
    assert!(refused("https://api.good.test/v1").ends_with("paths are granted in `paths`"));
    assert!(refused("https://u:p@api.good.test").ends_with("user names and passwords have no place in it"));
    for bad in ["", "https://", "ftp://a.test", "HTTPS://a.test", "https:/a.test", "https:a.test", "//a.test"]
    {
        assert!(origin(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_wildcard_is_no_origin() {
    // E23
    for bad in
        ["https://*.good.test", "https://*", "https://api.*.test", "https://*:443", "https://api*.test"]
    {
        assert!(
            origin(bad).unwrap_err().to_string().ends_with("there are no wildcards; name each host"),
            "{bad}"
        );
    }
    // and a name is never a suffix of another
    assert_ne!(origin("https://good.test").unwrap(), origin("https://evilgood.test").unwrap());
}

#[test]
fn user_names_are_refused() {
    // E06
    let twelve = [
        "api.good.test@evil.test",
        "good:pw@evil.test",
        "@evil.test",
        ":@evil.test",
        "good@",
        "a@b@evil.test",
        "api.good.test:443@evil.test",
        "good%40x@evil.test",
        "[::1]@evil.test",
        "good.test@[::1]",
        "@",
        "evil.test@:443",
    ];
    for bad in twelve {
        assert!(host(bad).is_err(), "{bad}");
    }
}

const AMBIGUOUS: [&str; 56] = [
    "",
    ":443",
    ".",
    "..",
    ":",
    "good.test:",
    "good.test::443",
    "good.test:443:443",
    "good.test\\evil.test",
    "good.test\tevil.test",
    "good.test\r\nevil.test",
    "good.test evil.test",
    " good.test",
    "good.test ",
    "good.test#evil.test",
    "good.test?evil.test",
    "good.test/evil.test",
    "good.test;evil.test",
    "good.test%2fevil",
    "good.test%00",
    "good.test\0",
    "good.test\u{ff20}evil.test",
    "good.test\u{ff0f}evil.test",
    "api.good.test.",
    "api.good.test..",
    "api..good.test",
    ".good.test",
    "api.good.test.:443",
    "[api.good.test]",
    "[127.0.0.1]",
    "[]",
    "[::1",
    "::1]",
    "::1",
    "[::1]x",
    "[::1]]",
    "[[::1]]",
    "[::1]:",
    "[fe80::1%eth0]",
    "[fe80::1%25eth0]",
    "[::1%0]",
    "-good.test",
    "good-.test",
    "good_x.test",
    "good.test,evil.test",
    "good.test|evil.test",
    "'good.test'",
    "good.test:+443",
    "good.test:0443",
    "good.test:65536",
    "good.test:99999999999",
    "good.test:-1",
    "good.test:4 43",
    "good.test:0x1bb",
    "good.test:\u{0664}",
    "good.test:0",
];

#[test]
fn parsers_have_nothing_to_disagree_about() {
    // E05, E07, E10, E13
    for bad in AMBIGUOUS {
        assert!(host(bad).is_err(), "{bad:?}");
    }
    assert!(host(&format!("{}.test", "a".repeat(64))).is_err());
    assert!(host(&"a.".repeat(127).repeat(2)).is_err());
}

#[test]
fn an_address_has_one_spelling() {
    // E08, E09
    let bad = [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "0177.0000.0000.0001",
        "127.1",
        "127.0.1",
        "0",
        "00",
        "127.0.0.01",
        "127.0.0.0x1",
        "0x0",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.256",
        "good.1",
        "good.0x1f",
        "017700000001",
        "0x",
        "[0:0:0:0:0:0:0:1]",
        "[::0001]",
        "[0::1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1%1]",
    ];
    for bad in bad {
        assert!(host(bad).is_err(), "{bad}");
    }
    assert_eq!(host("127.0.0.1").unwrap(), "127.0.0.1");
    assert_eq!(host("[::1]:8443").unwrap(), "[::1]");
    assert_eq!(host("[::ffff:127.0.0.1]").unwrap(), "[::ffff:127.0.0.1]");
    assert_eq!(host("0x7f.good").unwrap(), "0x7f.good");
}

#[test]
fn names_are_ascii() {
    // E12
    let bad = [
        "\u{ff41}pi.good.test",
        "api\u{3002}good\u{3002}test",
        "api\u{ff0e}good.test",
        "a\u{200d}pi.good.test",
        "a\u{ad}pi.good.test",
        "stra\u{df}e.test",
        "\u{430}pi.good.test",
        "api.good.test\u{200b}",
        "xn--",
        "xn--api-.test",
        "\u{1d5ba}pi.test",
        "\u{e9}.test",
        "a\u{301}.test",
        "\u{2460}.test",
        "\u{212a}.test",
        "\u{131}.test",
        "good\u{2024}test",
        "\u{202e}tset",
        "\u{ffff}.test",
        "\u{1f4a9}.test",
    ];
    for bad in bad {
        assert!(host(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn loopback_is_a_matter_of_the_name_alone() {
    let loopback = |text: &str| text.parse::<HostName>().unwrap().is_loopback();
    for yes in ["localhost", "LOCALHOST", "api.localhost", "127.0.0.1", "127.8.9.1", "[::1]"] {
        assert!(loopback(yes), "{yes}");
    }
    for no in ["localhost.test", "notlocalhost", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "loopback"] {
        assert!(!loopback(no), "{no}");
    }
}

#[test]
fn what_a_stranger_wrote_is_shown_escaped_and_cut() {
    let error = origin(&format!("https://{}\x1b[2J", "\u{202e}a".repeat(500))).unwrap_err().to_string();
    assert!(!error.contains('\x1b') && !error.contains('\u{202e}') && error.len() < 1500, "{error}");
}

proptest! {
    // E11: case never matters, and what is printed parses to the same
    #[test]
    fn case_does_not_change_an_origin(name in "[a-z][a-z0-9]{0,8}(\\.[a-z][a-z0-9]{0,8}){0,3}", upper in any::<u32>(), port in 1u16..) {
        let mixed: String = name.char_indices()
            .map(|(at, c)| if upper & (1 << (at % 32)) == 0 { c } else { c.to_ascii_uppercase() })
            .collect();
        let given = origin(&format!("https://{mixed}:{port}")).unwrap();
        prop_assert_eq!(&given, &origin(&format!("https://{name}:{port}")).unwrap());
        prop_assert_eq!(&given, &origin(&given.to_string()).unwrap());
    }

    // E07: whatever the text, an accepted authority prints as itself but for case and the default port
    #[test]
    fn an_accepted_authority_is_already_canonical(text in "[ -~]{0,24}|[a-zA-Z0-9.:\\[\\]@%-]{0,24}") {
        if let Ok(origin) = Origin::of_authority(Scheme::Https, &text) {
            let text = text.to_ascii_lowercase();
            prop_assert_eq!(text.strip_suffix(":443").unwrap_or(&text), origin.authority());
        }
    }
}
