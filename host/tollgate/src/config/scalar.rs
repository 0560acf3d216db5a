//! What a scalar is: YAML 1.2's core types, and no more than those on which its readers agree.
//!
//! Quoted is text, always. Unquoted, `no`, `0x10`, `1_000`, `0755` or `22:30` is one thing to one reader and another
//! to the next; a file that decides about keys has no room for that, so that such a word is nothing until it is
//! quoted or rewritten. Dates are texts to all of them that matter here.

/// A scalar as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scalar {
    /// Its text, without quotes and escapes.
    pub(super) text: String,
    /// Whether it was written without quotes.
    pub(super) plain: bool,
}

/// What a scalar means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning<'a> {
    /// No value: `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number in decimal digits.
    Integer(i64),
    /// A finite number with a fraction or an exponent.
    Number(f64),
    /// A number that this house does not hold.
    Huge,
    /// A word on which readers of YAML differ.
    Ambiguous,
    /// A text.
    Text(&'a str),
}

impl Scalar {
    /// What it means.
    pub(super) fn meaning(&self) -> Meaning<'_> {
        if self.plain { plain(&self.text) } else { Meaning::Text(&self.text) }
    }
}

impl Meaning<'_> {
    /// A name for it in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number with a fraction or an exponent",
            Self::Huge => "a number of that size",
            Self::Ambiguous => "a word that readers of YAML take for different things",
            Self::Text(_) => "a text",
        }
    }
}

fn plain(text: &str) -> Meaning<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Meaning::Null,
        "true" | "True" | "TRUE" => return Meaning::Boolean(true),
        "false" | "False" | "FALSE" => return Meaning::Boolean(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if is_decimal(digits) {
        return text.parse().map_or(Meaning::Huge, Meaning::Integer);
    }
    if is_number(digits) {
        let finite = text.parse().ok().filter(|number: &f64| number.is_finite());
        return finite.map_or(Meaning::Huge, Meaning::Number);
    }
    if is_boolean_elsewhere(text) || is_number_elsewhere(digits) {
        Meaning::Ambiguous
    } else {
        Meaning::Text(text)
    }
}

/// Decimal digits without a zero that some readers take for octal.
fn is_decimal(digits: &str) -> bool {
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

/// `1.5`, `.5`, `1e3`: a number of YAML's core schema that is not a whole one.
fn is_number(digits: &str) -> bool {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).map_or((digits, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && is_digits(exponent)
    });
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    let octal_elsewhere = whole.len() > 1 && whole.starts_with('0');
    has_digits && is_digits(whole) && is_digits(fraction) && exponent_fits && !octal_elsewhere
}

fn is_boolean_elsewhere(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Octal, hexadecimal, binary, digits with `_` or `:` between them, infinity, not a number.
fn is_number_elsewhere(digits: &str) -> bool {
    let lower = digits.to_ascii_lowercase();
    let prefixed = ["0x", "0o", "0b"].iter().any(|prefix| {
        lower
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    let punctuated = lower.starts_with(|c: char| c.is_ascii_digit())
        && lower.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b':' | b'.'))
        && !lower.ends_with([':', '.'])
        && lower.matches('.').count() <= 1;
    prefixed || punctuated || matches!(lower.as_str(), ".inf" | ".nan")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unquoted(text: &str) -> Meaning<'_> {
        plain(text)
    }

    #[test]
    fn only_core_words_and_decimal_numbers_have_a_type() {
        // C04
        for (text, meaning) in [
            ("", Meaning::Null),
            ("~", Meaning::Null),
            ("null", Meaning::Null),
            ("true", Meaning::Boolean(true)),
            ("False", Meaning::Boolean(false)),
            ("0", Meaning::Integer(0)),
            ("-12", Meaning::Integer(-12)),
            ("+12", Meaning::Integer(12)),
            ("9223372036854775807", Meaning::Integer(i64::MAX)),
            ("9223372036854775808", Meaning::Huge),
            ("0.5", Meaning::Number(0.5)),
            (".5", Meaning::Number(0.5)),
            ("1e3", Meaning::Number(1000.0)),
            ("-2.5E-1", Meaning::Number(-0.25)),
            ("1e999", Meaning::Huge),
            ("gpt-5.4", Meaning::Text("gpt-5.4")),
            ("1.2.3", Meaning::Text("1.2.3")),
            ("2024-10-21", Meaning::Text("2024-10-21")),
            ("e3", Meaning::Text("e3")),
            ("-", Meaning::Text("-")),
            (".", Meaning::Text(".")),
            ("0xyz", Meaning::Text("0xyz")),
            ("tRUE", Meaning::Text("tRUE")),
        ] {
            assert_eq!(unquoted(text), meaning, "{text:?}");
        }
    }

    #[test]
    fn words_that_readers_take_for_different_things_are_nothing() {
        // C04
        let words = [
            "no",
            "No",
            "NO",
            "yes",
            "on",
            "Off",
            "y",
            "n",
            "0x10",
            "0o17",
            "0b1",
            "0755",
            "00",
            "1_000",
            "22:30",
            "1:20:30",
            "190:20:30.15",
            "-1_000",
            ".inf",
            "-.INF",
            ".nan",
            "007.5",
        ];
        for word in words {
            assert_eq!(unquoted(word), Meaning::Ambiguous, "{word}");
        }
    }

    #[test]
    fn quoted_is_text_whatever_it_says() {
        for text in ["no", "1", "", "true", "~"] {
            let scalar = Scalar { text: text.to_owned(), plain: false };
            assert_eq!(scalar.meaning(), Meaning::Text(text));
        }
    }
}
