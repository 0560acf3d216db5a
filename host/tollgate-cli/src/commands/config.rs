//! `tollgate config`: what the configuration says, may say, and used to be.

mod check;
mod import;

use crate::args::ConfigCommand;
use crate::exit::Stop;
use crate::output::Output;
use crate::session::Session;

/// Does what was asked for.
pub(crate) async fn run(command: &ConfigCommand, session: &mut Session, output: &Output) -> Result<(), Stop> {
    match command {
        ConfigCommand::Check(args) => check::run(args, session, output).await,
        ConfigCommand::Schema => output.value(&tollgate::config::schema()).await,
        ConfigCommand::Import(args) => import::run(args, output).await,
    }
}
