//! The `tollgate` command, built where the suites can find it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate_cli::main(std::env::args_os())
}
