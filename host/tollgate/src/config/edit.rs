//! Changing one line of a file, and nothing else of it: comments, order and spelling are its owner's.

use super::mistake::Mistakes;
use super::raw::{self, Entry, Kind, Node};
use super::scalar::{Meaning, Scalar};
use crate::types::ModelName;

/// Why a file was not changed. It has to be edited by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// Its mistakes come first.
    #[error("the file has mistakes; `tollgate config check` lists them")]
    Mistaken,
    /// The key has more than a plain value.
    #[error("line {line}: `default_model` is more than a name there; change it by hand")]
    NotPlain {
        /// Its line.
        line: usize,
    },
    /// The whole file is in braces, or indented.
    #[error("the file's keys do not stand at the beginning of lines; change it by hand")]
    InBraces,
}

/// The text with another `default_model`: in its place where there is one, else as a line before the first key.
///
/// # Errors
/// See [`EditError`].
///
/// # Examples
/// ```
/// use tollgate::config::with_default_model;
///
/// let text = "# ours\ndefault_model: echo   # for now\n";
/// let changed = with_default_model(text, &"openai/gpt-5.4".parse()?)?;
/// assert_eq!(changed, "# ours\ndefault_model: openai/gpt-5.4   # for now\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn with_default_model(text: &str, model: &ModelName) -> Result<String, EditError> {
    let entries = entries(text).ok_or(EditError::Mistaken)?;
    if text.trim_start().starts_with('{') {
        return Err(EditError::InBraces);
    }
    let value = written(model);
    let Some(entry) = entries.iter().find(|entry| entry.key == "default_model") else {
        let line = format!("default_model: {value}\n");
        let at = entries.first().map_or(text.len(), |first| offset(text, first.at.line, 1));
        let (before, after) = text.split_at_checked(at).ok_or(EditError::Mistaken)?;
        let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let changed = format!("{before}{end}{line}{after}");
        return if says(&changed, model, entries.len() + 1) { Ok(changed) } else { Err(EditError::InBraces) };
    };
    let not_plain = EditError::NotPlain { line: entry.at.line };
    let Kind::Scalar(old) = &entry.value.kind else { return Err(not_plain) };
    let start = offset(text, entry.value.at.line, entry.value.at.column);
    let length = text.get(start..).and_then(|rest| length(rest, old)).ok_or(not_plain.clone())?;
    let (before, rest) = text.split_at_checked(start).ok_or(not_plain.clone())?;
    let after = rest.get(length..).ok_or(not_plain.clone())?;
    let changed = format!("{before}{value}{after}");
    if says(&changed, model, entries.len()) { Ok(changed) } else { Err(not_plain) }
}

/// Whether a text has so many top-level keys and this default: whatever was misjudged shows here.
fn says(text: &str, model: &ModelName, keys: usize) -> bool {
    let entries = entries(text).filter(|entries| entries.len() == keys);
    let default = entries.iter().flatten().find(|entry| entry.key == "default_model");
    default.and_then(|entry| name(&entry.value)).as_deref() == Some(model.as_str())
}

/// The top-level keys of a text that is well-formed.
fn entries(text: &str) -> Option<Vec<Entry>> {
    let mut mistakes = Mistakes::default();
    let Node { kind: Kind::Map(entries), .. } = raw::read(text, &mut mistakes)? else { return None };
    mistakes.into_result(std::path::Path::new("")).is_ok().then_some(entries)
}

fn name(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(scalar) => match scalar.meaning() {
            Meaning::Text(text) => Some(text.to_owned()),
            _ => None,
        },
        Kind::List(_) | Kind::Map(_) | Kind::Refused => None,
    }
}

/// Unquoted where every reader takes it for a text.
fn written(model: &ModelName) -> String {
    let text = model.as_str().to_owned();
    let is_text = matches!(Scalar { text: text.clone(), plain: true }.meaning(), Meaning::Text(_));
    if is_text && !text.ends_with(':') { text } else { format!("\"{text}\"") }
}

/// How many bytes of the text a scalar on one line takes, quotes included.
fn length(rest: &str, scalar: &Scalar) -> Option<usize> {
    if scalar.plain {
        return rest.starts_with(&scalar.text).then_some(scalar.text.len());
    }
    let quote = rest.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    let inner = rest.get(1..)?;
    inner.starts_with(&scalar.text).then_some(())?;
    let end = scalar.text.len();
    inner.get(end..)?.starts_with(quote).then_some(end + 2)
}

/// Where a line and column begin.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n');
    let before: usize = lines.clone().take(line.saturating_sub(1)).map(str::len).sum();
    let this = lines.into_iter().nth(line.saturating_sub(1)).unwrap_or_default();
    before + this.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, model: &str) -> Result<String, EditError> {
        with_default_model(text, &model.parse().unwrap())
    }

    #[test]
    fn the_value_changes_and_nothing_else() {
        for (before, after) in [
            ("default_model: echo", "default_model: b"),
            (
                "# ä\ndefault_model: \"echo\" # now\nplugins: {}\n",
                "# ä\ndefault_model: b # now\nplugins: {}\n",
            ),
            ("plugins: {}\ndefault_model:   'x'\n", "plugins: {}\ndefault_model:   b\n"),
            ("", "default_model: b\n"),
            ("# only this", "# only this\ndefault_model: b\n"),
            ("# first\n\nplugins: {}\n", "# first\n\ndefault_model: b\nplugins: {}\n"),
            ("default_model:\n  echo\n", "default_model:\n  b\n"),
        ] {
            assert_eq!(changed(before, "b").as_deref(), Ok(after), "{before}");
        }
        assert_eq!(changed("", "4.1").as_deref(), Ok("default_model: \"4.1\"\n"));
        assert_eq!(changed("", "a:").as_deref(), Ok("default_model: \"a:\"\n"));
    }

    #[test]
    fn what_is_not_plain_is_left_to_its_owner() {
        assert_eq!(changed("default_model: {model: a, key: K}\n", "b"), Err(EditError::NotPlain { line: 1 }));
        assert_eq!(changed("default_model: \"\\x61\"\n", "b"), Err(EditError::NotPlain { line: 1 }));
        for text in ["{default_model: a}\n", "# c\n{plugins: {}}\n", "  plugins: {}\n"] {
            assert_eq!(changed(text, "b"), Err(EditError::InBraces), "{text}");
        }
        assert_eq!(changed("default_model: a\ndefault_model: a\n", "b"), Err(EditError::Mistaken));
        assert_eq!(changed("- a\n", "b"), Err(EditError::Mistaken));
    }
}
