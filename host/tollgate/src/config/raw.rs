//! The file as a tree in which everything knows where it stands.
//!
//! It has scalars, lists and mappings, and nothing else of YAML: what another reader might resolve differently, or
//! what makes a small text large, is a mistake. A mistake does not end the reading (only text that is no YAML does);
//! it leaves a [`Kind::Refused`], about which nobody complains a second time.
//!
//! | refused | because |
//! |---|---|
//! | anchors, aliases, merge keys | a page of text unfolds into gigabytes, and one change lands in two places |
//! | tags, directives | they give the same text another type |
//! | a key twice in a mapping | one reader takes the first, one the last |
//! | a second document | one reader takes the first, one all |
//! | a byte order mark, NUL, tabs as indentation | two readers see two texts |
//! | over 256 KiB, over 32 levels | no configuration is so large |
//! | the shape of a vendor's key | see [`pasted`] |

use std::collections::HashMap;

use serde_yaml::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::mistake::{Mistakes, Position, Problem, shown};
use super::pasted;
use super::scalar::Scalar;

/// How many bytes a file may have.
const MOST_BYTES: usize = 256 << 10;

/// How many lists and mappings may be inside each other.
const MOST_DEPTH: usize = 32;

/// A place under a key that is not named, because it is a mistake itself.
const UNNAMED: &str = ".?";

/// One value of a file.
#[derive(Debug)]
pub(super) struct Node {
    /// Where it begins.
    pub(super) at: Position,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Kind {
    /// A text, number, word or nothing.
    Scalar(Scalar),
    /// Values in order.
    List(Vec<Node>),
    /// Values by key, in order; no key twice.
    Map(Vec<Entry>),
    /// Something of which a mistake was noted already.
    Refused,
}

/// One key of a mapping and its value.
#[derive(Debug)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key begins.
    pub(super) at: Position,
    /// The value.
    pub(super) value: Node,
}

/// Reads a text; `None` where there is no tree to speak of. A text without any value is an empty mapping.
pub(super) fn read(text: &str, mistakes: &mut Mistakes) -> Option<Node> {
    if text.len() > MOST_BYTES {
        mistakes.add(Position::START, "", Problem::TooLarge { limit: MOST_BYTES }, None);
        return None;
    }
    if let Some((at, what)) = forbidden_character(text) {
        mistakes.add(
            at,
            "",
            Problem::Construct(what),
            Some("write UTF-8 text, indented by spaces".to_owned()),
        );
        return None;
    }
    let mut reader = Reader::new(text, mistakes);
    match reader.document() {
        Ok(node) => Some(node),
        Err(Stop::Noted) => None,
        Err(Stop::Syntax(error)) => {
            let problem = match error.kind() {
                ErrorKind::RecursionLimitExceeded => Problem::TooDeep { limit: MOST_DEPTH },
                _ => Problem::Syntax(shown(&error.info())),
            };
            mistakes.add(position(error.marker()), "", problem, None);
            None
        }
    }
}

