//! The table: one row for each number, with what it is compared with and what it should be.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::machine;

/// What a number counts. Times are held in nanoseconds, memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Time,
    Bytes,
    PerSecond,
    BytesPerSecond,
}

impl Unit {
    fn show(self, value: f64) -> String {
        let scales: &[(f64, &str)] = match self {
            Self::Time => &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")],
            Self::Bytes => &[(1048576.0, "MiB"), (1024.0, "KiB"), (1.0, "B")],
            Self::PerSecond => &[(1.0, "/s")],
            Self::BytesPerSecond => &[(1e9, "GB/s"), (1e6, "MB/s"), (1.0, "B/s")],
        };
        let scale = scales.iter().find(|(scale, _)| value.abs() >= *scale).or(scales.last());
        let (scale, name) = scale.copied().unwrap_or((1.0, ""));
        let scaled = value / scale;
        match scaled.abs() {
            size if size >= 100.0 => format!("{scaled:.0} {name}"),
            size if size >= 10.0 => format!("{scaled:.1} {name}"),
            _ => format!("{scaled:.2} {name}"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Time => "ns",
            Self::Bytes => "bytes",
            Self::PerSecond => "per second",
            Self::BytesPerSecond => "bytes per second",
        }
    }
}

/// What a number should be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// Ours is at most this.
    AtMost(f64),
    /// Ours is at least this.
    AtLeast(f64),
    /// Ours is at most this much more than the baseline.
    AddsAtMost(f64),
    /// Ours is at most so many times the baseline.
    TimesAtMost(f64),
    /// Ours is at least so many times the baseline.
    TimesAtLeast(f64),
    /// Ours is more than the baseline.
    More,
    /// Ours is at most so many times the baseline, and at most this much more.
    TimesAndAddsAtMost(f64, f64),
}

/// One number.
#[derive(Debug)]
pub(super) struct Row {
    what: String,
    unit: Unit,
    ours: f64,
    baseline: Option<f64>,
    target: Option<Target>,
    samples: usize,
    note: String,
}

impl Row {
    /// A number of ours, out of so many samples.
    pub(super) fn new(what: impl Into<String>, unit: Unit, ours: f64, samples: usize) -> Self {
        Self { what: what.into(), unit, ours, baseline: None, target: None, samples, note: String::new() }
    }

    /// Beside this one: the direct client's, unless `what` says otherwise.
    pub(super) fn beside(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self
    }

    pub(super) fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// Something that a reader has to know about it.
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The target in words, and whether it is met.
    fn verdict(&self) -> Option<(String, bool)> {
        let (ours, baseline) = (self.ours, self.baseline.unwrap_or(0.0));
        let show = |value| self.unit.show(value);
        Some(match self.target? {
            Target::AtMost(most) => (format!("≤ {}", show(most)), ours <= most),
            Target::AtLeast(least) => (format!("≥ {}", show(least)), ours >= least),
            Target::AddsAtMost(most) => (format!("adds ≤ {}", show(most)), ours - baseline <= most),
            Target::TimesAtMost(most) => (format!("≤ {most} x"), ours <= most * baseline),
            Target::TimesAtLeast(least) => (format!("≥ {least} x"), ours >= least * baseline),
            Target::More => ("> 1 x".to_owned(), ours > baseline),
            Target::TimesAndAddsAtMost(times, most) => (
                format!("≤ {times} x, adds ≤ {}", show(most)),
                ours <= times * baseline && ours - baseline <= most,
            ),
        })
    }

    fn print(&self) {
        let baseline = self.baseline.map(|baseline| self.unit.show(baseline)).unwrap_or_default();
        let compared = self.baseline.map(|baseline| {
            let more = self.ours - baseline;
            let sign = if more < 0.0 { "-" } else { "+" };
            format!("{sign}{} ({:.2} x)", self.unit.show(more.abs()), self.ours / baseline)
        });
        let (target, verdict) = match self.verdict() {
            Some((target, met)) => (target, if met { "ok" } else { "MISSED" }),
            None => (String::new(), ""),
        };
        println!(
            "{:<56} {:>10} {:>10} {:>20}  {:<22} {:<6} {:>8}  {}",
            self.what,
            self.unit.show(self.ours),
            baseline,
            compared.unwrap_or_default(),
            target,
            verdict,
            self.samples,
            self.note
        );
    }

    fn json(&self) -> Value {
        let verdict = self.verdict();
        json!({"what": self.what, "unit": self.unit.name(), "ours": self.ours, "baseline": self.baseline,
            "target": verdict.as_ref().map(|(target, _)| target), "met": verdict.as_ref().map(|(_, met)| met),
            "samples": self.samples, "note": self.note})
    }
}

/// All rows, printed as they come.
#[derive(Debug)]
pub(super) struct Table {
    machine: String,
    subjects: Vec<(&'static str, Option<f64>, Vec<Row>)>,
}

impl Table {
    pub(super) fn begin(machine: String) -> Self {
        println!("{machine}\nvendor on loopback in a process of its own; both sides in this one, in turns");
        println!(
            "\n{:<56} {:>10} {:>10} {:>20}  {:<22} {:<6} {:>8}",
            "", "tollgate", "baseline", "difference", "target", "", "samples"
        );
        Self { machine, subjects: Vec::new() }
    }

    pub(super) fn heading(&mut self, name: &'static str, about: &str) {
        let load = machine::load();
        let busy = load.map(|load| format!(" (load average {load:.2})")).unwrap_or_default();
        println!("\n{name}: {about}{busy}");
        self.subjects.push((name, load, Vec::new()));
    }

    pub(super) fn add(&mut self, rows: Vec<Row>) {
        rows.iter().for_each(Row::print);
        if let Some((_, _, all)) = self.subjects.last_mut() {
            all.extend(rows);
        }
    }

    pub(super) fn end(&self) {
        let rows = || self.subjects.iter().flat_map(|(_, _, rows)| rows);
        let missed = rows().filter(|row| row.verdict().is_some_and(|(_, met)| !met)).count();
        println!("\n{} targets, {missed} missed", rows().filter(|row| row.target.is_some()).count());
    }

    pub(super) fn write_json(&self, file: &Path) -> Result<()> {
        let subjects: Vec<Value> = self
            .subjects
            .iter()
            .map(|(name, load, rows)| {
                json!({"subject": name, "load": load, "rows": rows.iter().map(Row::json).collect::<Vec<_>>()})
            })
            .collect();
        let all = json!({"machine": self.machine, "subjects": subjects});
        std::fs::write(file, format!("{all:#}\n")).with_context(|| format!("`{}`", file.display()))
    }
}
