//! From the contract's prompt to the vendor's request. Nothing is sent, and nothing of the prompt is copied that can be
//! borrowed.
//!
//! What this vendor cannot be told is an error, never left out in silence, with one exception: a model's reasoning has
//! no place in this API, and leaving it out is what the vendor itself advises.

use std::borrow::Cow;

use serde_json::value::RawValue;
use tollgate_plugin::types::{
    Error, ErrorKind, Media, MediaSource, Message, Part, Prompt, Role, Tool, ToolChoice, ToolOutput,
    ToolResult, Value,
};

use crate::wire;

/// The options that the vendor knows under the same name.
const PASSED: [&str; 10] = [
    "frequency_penalty",
    "logit_bias",
    "presence_penalty",
    "reasoning_effort",
    "seed",
    "service_tier",
    "stop",
    "temperature",
    "top_p",
    "verbosity",
];

/// The options that become something else.
#[derive(Default)]
struct Options<'a> {
    max_tokens: Option<u64>,
    json_object: bool,
    image_detail: Option<&'a str>,
}

impl<'a> Options<'a> {
    fn of(prompt: &'a Prompt) -> Result<Self, Error> {
        let wrong = |name: &str| Err(invalid(format!("the option `{name}` has a value of another kind")));
        let max_tokens = match prompt.option("max_tokens") {
            None => None,
            Some(&Value::Integer(tokens)) => match u64::try_from(tokens) {
                Ok(tokens) => Some(tokens),
                Err(_) => return wrong("max_tokens"),
            },
            Some(_) => return wrong("max_tokens"),
        };
        let json_object = match prompt.option("json_object") {
            None => false,
            Some(&Value::Boolean(wanted)) => wanted,
            Some(_) => return wrong("json_object"),
        };
        let image_detail = match prompt.option("image_detail") {
            None => None,
            Some(Value::Text(detail)) => Some(detail.as_str()),
            Some(_) => return wrong("image_detail"),
        };
        Ok(Self { max_tokens, json_object, image_detail })
    }
}

/// The request for this prompt.
pub(crate) fn request(prompt: &Prompt) -> Result<wire::Request<'_>, Error> {
    let options = Options::of(prompt)?;
    let passed = prompt.options.iter().filter(|entry| PASSED.contains(&entry.name.as_str()));
    let mut messages = Vec::with_capacity(prompt.messages.len());
    for message in &prompt.messages {
        push(&mut messages, message, options.image_detail)?;
    }
    let caps = [prompt.max_output_tokens, options.max_tokens];
    Ok(wire::Request {
        model: &prompt.model,
        messages,
        tools: prompt.tools.iter().map(tool).collect::<Result<_, _>>()?,
        tool_choice: tool_choice(prompt)?,
        response_format: response_format(prompt, &options)?,
        max_completion_tokens: caps.into_iter().flatten().min(),
        stream: prompt.stream,
        stream_options: prompt.stream.then_some(wire::StreamOptions { include_usage: true }),
        options: wire::Passed(passed.collect()),
    })
}

/// Appends what one message is in the vendor's list: each tool result is a message of its own there.
fn push<'a>(
    messages: &mut Vec<wire::Message<'a>>,
    message: &'a Message,
    image_detail: Option<&'a str>,
) -> Result<(), Error> {
    match &message.role {
        Role::System => messages.push(spoken("system", message, image_detail)?),
        Role::User => messages.push(spoken("user", message, image_detail)?),
        Role::Other(role) if role == "developer" => {
            messages.push(spoken("developer", message, image_detail)?)
        }
        Role::Assistant => messages.push(answered(message)?),
        Role::Tool => {
            for part in &message.parts {
                let Part::ToolResult(result) = part else {
                    return Err(invalid("a message of the role `tool` has a part that is no tool result"));
                };
                messages.push(given_back(result)?);
            }
        }
        Role::Other(role) => {
            return Err(unsupported(format!("the role `{role}` is unknown to this vendor")));
        }
    }
    Ok(())
}

/// A message that people or programs wrote.
fn spoken<'a>(
    role: &'static str,
    message: &'a Message,
    image_detail: Option<&'a str>,
) -> Result<wire::Message<'a>, Error> {
    let content = match message.parts.as_slice() {
        [Part::Text(text)] => wire::Content::Text(Cow::Borrowed(&text.text)),
        parts => wire::Content::Parts(
            parts.iter().map(|part| spoken_part(part, image_detail)).collect::<Result<_, _>>()?,
        ),
    };
    Ok(wire::Message { role, content: Some(content), tool_calls: Vec::new(), tool_call_id: None })
}

fn spoken_part<'a>(part: &'a Part, image_detail: Option<&'a str>) -> Result<wire::Part<'a>, Error> {
    match part {
        Part::Text(text) => Ok(wire::Part::Known(wire::KnownPart::Text { text: &text.text })),
        Part::Media(media) => Ok(wire::Part::Known(medium(media, image_detail)?)),
        Part::Other(json) => Ok(wire::Part::Raw(raw(json, "a part in the vendor's own shape")?)),
        Part::Reasoning(_) | Part::ToolCall(_) => {
            Err(invalid("reasoning and tool calls belong into messages of the role `assistant`"))
        }
        Part::ToolResult(_) => Err(invalid("tool results belong into messages of the role `tool`")),
    }
}

