//! Events as JSON: the `events` of `prompt --json`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use tollgate::types::{Event, Media, MediaSource, Usage};

/// One event, as programs read it. What an event does not say is left out.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum EventJson<'a> {
    Text {
        part: u32,
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        signature: &'a Option<String>,
    },
    Reasoning {
        part: u32,
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: &'a Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        signature: &'a Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        redacted: &'a Option<String>,
    },
    ToolCall {
        part: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: &'a Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: &'a Option<String>,
        arguments: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        signature: &'a Option<String>,
    },
    Media {
        part: u32,
        media_type: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: &'a Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: &'a Option<String>,
        source: SourceJson<'a>,
    },
    Response {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: &'a Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        model: &'a Option<String>,
    },
    Usage(&'a Usage),
    Finish {
        reason: &'a str,
    },
    Other {
        value: &'a serde_json::Value,
    },
    /// An event that this version of the command does not know.
    Unknown,
}

/// Where the bytes of a medium are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SourceJson<'a> {
    Base64(String),
    Url(&'a str),
    FileId(&'a str),
    Other(&'a serde_json::Value),
    Unknown,
}

impl<'a> From<&'a Event> for EventJson<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Text { part, text, signature } => Self::Text { part: *part, text, signature },
            Event::Reasoning { part, text, id, signature, redacted } => {
                Self::Reasoning { part: *part, text, id, signature, redacted }
            }
            Event::ToolCall { part, id, name, arguments, signature } => {
                Self::ToolCall { part: *part, id, name, arguments, signature }
            }
            Event::Media { part, media } => medium(*part, media),
            Event::Response { id, model } => Self::Response { id, model },
            Event::Usage(usage) => Self::Usage(usage),
            Event::Finish(reason) => Self::Finish { reason: reason.as_str() },
            Event::Other(value) => Self::Other { value },
            _ => Self::Unknown,
        }
    }
}

fn medium(part: u32, media: &Media) -> EventJson<'_> {
    let Media { media_type, source, name, id, .. } = media;
    let source = match source {
        MediaSource::Bytes(bytes) => SourceJson::Base64(STANDARD.encode(bytes)),
        MediaSource::Url(url) => SourceJson::Url(url),
        MediaSource::FileId(file) => SourceJson::FileId(file),
        MediaSource::Other(value) => SourceJson::Other(value),
        _ => SourceJson::Unknown,
    };
    EventJson::Media { part, media_type, name, id, source }
}

#[cfg(test)]
mod tests {
    use tollgate::types::FinishReason;

    use super::*;

    fn json(event: &Event) -> String {
        serde_json::to_string(&EventJson::from(event)).unwrap()
    }

    #[test]
    fn an_event_says_its_type_and_nothing_that_it_does_not_know() {
        let media = Media {
            media_type: "image/png".into(),
            source: MediaSource::Bytes(vec![1, 2, 3]),
            name: None,
            id: None,
            cache: false,
        };
        let usage = Usage { input: Some(5), output: Some(1), ..Usage::default() };
        for (event, expected) in [
            (
                Event::Text { part: 0, text: "a".into(), signature: None },
                r#"{"type":"text","part":0,"text":"a"}"#,
            ),
            (
                Event::ToolCall {
                    part: 1,
                    id: Some("c".into()),
                    name: None,
                    arguments: "{".into(),
                    signature: None,
                },
                r#"{"type":"tool_call","part":1,"id":"c","arguments":"{"}"#,
            ),
            (
                Event::Media { part: 0, media },
                r#"{"type":"media","part":0,"media_type":"image/png","source":{"base64":"AQID"}}"#,
            ),
            (Event::Usage(usage), r#"{"type":"usage","input":5,"output":1}"#),
            (Event::Finish(FinishReason::ToolCalls), r#"{"type":"finish","reason":"tool_calls"}"#),
            (Event::Other(serde_json::json!({"x": 1})), r#"{"type":"other","value":{"x":1}}"#),
            (Event::Response { id: None, model: Some("m".into()) }, r#"{"type":"response","model":"m"}"#),
        ] {
            assert_eq!(json(&event), expected);
        }
    }
}
