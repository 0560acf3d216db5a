//! YAML as an editor sees it: the core schema, turned into JSON. It is not the reader of the house, which is what it is
//! compared with.

use serde_json::{Map, Value};
use serde_yaml::{Event, Parser, ScalarStyle};

/// The JSON of a YAML document.
///
/// # Panics
/// Where the text is no YAML, or has aliases in it.
#[must_use]
pub fn json(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.unwrap().0);
    loop {
        match events.next() {
            None | Some(Event::StreamEnd) => return Value::Object(Map::new()),
            Some(Event::StreamStart | Event::DocumentStart(..)) => {}
            Some(event) => return value(event, &mut events),
        }
    }
}

fn value<'t>(event: Event<'t>, events: &mut impl Iterator<Item = Event<'t>>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
        Event::Scalar(text, ..) => text.into_owned().into(),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match events.next().unwrap() {
                    Event::SequenceEnd => return items.into(),
                    event => items.push(value(event, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            loop {
                let key = match events.next().unwrap() {
                    Event::MappingEnd => return entries.into(),
                    Event::Scalar(text, ..) => text.into_owned(),
                    other => panic!("{other:?} is no key"),
                };
                let next = events.next().unwrap();
                entries.insert(key, value(next, events));
            }
        }
        other => panic!("{other:?} is no value"),
    }
}

/// An unquoted word, by YAML's core schema as far as it is JSON's.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => true.into(),
        "false" => false.into(),
        _ => match text.parse::<serde_json::Number>() {
            Ok(number) => number.into(),
            Err(_) => text.into(),
        },
    }
}
