//! What the vendor does with a request, as steps on the wire.
//!
//! An answer is not a response: a vendor that misbehaves does so below HTTP. So an answer ends up as a list of
//! [`Step`]s, made from the request when it comes, and everything above is a way to make such a list.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::gate::Gate;
use super::request::Request;

/// What the vendor does with one request.
#[derive(Clone)]
pub struct Answer(Arc<Play>);

type Play = dyn Fn(&Request) -> Vec<Step> + Send + Sync;

/// One thing that the vendor does on the wire.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Step {
    /// Sends these bytes at once.
    Send(Vec<u8>),
    /// Sends these bytes again and again, until the client goes away.
    Flood(Vec<u8>),
    /// Waits at a gate.
    Pass(Gate),
    /// Waits some time. For trying things by hand; a test uses a gate.
    Pause(Duration),
    /// Ends the connection in order.
    Close,
    /// Ends the connection with a reset.
    Reset,
    /// Does nothing more, until the client goes away.
    Hang,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(..)")
    }
}

impl Answer {
    /// Does these steps, whatever was asked.
    #[must_use]
    pub fn steps(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps: Vec<Step> = steps.into_iter().collect();
        Self(Arc::new(move |_| steps.clone()))
    }

    /// Sends these bytes, whatever was asked.
    #[must_use]
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::steps([Step::Send(bytes.into())])
    }

    /// Never answers.
    #[must_use]
    pub fn hang() -> Self {
        Self::steps([Step::Hang])
    }

    /// Answers with the end of the connection.
    #[must_use]
    pub fn close() -> Self {
        Self::steps([Step::Close])
    }

    /// Answers with a reset.
    #[must_use]
    pub fn reset() -> Self {
        Self::steps([Step::Reset])
    }

    /// Decides by the request.
    #[must_use]
    pub fn by_request<A: Into<Self>>(decide: impl Fn(&Request) -> A + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |request| decide(request).into().play(request)))
    }

    /// Sends every byte by itself.
    #[must_use]
    pub fn byte_by_byte(self) -> Self {
        self.each(|step| match step {
            Step::Send(bytes) => bytes.into_iter().map(|byte| Step::Send(vec![byte])).collect(),
            other => vec![other],
        })
    }

    /// Waits at the gate before it sends anything.
    #[must_use]
    pub fn behind(self, gate: &Gate) -> Self {
        let gate = gate.clone();
        Self(Arc::new(move |request| {
            std::iter::once(Step::Pass(gate.clone())).chain(self.play(request)).collect()
        }))
    }

    /// Waits at the gate before each piece that it sends.
    #[must_use]
    pub fn gated(self, gate: &Gate) -> Self {
        let gate = gate.clone();
        self.each(move |step| match step {
            Step::Send(_) => vec![Step::Pass(gate.clone()), step],
            other => vec![other],
        })
    }

    /// Pauses before each piece that it sends. For trying things by hand; a test uses a gate.
    #[must_use]
    pub fn slowly(self, pause: Duration) -> Self {
        self.each(move |step| match step {
            Step::Send(_) => vec![Step::Pause(pause), step],
            other => vec![other],
        })
    }

    /// Sends only so many bytes, then ends the connection.
    #[must_use]
    pub fn cut_after(self, bytes: usize) -> Self {
        Self(Arc::new(move |request| {
            let mut left = bytes;
            let cut = |step| match step {
                Step::Send(mut bytes) => {
                    bytes.truncate(left);
                    left -= bytes.len();
                    Step::Send(bytes)
                }
                other => other,
            };
            self.play(request).into_iter().map(cut).chain([Step::Close]).collect()
        }))
    }

    /// Does one thing more at the end.
    #[must_use]
    pub fn then(self, step: Step) -> Self {
        Self(Arc::new(move |request| self.play(request).into_iter().chain([step.clone()]).collect()))
    }

    /// The steps for this request.
    pub(super) fn play(&self, request: &Request) -> Vec<Step> {
        (self.0)(request)
    }

    fn each(self, change: impl Fn(Step) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |request| self.play(request).into_iter().flat_map(&change).collect()))
    }
}
