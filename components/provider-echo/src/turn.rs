//! What is asked now, out of a conversation.

use tollgate_plugin::types::{
    Media, MediaSource, Message, Part, Prompt, Role, ToolOutput, ToolResult, Value,
};

use crate::json::Json;

/// The current turn: everything behind the last answer.
pub(crate) struct Turn<'a> {
    prompt: &'a Prompt,
    earlier: &'a [Message],
    now: &'a [Message],
    /// The text that was asked, as it came.
    asked: String,
    /// The same as JSON, where it is an object: such a prompt steers the echo.
    steering: Option<Json>,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(prompt: &'a Prompt) -> Self {
        let answers = prompt.messages.iter().rposition(|message| matches!(message.role, Role::Assistant));
        let (earlier, now) = prompt.messages.split_at(answers.map_or(0, |index| index + 1));
        let asked = joined(now.iter().filter(|message| matches!(message.role, Role::User)));
        let steering = Json::parse(&asked).filter(|json| matches!(json, Json::Object(_)));
        Self { prompt, earlier, now, asked, steering }
    }

    /// The answer's text: the report, unless the prompt brings another.
    pub(crate) fn answer(&self) -> String {
        match self.steering.as_ref().and_then(|steering| steering.get("raw")) {
            None | Some(Json::Null) => self.report().pretty(),
            Some(Json::Text(text)) => text.clone(),
            Some(other) => other.pretty(),
        }
    }

    /// What the provider was given.
    pub(crate) fn report(&self) -> Json {
        let steered = self.steering.as_ref().and_then(|steering| steering.get("prompt"));
        let asked = steered.cloned().unwrap_or_else(|| Json::text(&*self.asked));
        let previous = self.earlier.iter().filter(|message| matches!(message.role, Role::User));
        let mut fields = vec![
            ("prompt", asked),
            ("system", Json::Text(self.system())),
            ("attachments", Json::Array(self.media().map(attachment).collect())),
            ("stream", Json::Bool(self.prompt.stream)),
            (
                "previous",
                Json::Array(
                    previous
                        .map(|message| Json::object([("prompt", Json::Text(message.joined_text()))]))
                        .collect(),
                ),
            ),
        ];
        if !self.prompt.options.is_empty() {
            let options = self.prompt.options.iter().map(|entry| (entry.name.clone(), option(&entry.value)));
            fields.push(("options", Json::Object(options.collect())));
        }
        let results: Vec<Json> = self.tool_results().map(tool_result).collect();
        if !results.is_empty() {
            fields.push(("tool_results", Json::Array(results)));
        }
        Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The tool calls that the prompt asks for: id, name, arguments.
    pub(crate) fn tool_calls(&self) -> Vec<(String, String, String)> {
        let Some(Json::Array(calls)) = self.steering.as_ref().and_then(|steering| steering.get("tool_calls"))
        else {
            return Vec::new();
        };
        let parts = self.prompt.messages.iter().flat_map(|message| &message.parts);
        let made = parts.filter(|part| matches!(part, Part::ToolCall(_))).count();
        let named =
            calls.iter().filter_map(|call| Some((call.get("name")?.as_text()?, call.get("arguments"))));
        named
            .enumerate()
            .map(|(index, (name, arguments))| {
                let arguments = match arguments {
                    None => "{}".to_owned(),
                    Some(Json::Text(text)) => text.clone(),
                    Some(other) => other.compact(),
                };
                (format!("tc_{}", made + index + 1), name.to_owned(), arguments)
            })
            .collect()
    }

    /// How many words were read.
    pub(crate) fn input_words(&self) -> u64 {
        let outputs: u64 = self.tool_results().map(|result| words(&output(result))).sum();
        words(&self.asked) + words(&self.system()) + outputs
    }

    fn system(&self) -> String {
        let systems = self.prompt.messages.iter().filter(|message| matches!(message.role, Role::System));
        systems.map(Message::joined_text).collect::<Vec<_>>().join("\n")
    }

    fn media(&self) -> impl Iterator<Item = &Media> {
        let parts = self.now.iter().flat_map(|message| &message.parts);
        parts.filter_map(|part| if let Part::Media(media) = part { Some(media) } else { None })
    }

    fn tool_results(&self) -> impl Iterator<Item = &ToolResult> {
        let parts = self.now.iter().flat_map(|message| &message.parts);
        parts.filter_map(|part| if let Part::ToolResult(result) = part { Some(result) } else { None })
    }
}

/// How many words a text has.
pub(crate) fn words(text: &str) -> u64 {
    text.split_whitespace().map(|_| 1).sum()
}

fn joined<'a>(messages: impl Iterator<Item = &'a Message>) -> String {
    messages.map(Message::joined_text).collect::<Vec<_>>().join("\n")
}

fn attachment(media: &Media) -> Json {
    let url = if let MediaSource::Url(url) = &media.source { Some(url.as_str()) } else { None };
    Json::object([
        ("type", Json::text(&*media.media_type)),
        ("path", Json::optional(media.name.as_deref())),
        ("url", Json::optional(url)),
        ("id", Json::optional(media.id.as_deref())),
    ])
}

fn tool_result(result: &ToolResult) -> Json {
    Json::object([
        ("name", Json::text(&*result.name)),
        ("output", Json::Text(output(result))),
        ("tool_call_id", Json::text(&*result.id)),
    ])
}

/// What a tool gave back, as text: media are named by their type.
fn output(result: &ToolResult) -> String {
    let texts = result.output.iter().map(|output| match output {
        ToolOutput::Text(text) | ToolOutput::Other(text) => text.clone(),
        ToolOutput::Media(media) => format!("[{}]", media.media_type),
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn option(value: &Value) -> Json {
    match value {
        Value::Boolean(value) => Json::Bool(*value),
        Value::Integer(value) => Json::Integer((*value).into()),
        Value::Number(value) => Json::Float(*value),
        Value::Text(text) => Json::text(&**text),
        Value::Texts(texts) => Json::Array(texts.iter().map(|text| Json::text(&**text)).collect()),
        Value::Json(text) => Json::parse(text).unwrap_or_else(|| Json::text(&**text)),
    }
}
