//! What was typed.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::SUBJECTS;

/// What to do.
pub(super) enum Command {
    Help,
    Measure(Arguments),
    /// One side alone, for a profiler.
    Profile(String),
}

/// What to measure.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) quick: bool,
    pub(super) json: Option<PathBuf>,
    /// None: all.
    subjects: Vec<String>,
}

impl Arguments {
    pub(super) fn selects(&self, subject: &str) -> bool {
        self.subjects.is_empty() || self.subjects.iter().any(|name| name == subject)
    }
}

pub(super) fn parse(given: Vec<String>) -> Result<Command> {
    let mut arguments = Arguments::default();
    let mut given = given.into_iter();
    while let Some(argument) = given.next() {
        match argument.as_str() {
            // cargo says this to every benchmark
            "--bench" => {}
            "--help" | "-h" => return Ok(Command::Help),
            "--quick" => arguments.quick = true,
            "--json" => arguments.json = Some(given.next().context("`--json` takes a file")?.into()),
            "--profile" => return Ok(Command::Profile(given.next().context("`--profile` takes a side")?)),
            name if SUBJECTS.iter().any(|(subject, ..)| *subject == name) => {
                arguments.subjects.push(argument);
            }
            other => bail!("`{other}` is neither an option nor a subject; `--help` lists both"),
        }
    }
    Ok(Command::Measure(arguments))
}

pub(super) fn help() -> String {
    let mut text = "What tollgate costs, beside a direct client.\n\n\
        cargo bench -p tollgate-tests --bench costs -- [--quick] [--json FILE] [SUBJECT...]\n\n\
        --quick         short slices and few samples: to see that it runs, not what it costs\n\
        --json FILE     the table as JSON, in nanoseconds, bytes and their like\n\
        --profile SIDE  no table: `ours` or `direct` alone, 16 prompts at once for ten seconds, for a profiler\n\n\
        Subjects; without any, all:\n"
        .to_owned();
    for (name, about, _) in SUBJECTS {
        // writing to a String does not fail
        let _written = writeln!(text, "  {name:<11}{about}");
    }
    text
}
