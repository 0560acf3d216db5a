//! The command, from its start to its end: with an empty cache, and with the one that it left behind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Scale;
use super::samples::Samples;
use super::table::{Row, Target, Unit};

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let home = tempfile::tempdir()?;
    let cold: Samples = (0..scale.pick(1, 10))
        .map(|number| run(home.path(), &home.path().join(format!("cache-{number}"))))
        .collect::<Result<_>>()?;
    let cache = home.path().join("cache-0");
    let warm: Samples = (0..scale.pick(2, 40)).map(|_| run(home.path(), &cache)).collect::<Result<_>>()?;
    let row = |what: &str, samples: &Samples, percent| {
        Row::new(
            format!("`tollgate prompt -m echo`, {what} cache, p{percent}"),
            Unit::Time,
            samples.percentile(percent),
            samples.count(),
        )
    };
    Ok(vec![
        row("empty", &cold, 50),
        row("filled", &warm, 50).target(Target::AtMost(60e6)),
        row("filled", &warm, 99),
    ])
}

/// How long it takes, with no environment but these directories.
fn run(home: &Path, cache: &Path) -> Result<Duration> {
    std::fs::create_dir_all(cache)?;
    let begun = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_tollgate-under-test"))
        .args(["prompt", "-m", "echo", "Hello"])
        .env_clear()
        .env("HOME", home)
        .env("XDG_CACHE_HOME", cache)
        .current_dir(home)
        .stdin(Stdio::null())
        .output()?;
    let took = begun.elapsed();
    ensure!(output.status.success(), "the command failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(took)
}
