//! A response's body on its way to the plugin: counted, timed and scrubbed as it streams.
//!
//! It is polled on the plugin's threads; its timers were made on the I/O runtime and fire there. When it ends as HTTP
//! says, its connection goes back to the pool; when anything is wrong with it, the connection is closed with it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use crate::types::Origin;

use super::denial::Cause;
use super::failure::Failure;
use super::finding::Findings;
use super::header;
use super::pace::Pace;
use super::pool::Lease;
use super::scrub::{HITS, Patterns, Scrub};

/// What a plugin reads of a response.
#[derive(Debug)]
pub(crate) struct ResponseBody {
    state: State,
    findings: Findings,
    /// Its place among the call's requests.
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum State {
    Streaming(Box<Streaming>),
    /// What is left after the last byte was read, or all of a body that the host wrote.
    Rest(VecDeque<Frame<Bytes>>),
}

/// A body that is being read.
#[derive(Debug)]
pub(super) struct Streaming {
    pub(super) source: Incoming,
    pub(super) lease: Lease,
    pub(super) origin: Origin,
    pub(super) pace: Pace,
    /// How much it may have, and how much of that is left.
    pub(super) limit: u64,
    pub(super) left: u64,
    pub(super) scrub: Option<Scrub>,
    /// For trailers: what the credential looks like and where it goes.
    pub(super) key: (Option<std::sync::Arc<Patterns>>, Option<HeaderName>),
    pub(super) trailers: Option<HeaderMap>,
}

// === impl ResponseBody ===

impl ResponseBody {
    pub(super) fn streaming(body: Streaming, findings: Findings, place: OwnedSemaphorePermit) -> Self {
        Self { state: State::Streaming(Box::new(body)), findings, _place: place }
    }

    /// A body that the host wrote.
    pub(super) fn made(text: String, findings: Findings, place: OwnedSemaphorePermit) -> Self {
        Self { state: State::Rest([Frame::data(text.into())].into()), findings, _place: place }
    }

    fn take_state(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Rest(VecDeque::new()))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let this = &mut *self;
        if let State::Streaming(body) = &mut this.state {
            match ready!(body.poll_data(cx, &this.findings)) {
                Ok(Some(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Ok(None) => {
                    if let State::Streaming(body) = this.take_state() {
                        this.state = State::Rest(body.end());
                    }
                }
                Err(failure) => {
                    // dropped, not given back: this closes the connection
                    drop(this.take_state());
                    this.findings.fail(&failure);
                    return Poll::Ready(Some(Err(failure)));
                }
            }
        }
        match &mut this.state {
            State::Rest(frames) => Poll::Ready(frames.pop_front().map(Ok)),
            State::Streaming(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.state, State::Rest(frames) if frames.is_empty())
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let State::Streaming(body) = self.take_state() {
            body.lease.leave(body.source);
        }
    }
}

// === impl Streaming ===

impl Streaming {
    /// The next bytes that may go on, `None` at the end.
    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
        findings: &Findings,
    ) -> Poll<Result<Option<Bytes>, Failure>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.source).poll_frame(cx) else {
                return self.pace.poll_expired(cx).map(Err);
            };
            let frame = match frame {
                None => return Poll::Ready(Ok(None)),
                Some(Err(error)) => return Poll::Ready(Err(Failure::of_body(&error))),
                Some(Ok(frame)) => frame,
            };
            match frame.into_data() {
                Ok(data) => {
                    let data = self.pass(data, findings)?;
                    if !data.is_empty() {
                        return Poll::Ready(Ok(Some(data)));
                    }
                }
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            }
        }
    }

    fn pass(&mut self, data: Bytes, findings: &Findings) -> Result<Bytes, Failure> {
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(length).ok_or(Failure::ResponseBody { limit: self.limit })?;
        self.pace.moved(&data);
        let Some(scrub) = &mut self.scrub else {
            return Ok(data);
        };
        let before = scrub.hits();
        let data = scrub.push(data);
        if scrub.hits() >= HITS {
            return Err(Cause::KeyEchoed(self.origin.clone()).into());
        }
        (before..scrub.hits()).for_each(|_| findings.echoed(&self.origin));
        Ok(data)
    }

    /// All was read: what was held back, and the trailers.
    fn end(mut self) -> VecDeque<Frame<Bytes>> {
        self.lease.give_back();
        let held = self.scrub.as_mut().map(Scrub::finish).filter(|held| !held.is_empty()).map(Frame::data);
        let trailers = self.trailers.map(|mut trailers| {
            let (patterns, slot) = &self.key;
            header::clean_response(&mut trailers, slot.as_ref(), patterns.as_deref());
            Frame::trailers(trailers)
        });
        held.into_iter().chain(trailers).collect()
    }
}
