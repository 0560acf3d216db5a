//! `tollgate keys`: secrets that are stored, and the key that encrypts them.
//!
//! There is no `get`: what is stored goes into requests and nowhere else.

mod import;
mod init;
mod list;
mod name;
mod path;
mod remove;
mod rotate;
mod set;
mod value;

use serde::Serialize;
use tollgate::Stamp;
use tollgate::types::UtcMillis;

use crate::args::KeysCommand;
use crate::exit::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

/// When something was done and by whom, as programs read it.
#[derive(Debug, Serialize)]
struct StampJson {
    at: String,
    by: Option<String>,
}

impl From<&Stamp> for StampJson {
    fn from(stamp: &Stamp) -> Self {
        Self { at: instant(stamp.at), by: stamp.by.clone() }
    }
}

/// Does what was asked for.
pub(crate) async fn run(command: &KeysCommand, session: &mut Session, output: &Output) -> Result<(), Stop> {
    match command {
        KeysCommand::Init(args) => init::run(args, session, output).await,
        KeysCommand::Set(args) => set::run(args, session, output).await,
        KeysCommand::List(args) => list::run(args, session, output).await,
        KeysCommand::Remove(args) => remove::run(args, session, output).await,
        KeysCommand::Rotate(args) => rotate::run(args, session, output).await,
        KeysCommand::Path(args) => path::run(args, session, output).await,
        KeysCommand::Import(args) => import::run(args, session, output).await,
        KeysCommand::Get(_) => {
            let message = "`tollgate keys get` does not exist: a stored secret goes into requests and is shown to nobody";
            let hint =
                "`tollgate keys list` shows what is set; `tollgate keys set NAME` stores another value"
                    .to_owned();
            Err(Failure::usage(message, Some(hint)).into())
        }
    }
}

/// A moment in UTC, to the second.
fn instant(at: UtcMillis) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    jiff::fmt::temporal::DateTimePrinter::new().precision(Some(0)).timestamp_to_string(&at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_to_the_second() {
        assert_eq!(instant(UtcMillis::new(1_717_236_000_999)), "2024-06-01T10:00:00Z");
        assert_eq!(instant(UtcMillis::new(u64::MAX)).len(), "9999-12-30T22:00:00Z".len());
    }
}
