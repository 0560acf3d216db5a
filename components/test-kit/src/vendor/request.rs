//! What a client sent, parsed by the book: a request that only a lenient reader would understand says so.
//!
//! The gate must never put anything on the wire that two readers could understand differently. So this reader is not
//! lenient in silence: whatever RFC 9112 forbids lands in [`Request::problems`], and a test asserts that it is empty.

/// One request, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    /// The method.
    pub method: String,
    /// The request line's target, untouched.
    pub target: String,
    /// The headers in the order they came, names untouched.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
    /// The headers after a chunked body.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// What about it HTTP/1.1 forbids.
    pub problems: Vec<String>,
}

impl Request {
    /// The target without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The value of a header, where it came exactly once and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        match self.all(name).as_slice() {
            [value] => std::str::from_utf8(value).ok(),
            _ => None,
        }
    }

    /// All values of a header.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&[u8]> {
        let named = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_slice()).collect()
    }

    /// The body as JSON; null where it is not.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The key that the client sent, from the headers in which vendors want one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        let bearer = self.header("authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or(value));
        bearer.or_else(|| self.header("x-api-key")).or_else(|| self.header("x-goog-api-key"))
    }

    /// Reads a request's head: everything up to the empty line, without it.
    pub(super) fn parse_head(head: &[u8]) -> Self {
        let mut request = Self::default();
        let mut lines = head.split(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        request.parse_first_line(first);
        for line in lines {
            let line = request.strict_line(line);
            let header = request.parse_header(line);
            request.headers.extend(header);
        }
        request.judge_framing();
        request
    }

    /// Reads one trailer line; the empty one is not given here.
    pub(super) fn parse_trailer(&mut self, line: &[u8]) {
        let line = self.strict_line(line);
        let trailer = self.parse_header(line);
        self.trailers.extend(trailer);
    }

    /// Whether a body in chunks follows.
    pub(super) fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    }

    /// How long the body is that follows.
    pub(super) fn content_length(&self) -> usize {
        self.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    fn parse_first_line(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(self.strict_line(line)).into_owned();
        let words: Vec<&str> = line.split(' ').collect();
        if let [method, target, version] = words.as_slice() {
            (self.method, self.target) = ((*method).to_owned(), (*target).to_owned());
            if *version != "HTTP/1.1" {
                self.problems.push(format!("version `{version}`"));
            }
        } else {
            self.problems.push(format!("request line `{}`", line.escape_debug()));
        }
    }

    fn strict_line<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        let Some(line) = line.strip_suffix(b"\r") else {
            self.problems.push("a line ends without a carriage return".to_owned());
            return line;
        };
        if line.iter().any(|byte| matches!(byte, b'\r' | 0)) {
            self.problems.push("a carriage return or a zero inside a line".to_owned());
        }
        line
    }

    fn parse_header(&mut self, line: &[u8]) -> Option<(String, Vec<u8>)> {
        let colon = line.iter().position(|byte| *byte == b':');
        let Some((name, value)) = colon.and_then(|colon| line.split_at_checked(colon)) else {
            self.problems.push(format!("header line `{}`", line.escape_ascii()));
            return None;
        };
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        if name.is_empty() || !name.iter().all(is_token) {
            self.problems.push(format!("header name `{}`", name.escape_ascii()));
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        Some((String::from_utf8_lossy(name).into_owned(), value.to_vec()))
    }

    fn judge_framing(&mut self) {
        let (lengths, codings) = (self.all("content-length"), self.all("transfer-encoding"));
        let bad_length =
            lengths.iter().any(|value| !value.iter().all(u8::is_ascii_digit) || value.is_empty());
        let bad_coding = codings.iter().any(|value| !value.eq_ignore_ascii_case(b"chunked"));
        let checks = [
            (lengths.len() > 1, "more than one content-length"),
            (codings.len() > 1, "more than one transfer-encoding"),
            (!lengths.is_empty() && !codings.is_empty(), "content-length and transfer-encoding"),
            (bad_length, "a content-length that is no number"),
            (bad_coding, "a transfer-encoding that is not `chunked`"),
            (self.all("host").len() != 1, "not exactly one host"),
        ];
        self.problems.extend(checks.into_iter().filter(|(bad, _)| *bad).map(|(_, what)| what.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_request_has_no_problems() {
        let request = Request::parse_head(b"POST /v1/x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r");
        assert_eq!(request.problems, Vec::<String>::new());
        assert_eq!(
            (request.path(), request.header("host"), request.content_length()),
            ("/v1/x", Some("a"), 3)
        );
    }

    #[test]
    fn whatever_two_readers_could_read_differently_is_a_problem() {
        for head in [
            "GET / HTTP/1.1\nHost: a\r",
            "GET  / HTTP/1.1\r\nHost: a\r",
            "GET / HTTP/1.0\r\nHost: a\r",
            "GET / HTTP/1.1\r",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r",
            "GET / HTTP/1.1\r\nHost: a\r\nX : b\r",
            "GET / HTTP/1.1\r\nHost: a\r\n folded\r",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r",
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r",
        ] {
            assert_ne!(Request::parse_head(head.as_bytes()).problems, Vec::<String>::new(), "{head:?}");
        }
    }
}
