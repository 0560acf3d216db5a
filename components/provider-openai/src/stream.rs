//! From what the vendor sends to the contract's events.
//!
//! An answer is whole only where the model said why it stopped, and a stream only where its `[DONE]` came: everything
//! short of that is an error, so that nobody takes half an answer for one. What arrived before the error is handed out
//! first.

use tollgate_plugin::http::Response;
use tollgate_plugin::types::{Count, Error, Event, FinishReason, ToolCallDelta, Usage};
use tollgate_plugin::{Completion, sse};

use crate::failure::{in_stream, malformed};
use crate::wire::{CallDelta, Choice, Chunk, Delta};

/// The most bytes of an answer that is not streamed.
const MAX_WHOLE_BYTES: usize = 32 * 1024 * 1024;

/// An answer on its way.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    decoder: Decoder,
    /// None where the answer comes as one document.
    events: Option<sse::Parser>,
    state: State,
}

#[derive(Debug)]
enum State {
    Arriving,
    /// The stream's last event has come.
    Done,
    /// Something went wrong behind what was handed out last.
    Failed(Error),
}

impl Answer {
    /// Reads the answer as what it says that it is; where it says nothing, as what was asked for.
    pub(crate) fn new(response: Response, streams: bool) -> Self {
        let streams = match response.headers.get("content-type").map(str::to_ascii_lowercase) {
            Some(kind) if kind.starts_with("text/event-stream") => true,
            Some(kind) if kind.starts_with("application/json") => false,
            _ => streams,
        };
        Self {
            response,
            decoder: Decoder::default(),
            events: streams.then(sse::Parser::new),
            state: State::Arriving,
        }
    }

    /// Reads once, and appends what that gave to the batch.
    fn read(&mut self, batch: &mut Vec<Event>) -> Result<(), Error> {
        let Some(events) = &mut self.events else {
            let whole = self.response.read_all(MAX_WHOLE_BYTES)?;
            let whole = str::from_utf8(&whole).map_err(|_| malformed("is not UTF-8"))?;
            self.decoder.decode(whole, batch)?;
            self.state = State::Done;
            return self.decoder.end(batch);
        };
        let Some(chunk) = self.response.read_chunk()? else {
            return Err(malformed("ended before its end"));
        };
        let (decoder, state) = (&mut self.decoder, &mut self.state);
        events.feed_with(&chunk, |event| match state {
            State::Arriving if event.data == "[DONE]" => {
                *state = State::Done;
                decoder.end(batch)
            }
            State::Arriving if event.name == "error" => Err(decoder.error(event.data)),
            State::Arriving => decoder.decode(event.data, batch),
            // whatever comes behind the end is none of ours
            State::Done | State::Failed(_) => Ok(()),
        })
    }
}

impl Completion for Answer {
    fn next(&mut self) -> Result<Vec<Event>, Error> {
        let mut batch = Vec::new();
        while batch.is_empty() {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Arriving => self.state = State::Arriving,
                State::Done => break,
                State::Failed(error) => return Err(error),
            }
            if let Err(error) = self.read(&mut batch) {
                self.state = State::Failed(error);
            }
        }
        Ok(batch)
    }
}

/// What has been understood of one answer.
#[derive(Debug, Default)]
struct Decoder {
    introduced: bool,
    parts: u32,
    text: Option<u32>,
    reasoning: Option<u32>,
    calls: Vec<Call>,
    refused: bool,
    finish: Option<FinishReason>,
}

/// A tool call that has begun.
#[derive(Debug)]
struct Call {
    /// The vendor's number of it, where it gave one.
    index: Option<u32>,
    part: u32,
}

