//! What was typed after `tollgate keys`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ErrorKind};
use clap::{Args, CommandFactory, Subcommand};

use super::{Cli, HostArgs};

pub(super) const EXAMPLES: &str = "\
Examples:
  tollgate keys init
  tollgate keys set openai
  tollgate keys list
  tollgate keys remove OPENAI_API_KEY
  tollgate keys rotate

Secrets that stand in the environment need none of this: TOLLGATE_SECRETS_<NAME> comes first.";

const INIT_EXAMPLES: &str = "\
Examples:
  tollgate keys init
  tollgate keys init --keyring
  export TOLLGATE_ENCRYPTION_KEY=\"$(tollgate keys init --print)\"";

const SET_EXAMPLES: &str = "\
Examples:
  tollgate keys set openai
  tollgate keys set OPENAI_API_KEY --note \"the team's account\" < key.txt
  pass show openai | tollgate keys set openai

NAME is a secret's name, or the name of a plugin, which means the secret that the plugin uses.
The value comes from standard input, or is asked for without being shown. It is never an argument:
other users see those, and the shell keeps them.";

const LIST_EXAMPLES: &str = "\
Examples:
  tollgate keys list
  tollgate keys list --json | jq -r '.slots[] | select(.set | not) | .plugin'";

const REMOVE_EXAMPLES: &str = "\
Examples:
  tollgate keys remove OPENAI_API_KEY
  tollgate keys remove openai --yes";

const ROTATE_EXAMPLES: &str = "\
Examples:
  tollgate keys rotate

Where the encryption key stands in a variable, give the new one in another, then put it in place of the old one:
  export TOLLGATE_NEW_ENCRYPTION_KEY=\"$(tollgate keys init --print)\"
  tollgate keys rotate";

const PATH_EXAMPLES: &str = "\
Examples:
  tollgate keys path
  tollgate keys path --json | jq .encryption_key";

const IMPORT_EXAMPLES: &str = "\
Examples:
  tollgate keys import internal.db
  tollgate keys import internal.db --key-file old.key

The key is that of the other deployment: $DATASETTE_SECRETS_ENCRYPTION_KEY, unless an option says otherwise.
Exit status 1: some of its secrets could not be decrypted, and were left out.";

/// Keeps API keys and other secrets, encrypted.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    Init(InitArgs),
    Set(SetArgs),
    List(ListKeysArgs),
    Remove(RemoveArgs),
    Rotate(RotateArgs),
    Path(PathArgs),
    Import(ImportKeysArgs),
    #[command(hide = true, disable_help_flag = true)]
    Get(GetArgs),
}

/// Makes the encryption key, without which nothing is stored.
///
/// It goes into a file of the user's own, or to where the configuration's `secrets.encryption_key` says. A key that is
/// there is never overwritten.
#[derive(Debug, Args)]
#[command(after_help = INIT_EXAMPLES)]
pub(crate) struct InitArgs {
    /// Makes the key in this file. The configuration has to name it.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["keyring", "print"])]
    pub(crate) file: Option<PathBuf>,
    /// Makes the key in the system's keyring. The configuration has to say so.
    #[arg(long, conflicts_with = "print")]
    pub(crate) keyring: bool,
    /// Prints a fresh key, for a deployment's own environment, and stores nothing.
    #[arg(long)]
    pub(crate) print: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Stores a secret, as its newest version.
#[derive(Debug, Args)]
#[command(after_help = SET_EXAMPLES)]
pub(crate) struct SetArgs {
    /// The secret, or the plugin that uses it.
    pub(crate) name: String,
    /// Something to remember it by, not encrypted. At most 100 characters.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Lists what each plugin's key slots use, and what else is stored. Never a value.
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct ListKeysArgs {
    #[command(flatten)]
    pub(crate) host: HostArgs,
}

/// Deletes a stored secret, with all its versions.
#[derive(Debug, Args)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct RemoveArgs {
    /// The secret, or the plugin that uses it.
    pub(crate) name: String,
    /// Does not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Encrypts everything with a fresh key.
///
/// It can be interrupted at any moment: everything is under the old key or under the new one, and both are kept until
/// that is certain.
#[derive(Debug, Args)]
#[command(after_help = ROTATE_EXAMPLES)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Says where secrets are stored; with --json, also where the encryption key is.
#[derive(Debug, Args)]
#[command(after_help = PATH_EXAMPLES)]
pub(crate) struct PathArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Takes over the secrets of a Datasette deployment (datasette-secrets). Those that are here already are left alone.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(crate) struct ImportKeysArgs {
    /// The database with the table `datasette_secrets`.
    pub(crate) database: PathBuf,
    /// The variable with its encryption key.
    #[arg(long, value_name = "NAME", conflicts_with = "key_file")]
    pub(crate) key_env: Option<String>,
    /// The file with its encryption key.
    #[arg(long, value_name = "PATH")]
    pub(crate) key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Does not exist.
#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// Whatever was asked for.
    #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
    _rest: Vec<OsString>,
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file. Without it, `$TOLLGATE_CONFIG`, then the user's.
    #[arg(id = "config", long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// The verbs after which nothing is repeated.
const VERBS: [&str; 7] = ["init", "set", "list", "remove", "rotate", "path", "import"];

/// What is said of arguments that make no sense. After `keys` they may be a secret, and are not repeated.
pub(super) fn without_values(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let mut words = arguments.iter().skip(1).filter(|word| !word.to_string_lossy().starts_with('-'));
    let verb = words.find(|word| *word == "keys").and_then(|_| words.next());
    let verb = verb.and_then(|verb| VERBS.iter().find(|known| verb == **known));
    let repeats =
        error.get(ContextKind::InvalidArg).or_else(|| error.get(ContextKind::InvalidValue)).is_some();
    let Some(verb) = verb.filter(|_| repeats && error.kind() != ErrorKind::MissingRequiredArgument) else {
        return error;
    };
    let takes = match *verb {
        "set" => {
            "takes one NAME and its options, and the secret's value never as an argument: send it to standard input, or type \
             it when you are asked"
        }
        _ => "does not take one of these arguments, or not in this form; `--help` shows what it takes",
    };
    let message = format!("`tollgate keys {verb}` {takes}; what was typed is not repeated here");
    Cli::command().error(ErrorKind::UnknownArgument, message)
}
