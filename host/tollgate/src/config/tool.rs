//! A tool of the operator's: a command that answers when a model asks for it.

use std::fmt;

/// One tool: `tools.<name>`.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ToolConfig {
    /// Its name: 1 to 64 letters, digits, `_` and `-`.
    pub name: String,
    /// What it does, for the model to read.
    pub description: Option<String>,
    /// The program, then its arguments; never empty, and no shell. A program that is named by a relative path is in the
    /// folder of the configuration: [`Config::parse`](super::Config::parse) has put that before it. One without a `/`
    /// is looked up where the system looks.
    pub command: Vec<String>,
    /// The JSON Schema of its arguments.
    pub schema: serde_json::Value,
}

/// Without the command, of which each word may have come from elsewhere.
impl fmt::Debug for ToolConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolConfig").field("name", &self.name).finish_non_exhaustive()
    }
}
