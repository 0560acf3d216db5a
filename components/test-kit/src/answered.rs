//! An answer that was read to its end, whatever the end was.

use tollgate::types::{Event, FinishReason, Usage};
use tollgate::{End, Error, ErrorKind, Response};

/// Everything that came of a prompt.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answered {
    /// The text, so far as it came.
    pub text: String,
    /// The batches in which the events came.
    pub batches: Vec<Vec<Event>>,
    /// What the provider reported.
    pub usage: Usage,
    /// Why the answer ended, where it ended well.
    pub finish_reason: Option<FinishReason>,
    /// How it ended; none where it never began.
    pub end: Option<End>,
    /// What went wrong.
    pub error: Option<Error>,
}

impl Answered {
    pub(crate) fn refused(error: Error) -> Self {
        Self {
            text: String::new(),
            batches: Vec::new(),
            usage: Usage::default(),
            finish_reason: None,
            end: None,
            error: Some(error),
        }
    }

    pub(crate) async fn collect(mut response: Response) -> Self {
        let (mut text, mut batches, mut error) = (String::new(), Vec::new(), None);
        while let Some(batch) = response.next().await {
            match batch {
                Ok(batch) => {
                    batch.iter().filter_map(text_of).for_each(|more| text.push_str(more));
                    batches.push(batch);
                }
                Err(failed) => error = Some(failed),
            }
        }
        let finish_reason = response.finish_reason().cloned();
        Self { text, batches, usage: response.usage().clone(), finish_reason, end: response.end(), error }
    }

    /// The events in their order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.batches.iter().flatten()
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        self.error.as_ref().map(Error::kind)
    }

    /// What a caller would be told; empty where nothing went wrong.
    #[must_use]
    pub fn message(&self) -> String {
        self.error.as_ref().map(Error::public_message).unwrap_or_default()
    }
}

fn text_of(event: &Event) -> Option<&str> {
    match event {
        Event::Text { text, .. } => Some(text),
        _ => None,
    }
}
