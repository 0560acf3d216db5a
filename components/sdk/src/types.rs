//! The contract's words: what is asked, what streams back, what a provider says of itself.
//!
//! They are plain records and variants with public fields, made from `wit/`; this module adds the constructors that
//! make a provider short. Variants end in `Other`: ignore one that you do not know, unless its item says differently.

mod description;
mod event;
mod prompt;

pub(crate) use prompt::entries_as;

pub use crate::bindings::exports::tollgate::plugin::provider::{
    Capability, Description, Endpoint, HeaderPlacement, IntegerRange, KeySlot, Model, NumberRange,
    OptionKind, OptionSpec, Placement,
};
pub use crate::bindings::tollgate::plugin::llm_types::{
    Count, Entry, Error, ErrorKind, Event, FinishReason, Media, MediaDelta, MediaSource, Message, Part,
    Prompt, Reasoning, ReasoningDelta, ResponseInfo, Role, Text, TextDelta, Tool, ToolCall, ToolCallDelta,
    ToolChoice, ToolOutput, ToolResult, Usage, Value,
};
