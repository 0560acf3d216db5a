//! What `--help` says. A changed snapshot is a changed contract.

use crate::kit::Home;

fn help(arguments: &[&str]) -> String {
    let ran = Home::new().run(arguments).ran();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    ran.stdout
}

#[test]
fn the_version_is_one_line() {
    assert_eq!(help(&["--version"]), format!("tollgate {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_command_shows_examples() {
    for command in [
        &["--help"][..],
        &["prompt", "--help"],
        &["models", "--help"],
        &["plugins", "--help"],
        &["plugins", "list", "--help"],
        &["plugins", "inspect", "--help"],
        &["keys", "--help"],
        &["keys", "init", "--help"],
        &["keys", "set", "--help"],
        &["keys", "list", "--help"],
        &["keys", "remove", "--help"],
        &["keys", "rotate", "--help"],
        &["keys", "path", "--help"],
        &["keys", "import", "--help"],
        &["prompt", "-h"],
    ] {
        let text = help(command);
        let examples =
            text.split("Examples:\n").nth(1).unwrap_or_else(|| panic!("{command:?} has no examples"));
        assert!(examples.starts_with("  tollgate "), "{command:?}");
    }
}

#[test]
fn a_log_filter_that_makes_no_sense_is_a_mistake_of_usage() {
    let ran = Home::new().run(&["models", "--json"]).env("TOLLGATE_LOG", "tollgate=loud").ran();
    assert_eq!((ran.code, ran.error()["kind"].as_str()), (Some(2), Some("usage")), "{ran:?}");
}

#[test]
fn nothing_to_do_is_help_and_a_mistake() {
    let ran = Home::new().run(&[]).ran();
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("Usage: tollgate"), "{ran:?}");
}

#[test]
fn help_of_the_command() {
    insta::assert_snapshot!(help(&["--help"]), @r##"
    Runs LLM plugins written by strangers: sandboxed, without a key

    Usage: tollgate [OPTIONS] <COMMAND>

    Commands:
      prompt   Sends a prompt to a model and prints the answer as it arrives
      models   Lists the models of all installed plugins
      plugins  Shows installed plugins, and what a component asks for
      keys     Keeps API keys and other secrets, encrypted
      help     Print this message or the help of the given subcommand(s)

    Options:
          --json        Prints JSON, for programs. Errors are JSON on standard error
      -v, --verbose...  Shows log lines on standard error; twice or three times for more.
                        `$TOLLGATE_LOG` says it in detail
      -h, --help        Print help
      -V, --version     Print version

    Examples:
      tollgate prompt -m echo "Hello"
      cat main.rs | tollgate prompt -m gpt-5.4 -s "Review this."
      tollgate models
      tollgate keys set openai
      tollgate plugins inspect acme.wasm

    Environment:
      TOLLGATE_CONFIG           the configuration file, where --config names none
      TOLLGATE_SECRETS_<NAME>   the secret NAME; also DATASETTE_SECRETS_<NAME>
      TOLLGATE_ENCRYPTION_KEY   the key of the stored secrets, where it is not in a file
      TOLLGATE_LOG              which log lines are shown, such as info or tollgate=debug
      LLM_USER_PATH             the directory of llm's keys.json
      NO_COLOR                  no colours

    Exit status:
      0 done  1 our fault  2 usage or configuration  3 refused  4 the vendor failed
      5 the plugin broke  130 interrupted
    "##);
}

#[test]
fn help_of_prompt() {
    insta::assert_snapshot!(help(&["prompt", "--help"]), @r##"
    Sends a prompt to a model and prints the answer as it arrives.

    The prompt is TEXT, or standard input, or both: standard input first, then TEXT.

    Usage: tollgate prompt [OPTIONS] [TEXT]

    Arguments:
      [TEXT]
              The prompt

    Options:
          --json
              Prints JSON, for programs. Errors are JSON on standard error

      -m, --model <MODEL>
              The model: an id such as `openai/gpt-5.4`, a bare name or an alias. Without it, the
              configured default

      -s, --system <TEXT>
              The system prompt

      -v, --verbose...
              Shows log lines on standard error; twice or three times for more. `$TOLLGATE_LOG` says it
              in detail

      -o, --option <KEY> <VALUE>
              Sets an option of the model. Can be given several times

          --no-stream
              Asks the vendor for one whole answer instead of a stream

          --config <FILE>
              The configuration file. Without it, `$TOLLGATE_CONFIG`, then tollgate/tollgate.yaml in the
              user's configuration directory; never the working directory

          --plugin <NAME=FILE>
              Tries a component for this run, under this name. It reaches nothing but the `--origin`s
              that follow

          --origin <URL>
              Lets the component of `--plugin` reach this origin. Can be given several times

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Examples:
      tollgate prompt -m echo "Hello"
      cat main.rs | tollgate prompt -m gpt-5.4 -s "Review this." -o temperature 0.2
      tollgate prompt -m echo --json "Hello" | jq .usage

    A component to try, with the one origin that it may reach and the secret of its name:
      TOLLGATE_SECRETS_ACME_API_KEY=… \
        tollgate prompt --plugin acme=acme.wasm --origin https://api.acme.test -m acme/one "Hello"
    "##);
}

#[test]
fn help_of_models() {
    insta::assert_snapshot!(help(&["models", "--help"]), @r##"
    Lists the models of all installed plugins

    Usage: tollgate models [OPTIONS]

    Options:
          --config <FILE>       The configuration file. Without it, `$TOLLGATE_CONFIG`, then
                                tollgate/tollgate.yaml in the user's configuration directory; never the
                                working directory
          --json                Prints JSON, for programs. Errors are JSON on standard error
          --plugin <NAME=FILE>  Tries a component for this run, under this name. It reaches nothing but
                                the `--origin`s that follow
      -v, --verbose...          Shows log lines on standard error; twice or three times for more.
                                `$TOLLGATE_LOG` says it in detail
          --origin <URL>        Lets the component of `--plugin` reach this origin. Can be given several
                                times
      -h, --help                Print help
      -V, --version             Print version

    Examples:
      tollgate models
      tollgate models --json | jq -r '.[] | select(.key_available) | .id'
    "##);
}

#[test]
fn help_of_plugins() {
    insta::assert_snapshot!(help(&["plugins", "--help"]), @r##"
    Shows installed plugins, and what a component asks for

    Usage: tollgate plugins [OPTIONS] <COMMAND>

    Commands:
      list     Lists the installed plugins: where they came from, what they may reach, where their keys
               come from
      inspect  Says what a component exports, imports and asks for, without installing it
      help     Print this message or the help of the given subcommand(s)

    Options:
          --json        Prints JSON, for programs. Errors are JSON on standard error
      -v, --verbose...  Shows log lines on standard error; twice or three times for more.
                        `$TOLLGATE_LOG` says it in detail
      -h, --help        Print help
      -V, --version     Print version

    Examples:
      tollgate plugins list
      tollgate plugins inspect acme.wasm
    "##);
}

#[test]
fn help_of_plugins_list() {
    insta::assert_snapshot!(help(&["plugins", "list", "--help"]), @r##"
    Lists the installed plugins: where they came from, what they may reach, where their keys come from

    Usage: tollgate plugins list [OPTIONS]

    Options:
          --config <FILE>       The configuration file. Without it, `$TOLLGATE_CONFIG`, then
                                tollgate/tollgate.yaml in the user's configuration directory; never the
                                working directory
          --json                Prints JSON, for programs. Errors are JSON on standard error
          --plugin <NAME=FILE>  Tries a component for this run, under this name. It reaches nothing but
                                the `--origin`s that follow
      -v, --verbose...          Shows log lines on standard error; twice or three times for more.
                                `$TOLLGATE_LOG` says it in detail
          --origin <URL>        Lets the component of `--plugin` reach this origin. Can be given several
                                times
      -h, --help                Print help
      -V, --version             Print version

    Examples:
      tollgate plugins list
      tollgate plugins list --json | jq -r '.[] | [.name, .digest] | @tsv'
    "##);
}

#[test]
fn help_of_plugins_inspect() {
    insta::assert_snapshot!(help(&["plugins", "inspect", "--help"]), @r##"
    Says what a component exports, imports and asks for, without installing it.

    It is started once to describe itself, in the sandbox, with no way out and no key.

    Usage: tollgate plugins inspect [OPTIONS] <FILE>

    Arguments:
      <FILE>
              The component's file

    Options:
          --json
              Prints JSON, for programs. Errors are JSON on standard error

      -v, --verbose...
              Shows log lines on standard error; twice or three times for more. `$TOLLGATE_LOG` says it
              in detail

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Examples:
      tollgate plugins inspect acme.wasm
      tollgate plugins inspect acme.wasm --json | jq .imports
    "##);
}
