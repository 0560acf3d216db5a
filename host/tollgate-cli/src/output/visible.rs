//! Taking out of strangers' text what a terminal would obey.

use std::borrow::Cow;

/// The text without C0 and C1 controls, but with line feeds and tabs, and without the two characters that turn the
/// direction of what follows. Character by character, so that no sequence slips through between two chunks.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.contains(is_obeyed) {
        text.chars().filter(|c| !is_obeyed(*c)).collect::<String>().into()
    } else {
        text.into()
    }
}

/// JSON text in which those characters are escaped. They stand only inside strings there.
pub(super) fn escaped(json: &str) -> Cow<'_, str> {
    if !json.contains(is_obeyed) {
        return json.into();
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_obeyed(character) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped.into()
}

fn is_obeyed(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{202d}' | '\u{202e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        // P16
        for (text, shown) in [
            ("plain\n\ttext é 漢 👩‍🚀", "plain\n\ttext é 漢 👩‍🚀"),
            ("\x1b[2Jclear", "[2Jclear"),
            ("\x1b]8;;https://evil.test\x07link\x1b]8;;\x07", "]8;;https://evil.testlink]8;;"),
            ("\x1b]52;c;ZXZpbA==\x07", "]52;c;ZXZpbA=="),
            ("a\rb", "ab"),
            ("a\x08b\x7fc", "abc"),
            ("\u{9b}31mred", "31mred"),
            ("\u{90}q\u{9c}", "q"),
            ("nul\0l", "null"),
            ("abc\u{202e}gpj.exe", "abcgpj.exe"),
        ] {
            assert_eq!(visible(text), shown, "{text:?}");
        }
    }

    #[test]
    fn every_control_but_two_is_taken_out() {
        // P16
        for code in (0..0x20).chain(0x7f..0xa0) {
            let character = char::from_u32(code).unwrap();
            let kept = visible(&format!("a{character}b")).len() > 2;
            assert_eq!(kept, matches!(character, '\n' | '\t'), "{code:#x}");
        }
    }

    #[test]
    fn json_keeps_them_escaped() {
        let value = serde_json::json!({"a": "\u{9b}31m\x7f\u{202e}\n\u{1b}"});
        let text = serde_json::to_string(&value).unwrap();
        let shown = escaped(&text);
        assert!(!shown.contains(is_obeyed), "{shown:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
