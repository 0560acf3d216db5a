//! Paths that mean the same to everyone who reads them.

use std::fmt;
use std::str::FromStr;

use super::GrantParseError;

/// A path, from its first `/`. A segment that is `*` stands for any one segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPattern(Box<str>);

impl PathPattern {
    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `path`, which must have passed the check for requests, is one of those that the pattern stands for.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        let all = self.0.split('/').all(|wanted| {
            segments.next().is_some_and(|given| given == wanted || (wanted == "*" && !given.is_empty()))
        });
        all && segments.next().is_none()
    }
}

impl FromStr for PathPattern {
    type Err = GrantParseError;

    fn from_str(text: &str) -> Result<Self, GrantParseError> {
        let error = |why| GrantParseError::new("a path pattern", why, text);
        check_path(text).map_err(error)?;
        if text.split('/').any(|segment| segment != "*" && segment.contains('*')) {
            return Err(error("`*` stands for a whole segment"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Refuses a path that some server might read as another one: dot segments, empty segments, parameters, encoded
/// separators, and encodings of what needs none (SECURITY.md E26).
///
/// # Errors
/// The rule that it breaks.
pub(crate) fn check_path(path: &str) -> Result<(), &'static str> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err("it starts with `/`");
    };
    if path.len() > 2048 {
        return Err("it has at most 2,048 characters");
    }
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        if segment.is_empty() && segments.peek().is_some() {
            return Err("it has no empty segments");
        }
        if matches!(segment, "." | "..") {
            return Err("it has no `.` and `..` segments");
        }
        check_segment(segment.as_bytes())?;
    }
    Ok(())
}

fn check_segment(mut rest: &[u8]) -> Result<(), &'static str> {
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            (b'%', [high, low, after @ ..]) => {
                check_encoded(*high, *low)?;
                after
            }
            (byte, tail) if is_plain(*byte) => tail,
            _ => return Err("it has only the characters that RFC 3986 allows in a path, and no `;`"),
        };
    }
    Ok(())
}

fn check_encoded(high: u8, low: u8) -> Result<(), &'static str> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (Some(high), Some(low)) = (digit(high), digit(low)) else {
        return Err("two hexadecimal digits follow each `%`");
    };
    let byte = high * 16 + low;
    if is_plain(byte) || byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b'%' | b';') {
        return Err("it encodes no separators, no control characters and nothing that needs no encoding");
    }
    Ok(())
}

/// What may stand in a segment as it is: `pchar` of RFC 3986 without `;`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        // E26
        let good = [
            "/",
            "/v1/messages",
            "/v1/",
            "/v1beta/models/gemini-2.5:streamGenerateContent",
            "/a%20b/%C3%A9",
            "/*",
        ];
        for path in good {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
        let bad = [
            "",
            "*",
            "v1",
            "http://evil.test/v1",
            "//evil.test/v1",
            "/v1//messages",
            "/v1/./messages",
            "/v1/../files",
            "/..",
            "/.",
            "/v1/messages/..",
            "/v1/%2e%2e/files",
            "/v1/%2E./files",
            "/v1/.%2e/files",
            "/v1%2ffiles",
            "/v1%2Ffiles",
            "/v1%5cfiles",
            "/v1\\files",
            "/v1/%252e%252e/files",
            "/v1/%25",
            "/v1/messages;x",
            "/v1/messages%3bx",
            "/v1/messages%00",
            "/v1/messages%0d%0a",
            "/v1/messages%0aHost:x",
            "/v1/messages%09",
            "/v1/messages\t",
            "/v1/messages x",
            "/v1/messages?x",
            "/v1/messages#x",
            "/v1/%6dessages",
            "/v1/%zz",
            "/v1/%",
            "/v1/%2",
            "/v1/m\u{e9}ssages",
            "/v1/m\u{ff0f}x",
            "/v1/%7f",
            "/v1/\"x\"",
            "/v1/<x>",
            "/v1/{x}",
            "/v1/a|b",
            "/v1/a^b",
            "/v1/`x`",
        ];
        for path in bad {
            assert!(check_path(path).is_err(), "{path}");
        }
        assert!(check_path(&format!("/{}", "a".repeat(2048))).is_err());
    }

    #[test]
    fn a_pattern_stands_for_whole_segments() {
        // E27
        let pattern: PathPattern = "/v1/models/*".parse().unwrap();
        assert!(pattern.matches("/v1/models/gpt-5.4"));
        for other in [
            "/v1/models",
            "/v1/models/",
            "/v1/models/a/b",
            "/v1/Models/a",
            "/v2/models/a",
            "/",
            "/x/v1/models/a",
        ] {
            assert!(!pattern.matches(other), "{other}");
        }
        let exact: PathPattern = "/v1/chat/completions".parse().unwrap();
        assert!(exact.matches("/v1/chat/completions"));
        assert!(!exact.matches("/v1/chat/completions/") && !exact.matches("/v1/chat/completion"));
    }

    #[test]
    fn a_pattern_that_is_none_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<PathPattern>().unwrap_err().to_string();
        assert_eq!(refused("/v1/mod*"), "`/v1/mod*` is not a path pattern: `*` stands for a whole segment");
        assert_eq!(refused("v1"), "`v1` is not a path pattern: it starts with `/`");
        assert_eq!("/v1/*".parse::<PathPattern>().unwrap().to_string(), "/v1/*");
    }
}
