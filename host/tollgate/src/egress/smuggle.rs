//! Credentials that a plugin brings along in a query or a body.
//!
//! A plugin that may talk to a vendor could talk to it on an account of its own, and carry prompts there
//! (SECURITY.md E25). Headers are judged in [`header`](super::header); this is the rest: names in the query, and the
//! top-level fields of a JSON object or of a form. Names are compared without case, percent-encoding, JSON escapes,
//! hyphens and underscores, so `api_key`, `apiKey` and `API%2Dkey` are one name.
//!
//! A body is read by its first byte, not by what its `content-type` says: vendors read JSON whatever it is called. Only
//! keys are looked at; strings are skipped at the speed of `memchr`, and nothing is decoded or kept. Multipart bodies
//! are not looked into: they carry files.

/// The first name in a query that could carry a credential.
pub(super) fn in_query(query: &str) -> Option<&str> {
    query
        .split(['&', ';'])
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
        .find(|name| Name::of_query(name).is(&[&ANYWHERE, &IN_QUERIES], &SIGNING))
}

/// Looks for a field that could carry a credential, in a body that is given piece by piece.
#[derive(Debug, Default)]
pub(super) struct FieldScan {
    state: State,
    /// How many braces and brackets are open.
    depth: u32,
    /// Whether the next string in the outermost object is a key.
    at_key: bool,
    name: Name,
    found: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte that says what the body is.
    #[default]
    Start,
    /// Between strings.
    Structure,
    /// In a key of the outermost object; after its backslash; in its `\u`, with digits read and their value.
    Key,
    KeyEscape,
    KeyUnicode(u8, u32),
    /// In any other string; after its backslash.
    Text,
    TextEscape,
    /// In a form: in a name, in a value.
    FormName,
    FormValue,
    /// Nothing that is looked into.
    Skipped,
}

impl FieldScan {
    /// A scan of a body that its header calls a form, or not.
    pub(super) fn new(is_form: bool) -> Self {
        Self { state: if is_form { State::FormName } else { State::Start }, ..Self::default() }
    }

    /// Reads on.
    pub(super) fn push(&mut self, mut rest: &[u8]) {
        while self.found.is_none() {
            let skipped = match self.state {
                State::Skipped => return,
                State::Text => memchr::memchr2(b'"', b'\\', rest),
                State::FormValue => memchr::memchr2(b'&', b';', rest),
                _ => Some(0),
            };
            let Some([byte, after @ ..]) = skipped.and_then(|at| rest.get(at..)) else {
                return;
            };
            self.step(*byte);
            rest = after;
        }
    }

    /// The body has ended: the first name that could carry a credential, if there was one.
    pub(super) fn finish(mut self) -> Option<String> {
        if self.state == State::FormName {
            self.end_of_name(&[&ANYWHERE, &IN_QUERIES]);
        }
        self.found
    }

    fn step(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            // white space and a byte order mark may stand before the object
            (State::Start, b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf | 0) => State::Start,
            (State::Start, b'{') => {
                (self.depth, self.at_key) = (1, true);
                State::Structure
            }
            (State::Start | State::Skipped, _) => State::Skipped,
            (State::Structure, byte) => self.structure(byte),
            (State::Text, b'"') => State::Structure,
            (State::Text, b'\\') => State::TextEscape,
            (State::Text | State::TextEscape, _) => State::Text,
            (State::Key, b'"') => {
                self.at_key = false;
                self.end_of_name(&[&ANYWHERE]);
                State::Structure
            }
            (State::Key, b'\\') => State::KeyEscape,
            (State::KeyEscape, b'u') => State::KeyUnicode(0, 0),
            (State::KeyUnicode(3, value), digit) => {
                self.name.push(u8::try_from(value * 16 + hex(digit)).unwrap_or(b'?'));
                State::Key
            }
            (State::KeyUnicode(digits, value), digit) => {
                State::KeyUnicode(digits + 1, value * 16 + hex(digit))
            }
            (State::Key | State::KeyEscape, byte) => {
                self.name.push(byte);
                State::Key
            }
            (State::FormName, b'=') => {
                self.end_of_name(&[&ANYWHERE, &IN_QUERIES]);
                State::FormValue
            }
            (State::FormName | State::FormValue, b'&' | b';') => {
                self.end_of_name(&[&ANYWHERE, &IN_QUERIES]);
                State::FormName
            }
            (State::FormName, byte) => {
                self.name.push_encoded(byte);
                State::FormName
            }
            (State::FormValue, _) => State::FormValue,
        };
    }

    fn structure(&mut self, byte: u8) -> State {
        match byte {
            b'{' | b'[' => {
                self.at_key = self.depth == 0 && byte == b'{';
                self.depth = self.depth.saturating_add(1);
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' => self.at_key = self.depth == 1,
            b'"' if self.depth == 1 && self.at_key => return State::Key,
            b'"' => return State::Text,
            _ => {}
        }
        State::Structure
    }

    fn end_of_name(&mut self, tables: &[&[&str]]) {
        let name = std::mem::take(&mut self.name);
        if name.is(tables, &[]) {
            self.found = Some(name.to_string());
        }
    }
}