/// The first character that has no place in such a file.
fn forbidden_character(text: &str) -> Option<(Position, &'static str)> {
    if text.starts_with('\u{feff}') {
        return Some((Position::START, "a byte order mark is"));
    }
    for (index, line) in text.lines().enumerate() {
        let indent = line.chars().take_while(|c| c.is_whitespace());
        let tab = indent.enumerate().find(|(_, c)| *c == '\t').filter(|_| !line.trim().is_empty());
        let nul = line.chars().enumerate().find(|(_, c)| *c == '\0');
        let found = tab
            .map(|(at, _)| (at, "tabs as indentation are"))
            .or(nul.map(|(at, _)| (at, "NUL characters are")));
        if let Some((before, what)) = found {
            return Some((Position { line: index + 1, column: before + 1 }, what));
        }
    }
    None
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

/// Why reading ended early.
enum Stop {
    /// The mistake is noted.
    Noted,
    /// The text is not YAML.
    Syntax(ScanError),
}

/// Turns the parser's events into a tree.
struct Reader<'t, 'm> {
    events: Parser<'t, StrInput<'t>>,
    mistakes: &'m mut Mistakes,
    /// The keys and indices that lead to where it reads.
    path: Vec<String>,
}

impl<'t, 'm> Reader<'t, 'm> {
    fn new(text: &'t str, mistakes: &'m mut Mistakes) -> Self {
        let options = serde_yaml::options! {
            strict_indentation: true,
            disallow_directives: true,
            // an alias is a mistake of the file, not the end of its reading
            emit_unresolved_aliases: true,
            emit_comments: false,
            // each counts by itself; `deepen` counts both
            flow_nesting_limit: MOST_DEPTH,
            block_nesting_limit: MOST_DEPTH,
        };
        Self { events: Parser::new_from_str_with_options(text, options), mistakes, path: Vec::new() }
    }

    fn document(&mut self) -> Result<Node, Stop> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => {
                    self.refuse(&span, "a second document is", None);
                    return Err(Stop::Noted);
                }
                Event::DocumentStart(..) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, &span)?);
                }
                _ => break,
            }
        }
        let empty = || Node { at: Position::START, kind: Kind::Map(Vec::new()) };
        Ok(match root {
            Some(Node { kind: Kind::Scalar(scalar), .. }) if scalar.plain && scalar.text.is_empty() => {
                empty()
            }
            Some(node) => node,
            None => empty(),
        })
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Stop> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Stop::Syntax(error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: &Span) -> Result<Node, Stop> {
        let at = position(&span.start);
        let refused = self.refuse_properties(&event, span);
        let kind = match event {
            // the parser gives nothing at all as `~`
            Event::Scalar(_, ScalarStyle::Plain, ..) if span.is_empty() => {
                self.scalar(at, "", ScalarStyle::Plain)
            }
            Event::Scalar(text, style, ..) => self.scalar(at, &text, style),
            Event::SequenceStart(..) => self.list(at)?,
            Event::MappingStart(..) => self.map(at)?,
            _ => {
                self.refuse(span, "aliases (`*name`) are", Some("write the value out, or quote it"));
                Kind::Refused
            }
        };
        Ok(Node { at, kind: if refused { Kind::Refused } else { kind } })
    }

    /// Notes an anchor or a tag on a node.
    fn refuse_properties(&mut self, event: &Event<'_>, span: &Span) -> bool {
        let (Event::Scalar(_, _, anchor, tag)
        | Event::SequenceStart(_, anchor, tag)
        | Event::MappingStart(_, anchor, tag)) = event
        else {
            return false;
        };
        if *anchor != 0 {
            self.refuse(span, "anchors (`&name`) are", Some("write the value out where it is needed"));
        }
        if tag.is_some() {
            self.refuse(span, "tags (`!name`) are", Some("remove the tag; each key knows its type"));
        }
        *anchor != 0 || tag.is_some()
    }

    fn refuse(&mut self, span: &Span, what: &'static str, suggestion: Option<&str>) {
        let at = position(&span.start);
        self.mistakes.add(at, &self.path(), Problem::Construct(what), suggestion.map(str::to_owned));
    }

    fn scalar(&mut self, at: Position, text: &str, style: ScalarStyle) -> Kind {
        if self.refuse_pasted(at, text) {
            return Kind::Refused;
        }
        Kind::Scalar(Scalar { text: text.to_owned(), plain: style == ScalarStyle::Plain })
    }

    fn refuse_pasted(&mut self, at: Position, text: &str) -> bool {
        let Some(prefix) = pasted::prefix(text) else {
            return false;
        };
        let advice =
            "store the secret under a name and write the name; replace the secret if others saw this file";
        self.mistakes.add(at, &self.path(), Problem::Pasted { prefix }, Some(advice.to_owned()));
        true
    }

    fn list(&mut self, at: Position) -> Result<Kind, Stop> {
        self.deepen(at)?;
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                break;
            }
            self.path.push(format!("[{}]", items.len()));
            items.push(self.node(event, &span)?);
            self.path.pop();
        }
        Ok(Kind::List(items))
    }

    fn map(&mut self, at: Position) -> Result<Kind, Stop> {
        self.deepen(at)?;
        let mut entries = Vec::new();
        let mut lines = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                break;
            }
            let at = position(&span.start);
            let key = self.key(event, &span, &mut lines)?;
            self.path
                .push(key.as_deref().map_or_else(|| UNNAMED.to_owned(), |key| format!(".{}", shown(key))));
            let (event, span) = self.next()?;
            let value = self.node(event, &span)?;
            self.path.pop();
            if let Some(key) = key {
                entries.push(Entry { key, at, value });
            }
        }
        Ok(Kind::Map(entries))
    }

    /// A mapping's key; `None` where it is a mistake.
    fn key(
        &mut self,
        event: Event<'t>,
        span: &Span,
        lines: &mut HashMap<String, usize>,
    ) -> Result<Option<String>, Stop> {
        self.path.push(UNNAMED.to_owned());
        let node = self.node(event, span)?;
        self.path.pop();
        let (text, plain) = match node.kind {
            Kind::Scalar(Scalar { text, plain }) => (text, plain),
            Kind::Refused => return Ok(None),
            Kind::List(_) | Kind::Map(_) => {
                self.refuse(span, "lists and mappings as keys are", None);
                return Ok(None);
            }
        };
        if plain && text == "<<" {
            self.refuse(span, "merge keys (`<<`) are", Some("write the keys out"));
            return Ok(None);
        }
        if let Some(first) = lines.get(&text) {
            let problem = Problem::DuplicateKey { key: shown(&text), first: *first };
            self.mistakes.add(node.at, &self.path(), problem, Some("keep one of the two".to_owned()));
            return Ok(None);
        }
        lines.insert(text.clone(), node.at.line);
        Ok(Some(text))
    }

    /// Refuses the level below the last. The path has one segment for each level.
    fn deepen(&mut self, at: Position) -> Result<(), Stop> {
        if self.path.len() < MOST_DEPTH {
            return Ok(());
        }
        self.mistakes.add(at, &self.path(), Problem::TooDeep { limit: MOST_DEPTH }, None);
        Err(Stop::Noted)
    }

    fn path(&self) -> String {
        self.path.concat().trim_start_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests;