impl Decoder {
    /// Reads one event of a stream, or a whole answer.
    ///
    /// A document of another shape is skipped, as long as it is one; a known field of another shape is not, since it
    /// may be a piece of the answer.
    fn decode(&mut self, json: &str, batch: &mut Vec<Event>) -> Result<(), Error> {
        let chunk: Chunk<'_> = match serde_json::from_str(json) {
            Ok(chunk) => chunk,
            Err(_) if is_other_document(json) => return Ok(()),
            Err(cause) => return Err(malformed(format!("cannot be read: {cause}"))),
        };
        if let Some(error) = chunk.error {
            return Err(in_stream(error.get()));
        }
        if !self.introduced && (chunk.id.is_some() || chunk.model.is_some()) {
            self.introduced = true;
            let owned = |text: crate::wire::Text<'_>| text.0.into_owned();
            batch.push(Event::response(chunk.id.map(owned), chunk.model.map(owned)));
        }
        // only one answer was asked for
        for choice in chunk.choices.into_iter().flatten().filter(|choice| choice.index == 0) {
            self.choice(choice, batch)?;
        }
        if let Some(counted) = chunk.usage {
            batch.push(Event::Usage(usage(&counted)));
        }
        Ok(())
    }

    /// The vendor's error, where it names an event `error`, with or without a field of that name in it.
    fn error(&mut self, data: &str) -> Error {
        match self.decode(data, &mut Vec::new()) {
            Err(error) => error,
            Ok(()) => in_stream(data),
        }
    }

    fn choice(&mut self, choice: Choice<'_>, batch: &mut Vec<Event>) -> Result<(), Error> {
        if let Some(delta) = choice.delta {
            self.delta(delta, batch)?;
        }
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            self.finish = Some(match reason.0.as_ref() {
                "stop" if self.refused => FinishReason::Refusal,
                "stop" => FinishReason::Stop,
                "length" => FinishReason::Length,
                "tool_calls" | "function_call" => FinishReason::ToolCalls,
                "content_filter" => FinishReason::ContentFilter,
                other => FinishReason::Other(other.chars().take(64).collect()),
            });
        }
        Ok(())
    }

    fn delta(&mut self, delta: Delta<'_>, batch: &mut Vec<Event>) -> Result<(), Error> {
        if let Some(thought) = delta.reasoning_content.filter(|text| !text.is_empty()) {
            let part = numbered(&mut self.reasoning, &mut self.parts);
            batch.push(Event::reasoning(part, thought.0));
        }
        if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
            let part = numbered(&mut self.text, &mut self.parts);
            batch.push(Event::text(part, text.0));
        }
        if let Some(text) = delta.refusal.filter(|text| !text.is_empty()) {
            self.refused = true;
            let part = numbered(&mut self.text, &mut self.parts);
            batch.push(Event::text(part, text.0));
        }
        for call in delta.tool_calls.into_iter().flatten() {
            batch.push(Event::ToolCall(self.call(call)?));
        }
        Ok(())
    }

    fn call(&mut self, call: CallDelta<'_>) -> Result<ToolCallDelta, Error> {
        let (name, arguments) =
            call.function.map_or((None, None), |function| (function.name, function.arguments));
        let arguments = arguments.map(|text| text.0.into_owned()).unwrap_or_default();
        // a vendor that does not number its calls begins each with an id
        let begun = match call.index {
            Some(_) => self.calls.iter().rev().find(|known| known.index == call.index),
            None if call.id.is_none() => self.calls.last(),
            None => None,
        };
        if let Some(begun) = begun {
            return Ok(ToolCallDelta { part: begun.part, id: None, name: None, arguments, signature: None });
        }
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Err(malformed("begins a tool call without a name"));
        };
        let id = match call.id.filter(|id| !id.is_empty()) {
            Some(id) => id.0.into_owned(),
            None => format!("call_{}", self.calls.len()),
        };
        let part = numbered(&mut None, &mut self.parts);
        self.calls.push(Call { index: call.index, part });
        Ok(ToolCallDelta { part, id: Some(id), name: Some(name.0.into_owned()), arguments, signature: None })
    }

    /// Says why the model stopped, once all else has been said.
    fn end(&mut self, batch: &mut Vec<Event>) -> Result<(), Error> {
        let reason =
            self.finish.take().ok_or_else(|| malformed("ended without saying why the model stopped"))?;
        batch.push(Event::Finish(reason));
        Ok(())
    }
}

/// The number of a part, given when it begins.
fn numbered(part: &mut Option<u32>, parts: &mut u32) -> u32 {
    *part.get_or_insert_with(|| {
        let number = *parts;
        *parts = parts.saturating_add(1);
        number
    })
}

/// Whether this is JSON, and no object: nothing that an answer is made of.
fn is_other_document(json: &str) -> bool {
    !json.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok()
}

fn usage(counted: &crate::wire::Usage) -> Usage {
    let input = counted.prompt_tokens_details.as_ref();
    let output = counted.completion_tokens_details.as_ref();
    let audio = [
        ("audio-input", input.and_then(|details| details.audio_tokens)),
        ("audio-output", output.and_then(|details| details.audio_tokens)),
    ];
    Usage {
        input: counted.prompt_tokens,
        output: counted.completion_tokens,
        cache_read: input.and_then(|details| details.cached_tokens),
        cache_write: None,
        reasoning: output.and_then(|details| details.reasoning_tokens),
        other: audio
            .into_iter()
            .filter_map(|(name, count)| {
                Some(Count { name: name.to_owned(), count: count.filter(|&n| n > 0)? })
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
