//! What is wrong with a file, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::types::Place;

/// How many mistakes of one file are kept; the rest is counted. Nobody reads more, and a hostile file has many.
const MOST: usize = 100;

/// Where something stands in a file; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    /// The line.
    pub(super) line: usize,
    /// The column.
    pub(super) column: usize,
}

impl Position {
    /// The first character of a file.
    pub(super) const START: Self = Self { line: 1, column: 1 };
}

/// Everything that is wrong with one file, in the order of the places.
///
/// Its display is a line per mistake: `file:line:column: key: what; the way out`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct ConfigErrors {
    /// The file, as it was named to the parser.
    pub file: PathBuf,
    /// The mistakes. Never empty.
    pub mistakes: Vec<Mistake>,
    /// How many more there are than are listed.
    pub more: usize,
}

impl ConfigErrors {
    /// These mistakes of a file, sorted by place; `None` where there are none.
    #[must_use]
    pub fn of(file: &Path, mistakes: Vec<Mistake>) -> Option<Self> {
        let found = Mistakes { found: mistakes, more: 0 };
        found.into_result(file).err()
    }

    /// Takes in the mistakes of another check of the same file, each by its place. A place of which something was told
    /// already is not told of twice, and of all together no more are kept than of one check.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        let known = |fresh: &Mistake| {
            self.mistakes
                .iter()
                .any(|known| (known.line, known.column, &known.key) == (fresh.line, fresh.column, &fresh.key))
        };
        let fresh: Vec<Mistake> = other.mistakes.into_iter().filter(|mistake| !known(mistake)).collect();
        self.mistakes.extend(fresh);
        self.mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        self.more += other.more + self.mistakes.len().saturating_sub(MOST);
        self.mistakes.truncate(MOST);
        self
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{}:{mistake}", self.file.display())?;
        }
        if self.more > 0 {
            write!(f, "\n{}: and {} more mistakes", self.file.display(), self.more)?;
        }
        Ok(())
    }
}

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mistake {
    /// The line, from 1; 0 where the configuration is in no file.
    pub line: usize,
    /// The column in characters, from 1; 0 likewise.
    pub column: usize,
    /// The path of keys that leads there, such as `plugins.acme.origins[0]`; empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub problem: Problem,
    /// What to do about it.
    pub suggestion: Option<String>,
}

impl Mistake {
    /// A mistake at a place of a file.
    #[must_use]
    pub fn at(place: &Place, problem: Problem, suggestion: Option<String>) -> Self {
        Self { line: place.line, column: place.column, key: place.key.clone(), problem, suggestion }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            // in no file
            0 => f.write_str(" ")?,
            line => write!(f, "{line}:{}: ", self.column)?,
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}", self.problem)?;
        self.suggestion.iter().try_for_each(|suggestion| write!(f, "; {suggestion}"))
    }
}

/// What is wrong at one place of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not YAML.
    #[error("not valid YAML: {0}")]
    Syntax(String),
    /// The file is too large.
    #[error("the file has more than {limit} bytes")]
    TooLarge {
        /// How many bytes it may have.
        limit: usize,
    },
    /// The file nests too deep.
    #[error("nested more than {limit} levels deep")]
    TooDeep {
        /// How many levels it may have.
        limit: usize,
    },
    /// Something that YAML has and this file has not.
    #[error("{0} not accepted in this file")]
    Construct(&'static str),
    /// A key stands twice in one mapping.
    #[error("`{key}` is already set on line {first}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The line of its first appearance.
        first: usize,
    },
    /// Something is listed twice.
    #[error("{0} appears twice")]
    Twice(String),
    /// A key that has no meaning here.
    #[error("unknown key `{0}`")]
    UnknownKey(String),
    /// A key that has to be there is not.
    #[error("needs the key `{0}`")]
    MissingKey(&'static str),
    /// A value of the wrong type.
    #[error("takes {expected}, not {found}")]
    WrongType {
        /// What it takes.
        expected: &'static str,
        /// What there is.
        found: &'static str,
    },
    /// An unquoted word that readers of YAML take for different things.
    #[error("unquoted, `{0}` is not a text to every reader of YAML")]
    Ambiguous(String),
    /// A key without a value.
    #[error("has no value")]
    NoValue,
    /// A number outside its range.
    #[error("takes a whole number from {least} to {most}")]
    OutOfRange {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// A text that looks like a key. It is not repeated here.
    #[error("a text that begins like a secret (`{prefix}…`)")]
    Pasted {
        /// The vendor's prefix.
        prefix: &'static str,
    },
    /// A text from outside the file is not to be had.
    #[error(transparent)]
    Expansion(#[from] super::ExpandError),
    /// A value of the right type that does not do, in words.
    #[error("{0}")]
    Unfit(String),
}

/// Mistakes as they are found, in any order.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    found: Vec<Mistake>,
    more: usize,
}

impl Mistakes {
    /// Notes one.
    pub(super) fn add(&mut self, at: Position, key: &str, problem: Problem, suggestion: Option<String>) {
        if self.found.len() == MOST {
            self.more += 1;
            return;
        }
        let Position { line, column } = at;
        self.found.push(Mistake { line, column, key: key.to_owned(), problem, suggestion });
    }

    /// Sorts them by place, and fails if there is one.
    pub(super) fn into_result(mut self, file: &Path) -> Result<(), ConfigErrors> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort_by_key(|mistake| (mistake.line, mistake.column));
        self.more += self.found.len().saturating_sub(MOST);
        self.found.truncate(MOST);
        Err(ConfigErrors { file: file.to_owned(), mistakes: self.found, more: self.more })
    }
}

/// A stranger's text for a message: escaped, and cut after 64 characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(64) {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    if text.chars().nth(64).is_some() {
        shown.push('…');
    }
    shown
}