fn medium<'a>(media: &'a Media, image_detail: Option<&'a str>) -> Result<wire::KnownPart<'a>, Error> {
    let media_type = media.media_type.as_str();
    let image = |url| wire::KnownPart::ImageUrl { image_url: wire::ImageUrl { url, detail: image_detail } };
    match &media.source {
        MediaSource::FileId(file_id) => Ok(wire::KnownPart::File { file: wire::File::Id { file_id } }),
        MediaSource::Bytes(bytes) if media_type.starts_with("image/") => {
            Ok(image(wire::Bytes::Here { media_type, bytes }))
        }
        MediaSource::Url(address) if media_type.starts_with("image/") => Ok(image(wire::Bytes::At(address))),
        MediaSource::Bytes(bytes) if media_type == "application/pdf" => {
            let filename = media.name.as_deref().unwrap_or("attachment.pdf");
            let file_data = wire::Bytes::Here { media_type, bytes };
            Ok(wire::KnownPart::File { file: wire::File::Data { filename, file_data } })
        }
        MediaSource::Url(_) if media_type == "application/pdf" => {
            Err(unsupported("this vendor takes a PDF's bytes, and none from an address"))
        }
        MediaSource::Bytes(_) | MediaSource::Url(_) => {
            Err(unsupported(format!("this vendor takes images and PDFs, and no `{media_type}`")))
        }
        MediaSource::Other(_) => {
            Err(unsupported(format!("a `{media_type}` from a source of an unknown kind")))
        }
    }
}

/// A message that the model wrote.
fn answered(message: &Message) -> Result<wire::Message<'_>, Error> {
    let mut text: Option<Cow<'_, str>> = None;
    let mut tool_calls = Vec::new();
    for part in &message.parts {
        match part {
            Part::Text(part) => match &mut text {
                None => text = Some(Cow::Borrowed(&part.text)),
                Some(text) => text.to_mut().push_str(&part.text),
            },
            Part::ToolCall(call) => tool_calls.push(wire::ToolCall {
                id: &call.id,
                r#type: "function",
                function: wire::Called { name: &call.name, arguments: &call.arguments },
            }),
            Part::Reasoning(_) => {}
            Part::Media(_) | Part::Other(_) => {
                return Err(unsupported(
                    "this vendor takes text and tool calls back from its model, nothing else",
                ));
            }
            Part::ToolResult(_) => {
                return Err(invalid("tool results belong into messages of the role `tool`"));
            }
        }
    }
    if text.is_none() && tool_calls.is_empty() {
        // the vendor refuses a message of its model without either
        text = Some(Cow::Borrowed(""));
    }
    Ok(wire::Message {
        role: "assistant",
        content: text.map(wire::Content::Text),
        tool_calls,
        tool_call_id: None,
    })
}

/// What a tool gave back.
fn given_back(result: &ToolResult) -> Result<wire::Message<'_>, Error> {
    let mut text = Cow::Borrowed("");
    for output in &result.output {
        match output {
            ToolOutput::Text(more) | ToolOutput::Other(more) if text.is_empty() => text = Cow::Borrowed(more),
            ToolOutput::Text(more) | ToolOutput::Other(more) => {
                text.to_mut().push('\n');
                text.to_mut().push_str(more);
            }
            ToolOutput::Media(media) => {
                let name = &result.name;
                return Err(unsupported(format!(
                    "the tool `{name}` gave back a `{}`; this vendor takes text from tools",
                    media.media_type
                )));
            }
        }
    }
    Ok(wire::Message {
        role: "tool",
        content: Some(wire::Content::Text(text)),
        tool_calls: Vec::new(),
        tool_call_id: Some(&result.id),
    })
}

fn tool(tool: &Tool) -> Result<wire::Tool<'_>, Error> {
    let parameters = raw(&tool.parameters, &format!("the schema of the tool `{}`", tool.name))?;
    let description = tool.description.as_deref();
    Ok(wire::Tool {
        r#type: "function",
        function: wire::Function { name: &tool.name, description, parameters },
    })
}

fn tool_choice(prompt: &Prompt) -> Result<Option<wire::ToolChoice<'_>>, Error> {
    let choice = match &prompt.tool_choice {
        ToolChoice::Auto => return Ok(None),
        // the vendor takes no choice where there is nothing to choose from
        ToolChoice::None if prompt.tools.is_empty() => return Ok(None),
        ToolChoice::None => wire::ToolChoice::Mode("none"),
        ToolChoice::Required => wire::ToolChoice::Mode("required"),
        ToolChoice::Named(name) => {
            wire::ToolChoice::Named { r#type: "function", function: wire::Named { name } }
        }
        ToolChoice::Other(_) => return Err(unsupported("a tool choice of an unknown kind")),
    };
    if prompt.tools.is_empty() {
        return Err(invalid("the model has to use a tool, and there is none"));
    }
    Ok(Some(choice))
}

/// A schema asks for more than `json_object` does, so it wins.
fn response_format<'a>(
    prompt: &'a Prompt,
    options: &Options,
) -> Result<Option<wire::ResponseFormat<'a>>, Error> {
    if let Some(schema) = &prompt.schema {
        let schema = raw(schema, "the schema of the answer")?;
        let json_schema = wire::JsonSchema { name: "output", schema };
        return Ok(Some(wire::ResponseFormat::JsonSchema { json_schema }));
    }
    Ok(options.json_object.then_some(wire::ResponseFormat::JsonObject))
}

fn raw<'a>(json: &'a str, what: &str) -> Result<&'a RawValue, Error> {
    serde_json::from_str(json).map_err(|cause| invalid(format!("{what} is not JSON: {cause}")))
}

fn invalid(message: impl AsRef<str>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

fn unsupported(message: impl AsRef<str>) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests;
