//! What was found after the file was read, in the form of its mistakes.

use std::path::PathBuf;

use super::mistake::{ConfigErrors, Mistake, Problem};
use crate::policy::Finding;

/// The place of a configuration that is in no file.
const NO_FILE: &str = "configuration";

impl From<Vec<Finding>> for ConfigErrors {
    fn from(findings: Vec<Finding>) -> Self {
        let file = findings.iter().find_map(|finding| finding.at.file.as_deref().cloned());
        let mistakes = findings.into_iter().map(Mistake::from).collect();
        Self { file: file.unwrap_or_else(|| PathBuf::from(NO_FILE)), mistakes, more: 0 }
    }
}

impl From<Finding> for Mistake {
    fn from(finding: Finding) -> Self {
        let Finding { at, message, suggestion, .. } = finding;
        Self::at(&at, Problem::Unfit(message), suggestion)
    }
}