fn hex(digit: u8) -> u32 {
    char::from(digit).to_digit(16).unwrap_or(0)
}

/// A name without what does not count: at most as much of it as tells it from the names in the tables.
#[derive(Debug, Default)]
struct Name {
    letters: [u8; 24],
    length: usize,
    /// An open `%`, with how many digits were read and their value.
    encoded: Option<(u8, u32)>,
    /// A `[` ends a name: `api_key[]` is `api_key` to many servers.
    ended: bool,
}

impl Name {
    fn of_query(text: &str) -> Self {
        let mut name = Self::default();
        text.bytes().for_each(|byte| name.push_encoded(byte));
        name
    }

    fn push_encoded(&mut self, byte: u8) {
        match (self.encoded, byte) {
            (None, b'%') => self.encoded = Some((0, 0)),
            (None, byte) => self.push(byte),
            (Some((0, _)), digit) => self.encoded = Some((1, hex(digit))),
            (Some((_, high)), digit) => {
                self.encoded = None;
                self.push(u8::try_from(high * 16 + hex(digit)).unwrap_or(b'?'));
            }
        }
    }

    fn push(&mut self, byte: u8) {
        match byte {
            b'-' | b'_' | b'.' | b'+' | 0..=b' ' => {}
            b'[' => self.ended = true,
            _ if self.ended => {}
            byte => {
                if let Some(letter) = self.letters.get_mut(self.length) {
                    *letter = byte.to_ascii_lowercase();
                }
                self.length = self.length.saturating_add(1);
            }
        }
    }

    fn is(&self, tables: &[&[&str]], families: &[&str]) -> bool {
        let kept = self.letters.get(..self.length).unwrap_or(&self.letters);
        let whole = kept.len() == self.length;
        (whole && tables.iter().any(|table| table.iter().any(|name| name.as_bytes() == kept)))
            || families.iter().any(|family| kept.starts_with(family.as_bytes()))
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kept = self.letters.get(..self.length).unwrap_or(&self.letters);
        f.write_str(&String::from_utf8_lossy(kept))
    }
}

/// Names that mean a credential wherever they stand.
const ANYWHERE: [&str; 22] = [
    "accesskey",
    "accesskeyid",
    "accesstoken",
    "apikey",
    "apitoken",
    "authkey",
    "authorization",
    "authtoken",
    "bearer",
    "bearertoken",
    "clientsecret",
    "idtoken",
    "oauthtoken",
    "password",
    "privatekey",
    "refreshtoken",
    "secretaccesskey",
    "secretkey",
    "sessiontoken",
    "subscriptionkey",
    "xapikey",
    "xgoogapikey",
];

/// Names that mean one in a query or a form; in a JSON body they may be a vendor's own.
const IN_QUERIES: [&str; 11] = [
    "auth",
    "credential",
    "credentials",
    "jwt",
    "key",
    "passwd",
    "pwd",
    "secret",
    "sig",
    "signature",
    "token",
];

/// Signed requests: `X-Amz-Credential`, `X-Goog-Signature`.
const SIGNING: [&str; 2] = ["xamz", "xgoog"];

#[cfg(test)]
mod tests;
