//! Constructors of what streams back.

use crate::types::{Event, ReasoningDelta, ResponseInfo, TextDelta, ToolCallDelta, Usage};

impl Event {
    /// More text of the text part number `part`.
    pub fn text(part: u32, text: impl Into<String>) -> Self {
        Self::Text(TextDelta { part, text: text.into(), signature: None })
    }

    /// More readable reasoning of the reasoning part number `part`.
    pub fn reasoning(part: u32, text: impl Into<String>) -> Self {
        Self::Reasoning(ReasoningDelta { part, text: text.into(), id: None, signature: None, redacted: None })
    }

    /// The beginning of a tool call: its id, its name, and as much of its arguments as is known.
    pub fn tool_call(
        part: u32,
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        Self::ToolCall(ToolCallDelta {
            part,
            id: Some(id.into()),
            name: Some(name.into()),
            arguments: arguments.into(),
            signature: None,
        })
    }

    /// More of the arguments of a tool call that has begun.
    pub fn tool_arguments(part: u32, arguments: impl Into<String>) -> Self {
        Self::ToolCall(ToolCallDelta {
            part,
            id: None,
            name: None,
            arguments: arguments.into(),
            signature: None,
        })
    }

    /// The vendor's id of the response, and the model that answered.
    #[must_use]
    pub fn response(id: Option<String>, model: Option<String>) -> Self {
        Self::Response(ResponseInfo { id, model })
    }
}

impl Usage {
    /// Totals without classes.
    #[must_use]
    pub fn of(input: u64, output: u64) -> Self {
        Self { input: Some(input), output: Some(output), ..Self::default() }
    }
}
