//! Options: whether a value fits, and what a typed text means.

use std::fmt;

use super::model::{OptionKind, OptionSpec, Value};
use super::text::printable;

/// An option that does not take a value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("option `{option}` takes {takes}, not {given}")]
pub struct OptionRefused {
    /// The option.
    pub option: String,
    /// What it takes, in words.
    pub takes: String,
    /// What it was given.
    pub given: String,
}

impl OptionSpec {
    /// Whether the value fits; gives it back in the option's own kind.
    ///
    /// A whole number fits where a number is taken, one text where several are, anything where JSON is.
    ///
    /// # Errors
    /// Names what the option takes.
    pub fn check(&self, value: Value) -> Result<Value, OptionRefused> {
        let fits = match (&self.kind, &value) {
            (OptionKind::Boolean, Value::Boolean(_)) | (OptionKind::Text, Value::Text(_)) => true,
            (OptionKind::Integer { minimum, maximum }, Value::Integer(given)) => {
                within(given, minimum, maximum)
            }
            (OptionKind::Number { minimum, maximum }, Value::Integer(given)) => {
                return match number(*given).filter(|given| within(given, minimum, maximum)) {
                    Some(given) => Ok(Value::Number(given)),
                    None => Err(self.refuse(&value)),
                };
            }
            (OptionKind::Number { minimum, maximum }, Value::Number(given)) => {
                given.is_finite() && within(given, minimum, maximum)
            }
            (OptionKind::Choice(choices), Value::Text(given)) => choices.contains(given),
            (OptionKind::Texts { most }, Value::Texts(given)) => {
                !given.is_empty() && u32::try_from(given.len()).is_ok_and(|count| count <= *most)
            }
            (OptionKind::Texts { most: 1.. }, Value::Text(_)) => {
                return match value {
                    Value::Text(text) => Ok(Value::Texts(vec![text])),
                    other => Ok(other),
                };
            }
            (OptionKind::Json, _) => return Ok(Value::Json(value.into_json())),
            _ => false,
        };
        if fits { Ok(value) } else { Err(self.refuse(&value)) }
    }

    /// What a person means who typed this text. Where text is taken, the text itself; otherwise it is read as JSON, and
    /// `on`, `off`, `yes` and `no` as booleans.
    ///
    /// # Errors
    /// Names what the option takes.
    pub fn parse(&self, text: &str) -> Result<Value, OptionRefused> {
        let typed = || Value::Text(text.to_owned());
        let value = match self.kind {
            OptionKind::Text | OptionKind::Choice(_) => typed(),
            OptionKind::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "on" | "yes" | "1" => Value::Boolean(true),
                "false" | "off" | "no" | "0" => Value::Boolean(false),
                _ => typed(),
            },
            OptionKind::Integer { .. }
            | OptionKind::Number { .. }
            | OptionKind::Texts { .. }
            | OptionKind::Json => {
                serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| typed(), Value::from)
            }
        };
        self.check(value)
    }

    fn refuse(&self, given: &Value) -> OptionRefused {
        OptionRefused {
            option: self.name.clone(),
            takes: self.kind.to_string(),
            given: printable(&given.to_string(), 128),
        }
    }
}

impl Value {
    /// The value as JSON. A number that is not finite becomes `null`.
    #[must_use]
    pub fn into_json(self) -> serde_json::Value {
        match self {
            Self::Boolean(value) => value.into(),
            Self::Integer(value) => value.into(),
            Self::Number(value) => value.into(),
            Self::Text(text) => text.into(),
            Self::Texts(texts) => texts.into(),
            Self::Json(value) => value,
        }
    }
}

fn within<T: PartialOrd>(given: &T, minimum: &Option<T>, maximum: &Option<T>) -> bool {
    minimum.as_ref().is_none_or(|minimum| given >= minimum)
        && maximum.as_ref().is_none_or(|maximum| given <= maximum)
}

/// The number itself, where it is small enough to be one exactly.
fn number(integer: i64) -> Option<f64> {
    i32::try_from(integer).ok().map(f64::from)
}

impl fmt::Display for OptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("true or false"),
            Self::Integer { minimum, maximum } => bounds(f, "a whole number", minimum, maximum),
            Self::Number { minimum, maximum } => bounds(f, "a number", minimum, maximum),
            Self::Text => f.write_str("text"),
            Self::Choice(choices) => write!(f, "one of {}", choices.join(", ")),
            Self::Texts { most } => write!(f, "1 to {most} texts"),
            Self::Json => f.write_str("JSON"),
        }
    }
}

fn bounds<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    minimum: &Option<T>,
    maximum: &Option<T>,
) -> fmt::Result {
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => write!(f, "{what} from {minimum} to {maximum}"),
        (Some(minimum), None) => write!(f, "{what} from {minimum}"),
        (None, Some(maximum)) => write!(f, "{what} up to {maximum}"),
        (None, None) => f.write_str(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(kind: OptionKind) -> OptionSpec {
        OptionSpec { name: "x".into(), summary: String::new(), kind, default: None }
    }

    fn numbers() -> OptionSpec {
        spec(OptionKind::Number { minimum: Some(0.0), maximum: Some(2.0) })
    }

    #[test]
    fn values_are_held_to_kind_and_bounds() {
        let integers = spec(OptionKind::Integer { minimum: Some(1), maximum: None });
        assert!(integers.check(Value::Integer(1)).is_ok());
        assert!(integers.check(Value::Integer(0)).is_err());
        assert!(integers.check(Value::Number(1.0)).is_err());
        assert_eq!(numbers().check(Value::Integer(1)), Ok(Value::Number(1.0)));
        for bad in [f64::NAN, f64::INFINITY, -0.1, 2.1] {
            assert!(numbers().check(Value::Number(bad)).is_err(), "{bad}");
        }
        assert!(numbers().check(Value::Integer(i64::MAX)).is_err());
        let texts = spec(OptionKind::Texts { most: 2 });
        assert_eq!(texts.check(Value::Text("a".into())), Ok(Value::Texts(vec!["a".into()])));
        assert!(texts.check(Value::Texts(Vec::new())).is_err());
        assert!(texts.check(Value::Texts(vec![String::new(); 3])).is_err());
    }

    #[test]
    fn typed_text_means_what_the_option_takes() {
        assert_eq!(numbers().parse("1.5"), Ok(Value::Number(1.5)));
        assert_eq!(spec(OptionKind::Boolean).parse("ON"), Ok(Value::Boolean(true)));
        assert_eq!(spec(OptionKind::Text).parse("1"), Ok(Value::Text("1".into())));
        assert_eq!(
            spec(OptionKind::Texts { most: 4 }).parse("[\"a\", \"b\"]"),
            Ok(Value::Texts(vec!["a".into(), "b".into()]))
        );
        assert_eq!(spec(OptionKind::Texts { most: 4 }).parse("END"), Ok(Value::Texts(vec!["END".into()])));
        assert_eq!(spec(OptionKind::Json).parse("{\"a\": 1}"), Ok(Value::Json(serde_json::json!({"a": 1}))));
    }

    #[test]
    fn a_refusal_says_what_is_taken() {
        let refused = numbers().parse("hot").unwrap_err();
        assert_eq!(refused.to_string(), "option `x` takes a number from 0 to 2, not \"hot\"");
        let choice = spec(OptionKind::Choice(vec!["low".into(), "high".into()])).parse("mid").unwrap_err();
        assert!(choice.to_string().contains("one of low, high"), "{choice}");
    }
}
