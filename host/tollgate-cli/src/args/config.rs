//! The arguments of `tollgate config`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Below the help of all of them.
pub(crate) const EXAMPLES: &str = "\
Examples:
  tollgate config check
  tollgate config schema > tollgate.schema.json
  tollgate config import datasette.yaml --output tollgate.yaml";

const CHECK_EXAMPLES: &str = "\
Examples:
  tollgate config check
  tollgate config check tollgate.yaml
  tollgate config check --json tollgate.yaml | jq -r '.mistakes[] | [.line, .message] | @tsv'";

const SCHEMA_EXAMPLES: &str = "\
Examples:
  tollgate config schema > tollgate.schema.json

An editor takes it from the first line of a configuration:
  # yaml-language-server: $schema=tollgate.schema.json";

const IMPORT_EXAMPLES: &str = "\
Examples:
  tollgate config import datasette.yaml
  tollgate config import datasette.yaml --output tollgate.yaml
  tollgate config import metadata.json --output tollgate.yaml --force";

/// Checks the configuration, and says what it can have in it.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    Check(CheckArgs),
    /// Prints the JSON Schema of the configuration, for editors.
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema,
    Import(ImportArgs),
}

/// Tells every mistake of the configuration, each with its line, and loads its plugins. Nothing is asked of a network.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct CheckArgs {
    /// The configuration file. Without it, `$TOLLGATE_CONFIG`, then tollgate/tollgate.yaml in the user's
    /// configuration directory; never the working directory.
    pub(crate) file: Option<PathBuf>,
}

/// Prints the configuration that means the same as a datasette.yaml.
///
/// It reads what is there for datasette-llm, datasette-llm-accountant, datasette-llm-limits and datasette-secrets, and
/// says in comments where a rule differs and what has no counterpart. Comments of the file are not carried over.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(crate) struct ImportArgs {
    /// The datasette.yaml, or its JSON.
    pub(crate) file: PathBuf,
    /// Writes the configuration there, for its owner only, and not over a file that is there.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Lets `--output` replace a file.
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}
