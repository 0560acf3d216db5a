//! Texts, from the file itself or from where it says, and what has the form of one: names, paths, addresses.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use super::{Field, Reading, scalar};
use crate::config::expand::ExpandError;
use crate::config::mistake::{Problem, shown};
use crate::config::pasted;
use crate::config::raw::{Entry, Kind};
use crate::config::scalar::{Meaning, Scalar};

/// A text, and whether it stands in the file itself.
#[derive(Debug)]
pub(in crate::config) struct Text {
    /// The text; never empty.
    pub(in crate::config) value: String,
    /// Whether it came from elsewhere: then no message repeats it.
    pub(in crate::config) expanded: bool,
}

impl Reading<'_> {
    /// What a scalar says, whatever type it looks like: for texts that no reader would turn into anything else.
    pub(in crate::config) fn word<T: FromStr<Err: Display>>(&mut self, field: &Field<'_>) -> Option<T> {
        match scalar(field) {
            Some(Scalar { text, plain }) if !(*plain && text.is_empty()) => {
                let text = Text { value: text.clone(), expanded: false };
                self.parse(field, &text)
            }
            _ => self.parsed(field),
        }
    }

    /// A text that has to be of a certain form.
    pub(in crate::config) fn parsed<T: FromStr<Err: Display>>(&mut self, field: &Field<'_>) -> Option<T> {
        let text = self.text(field)?;
        self.parse(field, &text)
    }

    /// Gives a text its form.
    pub(in crate::config) fn parse<T: FromStr<Err: Display>>(
        &mut self,
        field: &Field<'_>,
        text: &Text,
    ) -> Option<T> {
        match text.value.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let why = error.to_string();
                let hidden = "what stands there has not the form that this key takes".to_owned();
                self.note(field, Problem::Unfit(if text.expanded { hidden } else { why }), None);
                None
            }
        }
    }

    /// A path. A relative one is relative to the file's folder.
    pub(in crate::config) fn path(&mut self, field: &Field<'_>) -> Option<PathBuf> {
        let text = self.text(field)?;
        self.resolve(field, &text.value)
    }

    /// Puts the file's folder before a relative path.
    pub(in crate::config) fn resolve(&mut self, field: &Field<'_>, path: &str) -> Option<PathBuf> {
        if path == "~" || path.starts_with("~/") {
            self.unfit(field, "`~` is not expanded", "write the whole path, or one relative to this file");
            return None;
        }
        Some(self.folder().join(path))
    }

    /// A text that is not empty, from the file or from where it says.
    pub(in crate::config) fn text(&mut self, field: &Field<'_>) -> Option<Text> {
        if let Kind::Map(entries) = &field.node.kind
            && field.is_expansion()
        {
            return self.expanded(field, entries);
        }
        match scalar(field).map(Scalar::meaning) {
            Some(Meaning::Text("")) => {
                self.unfit(field, "the text is empty", "write something, or remove the key");
                None
            }
            Some(Meaning::Text(text)) => Some(Text { value: text.to_owned(), expanded: false }),
            _ => self.wrong_type(field, "a text"),
        }
    }

    fn expanded(&mut self, field: &Field<'_>, entries: &[Entry]) -> Option<Text> {
        let [entry] = entries else {
            self.unfit(field, "`$env` and `$file` stand alone in their mapping", "");
            return None;
        };
        let inner = Field::child(&field.path, entry);
        let source = match scalar(&inner).map(Scalar::meaning) {
            Some(Meaning::Text(source)) if !source.is_empty() => source,
            _ => return self.wrong_type(&inner, "a text"),
        };
        let answer = match entry.key.as_str() {
            "$env" => self.expand.variable(source),
            "$file" => self.expand.file(&self.folder().join(source)),
            other => {
                let suggestion = "known here: $env, $file".to_owned();
                self.note_key(field, Problem::UnknownKey(shown(other)), suggestion);
                return None;
            }
        };
        self.accept(&inner, source, answer)
    }

    fn accept(
        &mut self,
        field: &Field<'_>,
        source: &str,
        answer: Result<String, ExpandError>,
    ) -> Option<Text> {
        let value = match answer {
            Ok(text) => text.trim_end_matches(['\r', '\n']).to_owned(),
            Err(error) => {
                self.note(field, Problem::Expansion(error), None);
                return None;
            }
        };
        if value.is_empty() {
            self.unfit(field, format!("`{}` is empty", shown(source)), "");
            return None;
        }
        if let Some(prefix) = pasted::prefix(&value) {
            self.note(
                field,
                Problem::Pasted { prefix },
                "secrets are named in `key`, never put into the file".to_owned(),
            );
            return None;
        }
        Some(Text { value, expanded: true })
    }
}
