//! JSON whose objects keep their order, printed the way Python prints it.
//!
//! The echo answers byte for byte what the people who come from Python know: two spaces of indent, ASCII only, keys as
//! they were given, floats as `repr` has them. `serde_json::Value` sorts keys, unless a feature is set that would then
//! hold for the whole workspace; hence the few lines here.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    Array(Vec<Json>),
    /// Each key once, in the order of its first appearance.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one document; nothing, where the text is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Text, or null where there is none.
    pub(crate) fn optional(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    pub(crate) fn object<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A field of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// As `json.dumps(value, indent=2)`.
    pub(crate) fn pretty(&self) -> String {
        let mut out = String::new();
        self.print(&mut out, Some(0));
        out
    }

    /// As `json.dumps(value)`.
    pub(crate) fn compact(&self) -> String {
        let mut out = String::new();
        self.print(&mut out, None);
        out
    }

    /// `depth` is the depth of indentation, where there is one.
    fn print(&self, out: &mut String, depth: Option<usize>) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Integer(value) => out.push_str(&value.to_string()),
            Self::Float(value) => print_float(out, *value),
            Self::Text(text) => print_text(out, text),
            Self::Array(items) => print_items(out, depth, ['[', ']'], items, |out, item, depth| {
                item.print(out, depth);
            }),
            Self::Object(fields) => {
                print_items(out, depth, ['{', '}'], fields, |out, (name, value), depth| {
                    print_text(out, name);
                    out.push_str(": ");
                    value.print(out, depth);
                })
            }
        }
    }
}

fn print_items<T>(
    out: &mut String,
    depth: Option<usize>,
    [open, close]: [char; 2],
    items: &[T],
    each: impl Fn(&mut String, &T, Option<usize>),
) {
    let deeper = depth.map(|depth| depth + 1);
    let break_line = |out: &mut String, depth: Option<usize>| {
        if let Some(depth) = depth {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
    };
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(if depth.is_some() { "," } else { ", " });
        }
        break_line(out, deeper);
        each(out, item, deeper);
    }
    if !items.is_empty() {
        break_line(out, depth);
    }
    out.push(close);
}

fn print_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

/// The shortest digits that read back as the same number, with an exponent where Python writes one.
fn print_float(out: &mut String, value: f64) {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = value.to_string();
        out.push_str(&plain);
        if !plain.contains('.') {
            out.push_str(".0");
        }
    } else {
        out.push_str(&format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()));
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::text(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut object: Vec<(String, Json)> = Vec::new();
        while let Some((name, value)) = fields.next_entry::<String, Json>()? {
            match object.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => object.push((name, value)),
            }
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_pythons() {
        // python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin), indent=2))'
        let given = r#"{"b": [1, -2.50, 1e5, 1e16, 1e-5, 0.0001, 123456789.5, 18446744073709551615], "a": {},
            "c": [], "d": {"é": "\u20ac😀\u007f\"\\\/\b\f\n\r\t\u0001", "n": null}, "t": [true, false], "b2": "", "c": 1}"#;
        let expected = r#"{
  "b": [
    1,
    -2.5,
    100000.0,
    1e+16,
    1e-05,
    0.0001,
    123456789.5,
    18446744073709551615
  ],
  "a": {},
  "c": 1,
  "d": {
    "\u00e9": "\u20ac\ud83d\ude00\u007f\"\\/\b\f\n\r\t\u0001",
    "n": null
  },
  "t": [
    true,
    false
  ],
  "b2": ""
}"#;
        assert_eq!(Json::parse(given).unwrap().pretty(), expected);
    }

    #[test]
    fn the_compact_form_is_pythons_too() {
        let given = r#"{"z":[1,{"a":""}],"y":{}}"#;
        assert_eq!(Json::parse(given).unwrap().compact(), r#"{"z": [1, {"a": ""}], "y": {}}"#);
    }

    #[test]
    fn what_is_no_document_is_none() {
        for text in ["", "  {bad json", "{} {}", "hello", "{'a': 1}"] {
            assert_eq!(Json::parse(text), None, "{text}");
        }
    }
}
