//! An answer, as it arrives.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, StreamExt};

use super::Host;
use crate::error::Error;
use crate::pipeline::{End, Running};
use crate::types::{Event, FinishReason, ModelId, RequestId, Usage};

/// An answer that streams.
///
/// A stream of batches of [`Event`]s: each batch is what one read of the vendor's stream gave. Dropping it before its end
/// cancels the prompt: the plugin stops, and the connection to the vendor closes.
#[derive(Debug)]
pub struct Response {
    // the host lives as long as its answers
    _host: Host,
    running: Running,
}

impl Response {
    pub(super) fn new(host: Host, running: Running) -> Self {
        Self { _host: host, running }
    }

    /// The next batch of events; `None` after the last. Nothing comes after an error.
    ///
    /// # Cancel safety
    /// No event is lost.
    pub async fn next(&mut self) -> Option<Result<Vec<Event>, Error>> {
        StreamExt::next(self).await
    }

    /// Reads to the end and gives back the answer's text, reasoning left out.
    ///
    /// # Errors
    /// What kept the answer from its end; what arrived before is lost. Use [`Response::next`] to keep it.
    pub async fn text(mut self) -> Result<String, Error> {
        let mut text = String::new();
        while let Some(batch) = self.next().await {
            for event in batch? {
                if let Event::Text { text: more, .. } = event {
                    text.push_str(&more);
                }
            }
        }
        Ok(text)
    }

    /// The id of the prompt, as it stands in the log.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        self.running.request()
    }

    /// The model that answers.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        self.running.model()
    }

    /// What the provider has reported so far.
    #[must_use]
    pub fn usage(&self) -> &Usage {
        self.running.usage()
    }

    /// Why the answer ended; `None` while it goes on.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.running.finish_reason()
    }

    /// How it ended; `None` while it goes on.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.running.end()
    }

    /// How long ago the prompt was sent.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.running.duration()
    }
}

impl Stream for Response {
    type Item = Result<Vec<Event>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.running).poll_next(cx).map(|item| item.map(|batch| batch.map_err(Error::from)))
    }
}
