//! The answer on its way: thoughts, then words, then the rest.

use tollgate_plugin::Completion;
use tollgate_plugin::types::{Error, Event, FinishReason, Prompt, Usage, Value};

use crate::turn::{Turn, words};

/// What the echo thinks when it is asked to.
const THOUGHTS: [&str; 2] = ["First I consider the prompt, ", "then I decide what to say."];

/// An answer that hands out one word per call, or all at once where nobody asked for a stream.
#[derive(Debug)]
pub struct Answer {
    model: Option<String>,
    thoughts: &'static [&'static str],
    thinks: bool,
    text: String,
    /// How much of `text` has been handed out, in bytes.
    told: usize,
    /// What comes behind the text.
    rest: Vec<Event>,
    stream: bool,
}

impl Answer {
    pub(crate) fn new(prompt: &Prompt) -> Self {
        let turn = Turn::new(prompt);
        let thinks = matches!(prompt.option("thinking"), Some(Value::Boolean(true)));
        let thoughts: &'static [&'static str] = if thinks { &THOUGHTS } else { &[] };
        let text = turn.answer();
        let calls = turn.tool_calls();
        let reasoning = thoughts.iter().map(|thought| words(thought)).sum();
        let usage = Usage {
            reasoning: Some(reasoning),
            ..Usage::of(turn.input_words(), words(&text).saturating_add(reasoning))
        };
        let finish = if calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls };
        let first_call = u32::from(thinks) + 1;
        let mut rest: Vec<Event> = (first_call..)
            .zip(calls)
            .map(|(part, (id, name, arguments))| Event::tool_call(part, id, name, arguments))
            .collect();
        rest.extend([Event::Usage(usage), Event::Finish(finish)]);
        Self {
            model: Some(prompt.model.clone()),
            thoughts,
            thinks,
            text,
            told: 0,
            rest,
            stream: prompt.stream,
        }
    }

    /// The next piece, if there is one.
    fn piece(&mut self) -> Option<Event> {
        if let Some(model) = self.model.take() {
            return Some(Event::response(None, Some(model)));
        }
        if let Some((thought, later)) = self.thoughts.split_first() {
            self.thoughts = later;
            return Some(Event::reasoning(0, *thought));
        }
        let untold = self.text.get(self.told..).filter(|untold| !untold.is_empty())?;
        let word = if self.stream { first_word(untold) } else { untold };
        self.told += word.len();
        Some(Event::text(u32::from(self.thinks), word))
    }
}

impl Completion for Answer {
    fn next(&mut self) -> Result<Vec<Event>, Error> {
        let mut batch = Vec::new();
        while let Some(piece) = self.piece() {
            batch.push(piece);
            if self.stream {
                return Ok(batch);
            }
        }
        batch.append(&mut self.rest);
        Ok(batch)
    }
}

/// A word with the white space that follows it.
fn first_word(text: &str) -> &str {
    let space = text.find(char::is_whitespace).unwrap_or(text.len());
    let end = text
        .char_indices()
        .find(|(index, character)| *index >= space && !character.is_whitespace())
        .map_or(text.len(), |(index, _)| index);
    text.get(..end).unwrap_or(text)
}
