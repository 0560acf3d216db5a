//! What comes back.

use std::collections::VecDeque;
use std::fmt;

use super::{Headers, retry_after, wasi};
use crate::types::{Error, ErrorKind};

/// An answer, whose body is read as it arrives.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
    body: Body,
}

enum Body {
    Wasi(wasi::Body),
    /// Made by a test.
    Given(VecDeque<Result<Vec<u8>, Error>>),
    /// All read, or broken.
    Ended,
}

impl Response {
    /// An answer that a test makes, with its body in these chunks.
    pub fn given<C: Into<Vec<u8>>>(
        status: u16,
        headers: &[(&str, &str)],
        chunks: impl IntoIterator<Item = C>,
    ) -> Self {
        let headers =
            headers.iter().map(|&(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect();
        let chunks = chunks.into_iter().map(|chunk| Ok(chunk.into())).collect();
        Self { status, headers, body: Body::Given(chunks) }
    }

    /// Ends the body of an answer that a test makes with a failure, such as a connection that broke.
    #[must_use]
    pub fn then_fails(mut self, error: Error) -> Self {
        if let Body::Given(chunks) = &mut self.body {
            chunks.push_back(Err(error));
        }
        self
    }

    pub(super) fn arriving(status: u16, headers: Headers, body: wasi::Body) -> Self {
        Self { status, headers, body: Body::Wasi(body) }
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// How many milliseconds the vendor asks to wait before another try.
    ///
    /// It reads `retry-after-ms`, then `retry-after` in seconds, then `retry-after` as an HTTP date, which is compared
    /// with the answer's own `date`: no clock is asked, so a date without that header is ignored.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        retry_after::read(&self.headers)
    }

    /// What one read gives: waits until something of the body is there. `None` is the end.
    ///
    /// # Errors
    /// Why the body broke off. After an error, and after the end, there is only the end.
    pub fn read_chunk(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let read = match &mut self.body {
            Body::Wasi(body) => body.read(),
            Body::Given(chunks) => chunks.pop_front().transpose(),
            Body::Ended => Ok(None),
        };
        if !matches!(read, Ok(Some(_))) {
            self.body = Body::Ended;
        }
        read
    }

    /// The whole body, where it has at most `limit` bytes.
    ///
    /// # Errors
    /// As [`read_chunk`](Self::read_chunk); [`ErrorKind::MalformedResponse`] where the body is longer.
    pub fn read_all(&mut self, limit: usize) -> Result<Vec<u8>, Error> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.read_chunk()? {
            if chunk.len() > limit.saturating_sub(whole.len()) {
                self.body = Body::Ended;
                let message = format!("the vendor's answer is longer than {limit} bytes");
                return Err(Error::new(ErrorKind::MalformedResponse, message).with_status(self.status));
            }
            if whole.is_empty() {
                whole = chunk;
            } else {
                whole.extend_from_slice(&chunk);
            }
        }
        Ok(whole)
    }

    /// As much of the body as arrives, up to `limit` bytes: for the body of an error, of which a part is better than
    /// nothing.
    pub fn read_start(&mut self, limit: usize) -> Vec<u8> {
        let mut start = Vec::new();
        while start.len() < limit {
            let Ok(Some(chunk)) = self.read_chunk() else { break };
            start.extend_from_slice(&chunk);
        }
        start.truncate(limit);
        self.body = Body::Ended;
        start
    }
}

/// Without the body, which holds an answer.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> Error {
        Error::new(ErrorKind::Connection, "gone").sent()
    }

    #[test]
    fn chunks_arrive_as_given_and_then_the_end_stays() {
        let mut response = Response::given(200, &[], ["ab", "c"]);
        assert_eq!(response.read_chunk().unwrap().as_deref(), Some(&b"ab"[..]));
        assert_eq!(response.read_chunk().unwrap().as_deref(), Some(&b"c"[..]));
        assert_eq!(response.read_chunk().unwrap(), None);
        assert_eq!(response.read_chunk().unwrap(), None);
    }

    #[test]
    fn a_broken_body_is_an_error_once() {
        let mut response = Response::given(200, &[], ["ab"]).then_fails(broken());
        assert!(response.read_chunk().unwrap().is_some());
        assert_eq!(response.read_chunk().unwrap_err(), broken());
        assert_eq!(response.read_chunk().unwrap(), None);
        assert_eq!(Response::given(200, &[], ["ab"]).then_fails(broken()).read_all(9).unwrap_err(), broken());
    }

    #[test]
    fn the_whole_body_is_bounded() {
        assert_eq!(Response::given(200, &[], ["ab", "c"]).read_all(3).unwrap(), b"abc");
        let error = Response::given(200, &[], ["ab", "c"]).read_all(2).unwrap_err();
        assert_eq!((error.kind, error.request_sent), (ErrorKind::MalformedResponse, true));
    }

    #[test]
    fn the_start_of_a_body_survives_its_break() {
        assert_eq!(Response::given(500, &[], ["abc", "def"]).read_start(4), b"abcd");
        assert_eq!(Response::given(500, &[], ["abc"]).then_fails(broken()).read_start(9), b"abc");
    }
}
