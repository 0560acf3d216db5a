//! The vendor's errors: by status, by code, in mid-stream.

use serde_json::Value;
use tollgate_plugin::http::Response;
use tollgate_plugin::types::{Error, ErrorKind};

/// As much of an error's body as is read.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What the vendor says about an error, wherever it says it.
#[derive(Default)]
struct Said {
    message: Option<String>,
    code: Option<String>,
    r#type: Option<String>,
}

impl Said {
    /// From the value of `error`: an object, or just words.
    fn of(error: &Value) -> Self {
        let text = |name| match error.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        Self {
            message: error.as_str().map(str::to_owned).or_else(|| text("message")),
            code: text("code"),
            r#type: text("type"),
        }
    }

    /// From a body of any kind.
    fn in_body(body: &[u8]) -> Self {
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            let words = String::from_utf8_lossy(body).split_whitespace().collect::<Vec<_>>().join(" ");
            return Self { message: Some(words).filter(|words| !words.is_empty()), ..Self::default() };
        };
        match json.get("error") {
            Some(error) if !error.is_null() => Self::of(error),
            // proxies in front of a vendor answer in shapes of their own
            _ => {
                let said = Self::of(&json);
                let detail = || json.get("detail").and_then(Value::as_str).map(str::to_owned);
                Self { message: said.message.or_else(detail), ..said }
            }
        }
    }

    /// What the code or the type says, where that is more than the status does.
    fn kind(&self) -> Option<ErrorKind> {
        let named = [&self.code, &self.r#type].into_iter().flatten().find_map(|name| {
            Some(match name.as_str() {
                "context_length_exceeded" => ErrorKind::ContextLength,
                "insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active" => {
                    ErrorKind::QuotaExhausted
                }
                "rate_limit_exceeded" | "rate_limit_error" => ErrorKind::RateLimited,
                "model_not_found" => ErrorKind::NotFound,
                "invalid_api_key" | "authentication_error" => ErrorKind::Authentication,
                "content_policy_violation" | "content_filter" => ErrorKind::ContentFilter,
                "overloaded" | "overloaded_error" | "engine_overloaded" | "slow_down" => {
                    ErrorKind::Overloaded
                }
                _ => return None,
            })
        });
        let too_long =
            || self.message.as_ref().is_some_and(|message| message.contains("maximum context length"));
        named.or_else(|| too_long().then_some(ErrorKind::ContextLength))
    }

    fn into_error(self, kind: ErrorKind, otherwise: &str) -> Error {
        let message = match (&kind, self.message) {
            // a vendor that quotes the key it did not take is not quoted
            (ErrorKind::Authentication, _) => "the vendor does not accept the key".to_owned(),
            (_, Some(message)) => message,
            (_, None) => otherwise.to_owned(),
        };
        let error = Error::new(kind, message).sent();
        match self.code.or(self.r#type) {
            Some(code) => error.with_code(code),
            None => error,
        }
    }
}

/// The error that an answer with a failing status is.
pub(crate) fn of_answer(mut response: Response) -> Error {
    let status = response.status;
    let retry_after = response.retry_after();
    let said = Said::in_body(&response.read_start(MAX_BODY_BYTES));
    let kind = said.kind().unwrap_or_else(|| ErrorKind::of_status(status));
    let otherwise = match status {
        300..=399 => {
            format!("the vendor answered with a redirect ({status}), which is not followed; check `base_url`")
        }
        _ => format!("the vendor answered with status {status} and no words"),
    };
    said.into_error(kind, &otherwise).with_status(status).with_retry_after(retry_after)
}

/// The error that the vendor put into a stream that had begun well.
pub(crate) fn in_stream(error: &str) -> Error {
    let said = Said::of(&serde_json::from_str(error).unwrap_or_default());
    let status =
        said.code.as_ref().and_then(|code| code.parse().ok()).filter(|code| (400..600).contains(code));
    let kind = said.kind().or_else(|| status.map(ErrorKind::of_status)).unwrap_or(ErrorKind::Server);
    said.into_error(kind, "the vendor broke its answer off with an error and no words")
}

/// An answer that makes no sense, or has no end.
pub(crate) fn malformed(what: impl AsRef<str>) -> Error {
    Error::new(ErrorKind::MalformedResponse, format!("the vendor's answer {}", what.as_ref())).sent()
}
