//! What is sent.

use std::fmt;

use serde::Serialize;

use super::{Headers, Response, Url, wasi};
use crate::testing;
use crate::types::{Error, ErrorKind};

/// A request, built step by step.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    method: String,
    url: Url,
    headers: Headers,
    body: Option<Vec<u8>>,
}

impl Request {
    /// A request with this method, in capitals.
    pub fn new(method: impl Into<String>, url: Url) -> Self {
        Self { method: method.into(), url, headers: Headers::default(), body: None }
    }

    /// A `GET`.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new("GET", url)
    }

    /// A `POST`.
    #[must_use]
    pub fn post(url: Url) -> Self {
        Self::new("POST", url)
    }

    /// Adds a header field. The host refuses a request that brings its own credential.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the body to `value` as JSON, and says so in `content-type`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`], where `value` cannot be written as JSON.
    pub fn json(self, value: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(value).map_err(|cause| {
            Error::new(ErrorKind::InvalidRequest, format!("the request is not JSON: {cause}"))
        })?;
        Ok(self.header("content-type", "application/json").body(body))
    }

    /// Sends it, and waits until the answer's status and headers are there.
    ///
    /// An answer with any status is an answer: look at [`Response::status`].
    ///
    /// # Errors
    /// Why there is no answer, with `request_sent` as far as it is known: [`ErrorKind::Denied`] where the host's gate
    /// refused, [`ErrorKind::Timeout`], [`ErrorKind::Connection`], [`ErrorKind::MalformedResponse`].
    pub fn send(self) -> Result<Response, Error> {
        if cfg!(target_family = "wasm") { wasi::send(&self) } else { testing::send(&self) }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Where it goes.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The body; `None` where none was set.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }
}

/// Without the body, which holds a prompt.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .finish()
    }
}
