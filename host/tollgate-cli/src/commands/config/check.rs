//! `tollgate config check`: every mistake at once, then whether the plugins load.

use std::path::Path;

use serde::Serialize;
use tollgate::config::{Config, ConfigErrors, Mistake, Read};

use crate::args::CheckArgs;
use crate::exit::{Failure, Stop, USAGE};
use crate::locate;
use crate::output::Output;
use crate::session::Session;

/// What was found, as programs read it.
#[derive(Serialize)]
struct Report<'a> {
    /// `None`: there is no configuration.
    file: Option<String>,
    mistakes: Vec<MistakeJson<'a>>,
    /// How many more mistakes there are than are listed.
    more: usize,
    /// What is no mistake, and worth a word.
    warnings: Vec<MistakeJson<'a>>,
    plugins: usize,
    purposes: usize,
    limits: usize,
}

/// A mistake, as programs read it.
#[derive(Serialize)]
struct MistakeJson<'a> {
    file: String,
    /// `None`: it is not of one line.
    line: Option<usize>,
    column: Option<usize>,
    key: &'a str,
    message: String,
    suggestion: Option<&'a str>,
}

/// Checks the configuration.
pub(crate) async fn run(args: &CheckArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let Some(file) = session.config_file(args.file.as_deref()) else {
        return absent(output).await;
    };
    let Read { config, errors, .. } = session.read_config(&file)?;
    let mut report = Report::new(Some(&file), &config);
    if locate::group_can_write(&file) {
        let message = "others of its group can write it, and it decides about your keys".to_owned();
        report.warnings.push(MistakeJson::of_file(
            &file,
            message,
            Some("`chmod g-w` where you share the group"),
        ));
    }
    if let Some(errors) = &errors {
        report.add(errors);
        return refuse(&report, errors.clone().into(), output).await;
    }
    if let Err(stop) = session.open_config(config, output).await {
        let Stop::Failed(failure) = stop else {
            return Err(stop);
        };
        if failure.code != USAGE {
            return Err(failure.into());
        }
        let (message, hint) = (failure.message.clone(), failure.hint.clone());
        report.mistakes.push(MistakeJson::of_file(&file, message, hint.as_deref()));
        return refuse(&report, failure, output).await;
    }
    if output.is_json() {
        return output.value(&report).await;
    }
    for MistakeJson { file, message, suggestion, .. } in &report.warnings {
        let suggestion = suggestion.iter().map(|suggestion| format!("; {suggestion}")).collect::<String>();
        output.note(&format!("warning: {file}: {message}{suggestion}"));
    }
    output.text(&report.summary()).await
}

impl<'a> Report<'a> {
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

    fn add(&mut self, errors: &'a ConfigErrors) {
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

impl<'a> MistakeJson<'a> {
    /// Something about the file as a whole.
    fn of_file(file: &Path, message: String, suggestion: Option<&'a str>) -> Self {
        let file = file.display().to_string();
        Self { file, line: None, column: None, key: "", message, suggestion }
    }

    fn new(file: &str, mistake: &'a Mistake) -> Self {
        let Mistake { line, column, key, problem, suggestion, .. } = mistake;
        Self {
            file: file.to_owned(),
            line: Some(*line),
            column: Some(*column),
            key,
            message: problem.to_string(),
            suggestion: suggestion.as_deref(),
        }
    }
}

/// Tells programs the report, and people the failure.
async fn refuse(report: &Report<'_>, failure: Failure, output: &Output) -> Result<(), Stop> {
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
