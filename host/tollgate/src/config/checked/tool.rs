//! Tools that models may ask for.

use super::setting;
use crate::config::mistake::Problem;
use crate::config::reading::{Field, Reading};
use crate::config::tool::ToolConfig;

/// All tools, in the order of the file.
pub(super) fn tools(reading: &mut Reading<'_>, field: &Field<'_>) -> Vec<ToolConfig> {
    let entries = reading.entries(field).unwrap_or_default();
    entries.iter().filter_map(|(name, field)| tool(reading, name, field)).collect()
}

fn tool(reading: &mut Reading<'_>, name: &str, field: &Field<'_>) -> Option<ToolConfig> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !((1..=64).contains(&name.len()) && name.bytes().all(fits)) {
        let what = "a tool's name takes 1 to 64 letters, digits, `_` and `-`".to_owned();
        reading.note_key(field, Problem::Unfit(what), None);
    }
    let fields = reading.fields(field, &["command", "schema", "description"])?;
    for (key, such) in
        [("command", "such as `command: [\"./weather.sh\"]`"), ("schema", "such as `schema: {type: object}`")]
    {
        if fields.get(key).is_none() {
            reading.note_key(field, Problem::MissingKey(key), such.to_owned());
        }
    }
    let description = fields.get("description").map(|field| reading.text(&field).map(|text| text.value));
    let command = fields.get("command").and_then(|field| command(reading, &field));
    let schema = fields.get("schema").and_then(|field| setting::schema(reading, &field));
    Some(ToolConfig {
        name: name.to_owned(),
        description: description.flatten(),
        command: command?,
        schema: schema?,
    })
}

/// The program and its arguments. There is no shell: each word is one.
fn command(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<Vec<String>> {
    let items = reading.items(field)?;
    let Some((program, arguments)) = items.split_first() else {
        reading.unfit(field, "names no program", "such as `[\"./weather.sh\"]`");
        return None;
    };
    let program = program_of(reading, program);
    let arguments: Vec<_> = arguments.iter().map(|item| reading.text(item).map(|text| text.value)).collect();
    std::iter::once(program).chain(arguments).collect()
}

fn program_of(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<String> {
    let text = reading.text(field)?;
    if !text.value.contains(['/', '\\']) && text.value != "~" {
        return Some(text.value);
    }
    let path = reading.resolve(field, &text.value)?;
    path.to_str().map(str::to_owned)
}
