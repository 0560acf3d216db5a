//! `tollgate config check`: every mistake at once, then whether the plugins load.

use std::path::Path;

use serde::Serialize;
use tollgate::config::{Config, ConfigErrors, Mistake};
use tollgate::policy::{Finding, Severity};

use crate::args::CheckArgs;
use crate::exit::{Failure, Stop, USAGE};
use crate::locate;
use crate::output::Output;
use crate::session::{Session, Unbuilt};

/// What was found, as programs read it.
#[derive(Serialize)]
struct Report {
    /// `None`: there is no configuration.
    file: Option<String>,
    mistakes: Vec<MistakeJson>,
    /// How many more mistakes there are than are listed.
    more: usize,
    /// What is no mistake, and perhaps not what was meant.
    warnings: Vec<WarningJson>,
    plugins: usize,
    purposes: usize,
    limits: usize,
}

/// A mistake, as programs read it.
#[derive(Serialize)]
struct MistakeJson {
    file: String,
    /// `None`: it is not of one line.
    line: Option<usize>,
    column: Option<usize>,
    key: String,
    message: String,
    suggestion: Option<String>,
}

/// Something that is no mistake, as programs read it.
#[derive(Serialize)]
struct WarningJson {
    /// `warning` or `notice`.
    severity: &'static str,
    #[serde(flatten)]
    what: MistakeJson,
    /// Whether the host told a person of it when it was built.
    #[serde(skip)]
    was_logged: bool,
}

/// Checks the configuration: the file by itself, its plugins, and whether they have the models that it names.
pub(crate) async fn run(args: &CheckArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let Some(file) = locate::file(args.file.as_deref(), session.env()) else {
        return absent(output).await;
    };
    let read = locate::parse(&file, session.env())?;
    let mut report = Report::new(Some(&file), &read.config);
    if locate::group_can_write(&file) {
        report.warnings.push(WarningJson::of_file(
            &file,
            "others of its group can write it, and it decides about your keys",
            "`chmod g-w` where you share the group",
        ));
    }
    let host = match session.open_read(read, &[], output).await {
        Ok(host) => host,
        Err(Unbuilt::Mistakes(errors)) => {
            report.add(&errors);
            return refuse(&report, errors.clone().into(), output).await;
        }
        Err(Unbuilt::Failed(failure)) if failure.code == USAGE => {
            report.mistakes.push(MistakeJson::whole(&file, &failure));
            return refuse(&report, failure, output).await;
        }
        Err(Unbuilt::Failed(failure)) => return Err(failure.into()),
    };
    let found = host.findings();
    report.warnings.extend(found.iter().map(|finding| WarningJson::new(&file, finding)));
    if output.is_json() {
        return output.value(&report).await;
    }
    // those of the host were logged as warnings already, unless they are less
    for warning in report.warnings.iter().filter(|warning| !warning.was_logged) {
        output.note(&warning.line());
    }
    output.text(&report.summary()).await
}

impl Report {
    fn new(file: Option<&Path>, config: &Config) -> Self {
        Self {
            file: file.map(|file| file.display().to_string()),
            mistakes: Vec::new(),
            more: 0,
            warnings: Vec::new(),
            plugins: config.plugins.len(),
            purposes: config.models.purposes.len(),
            limits: config.limits.len(),
        }
    }

    fn add(&mut self, errors: &ConfigErrors) {
        let file = errors.file.display().to_string();
        self.mistakes.extend(errors.mistakes.iter().map(|mistake| MistakeJson::new(&file, mistake)));
        self.more += errors.more;
    }

    fn summary(&self) -> String {
        let counted = |number: usize, what: &str| {
            let many = if number == 1 { "" } else { "s" };
            format!("{number} {what}{many}")
        };
        let counts = [
            counted(self.plugins, "plugin"),
            counted(self.purposes, "purpose"),
            counted(self.limits, "limit"),
        ];
        let file = self.file.as_deref().unwrap_or_default();
        format!("{file}: no mistakes ({})\n", counts.join(", "))
    }
}

impl MistakeJson {
    fn new(file: &str, mistake: &Mistake) -> Self {
        let Mistake { line, column, key, problem, suggestion, .. } = mistake;
        Self {
            file: file.to_owned(),
            line: Some(*line).filter(|line| *line > 0),
            column: Some(*column).filter(|column| *column > 0),
            key: key.clone(),
            message: problem.to_string(),
            suggestion: suggestion.clone(),
        }
    }

    /// Of a file as a whole.
    fn whole(file: &Path, failure: &Failure) -> Self {
        Self {
            file: file.display().to_string(),
            line: None,
            column: None,
            key: String::new(),
            message: failure.message.clone(),
            suggestion: failure.hint.clone(),
        }
    }
}

impl WarningJson {
    /// About the file as a whole.
    fn of_file(file: &Path, message: &str, suggestion: &str) -> Self {
        let (file, message) = (file.display().to_string(), message.to_owned());
        let suggestion = Some(suggestion.to_owned());
        let what = MistakeJson { file, line: None, column: None, key: String::new(), message, suggestion };
        Self { severity: Severity::Warning.as_str(), what, was_logged: false }
    }

    /// For people: `warning: FILE:LINE:COLUMN: key: what; the way out`.
    fn line(&self) -> String {
        let MistakeJson { file, line, column, key, message, suggestion } = &self.what;
        let place: String = line.iter().chain(column).map(|number| format!("{number}:")).collect();
        let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
        let suggestion = suggestion.iter().map(|text| format!("; {text}")).collect::<String>();
        format!("{}: {file}:{place} {key}{message}{suggestion}", self.severity)
    }

    fn new(file: &Path, finding: &Finding) -> Self {
        let severity = finding.severity.as_str();
        let what = MistakeJson::new(&file.display().to_string(), &Mistake::from(finding.clone()));
        Self { severity, what, was_logged: finding.is_logged() }
    }
}

/// Tells programs the report, and people the failure.
async fn refuse(report: &Report, failure: Failure, output: &Output) -> Result<(), Stop> {
    if !output.is_json() {
        return Err(failure.into());
    }
    output.value(report).await?;
    Err(Stop::Told(failure.code))
}

async fn absent(output: &Output) -> Result<(), Stop> {
    if output.is_json() {
        return output.value(&Report::new(None, &Config::default())).await;
    }
    let text = "there is no configuration file, which is no mistake: built-ins have their own names, and there is no \
                default model\n";
    output.text(text).await
}
