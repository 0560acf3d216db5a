//! Log lines on standard error.
//!
//! Only tollgate's own go below warnings. The crates that carry requests print their bytes when they trace, keys included,
//! so that no filter that anybody writes can switch them on (SECURITY.md S07).

use std::io::IsTerminal;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::env::{Env, LOG, NO_COLOR};
use crate::exit::Failure;

/// Starts to log: what `$TOLLGATE_LOG` says, else warnings, and with each `-v` a level more.
pub(crate) fn start(verbose: u8, env: &Env) -> Result<(), Failure> {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let filter = match env.text(LOG) {
        Some(directives) if verbose == 0 => EnvFilter::try_new(directives).map_err(|error| {
            let hint = format!("such as `{LOG}=info`, or `{LOG}=tollgate=debug`");
            Failure::usage(format!("`{LOG}`: {error}"), Some(hint))
        })?,
        _ => EnvFilter::default().add_directive(level.into()),
    };
    let colours = std::io::stderr().is_terminal() && env.raw(NO_COLOR).is_none();
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_filter(filter.and(filter_fn(may_be_shown)));
    // a second start in one process keeps the first
    let _started = tracing_subscriber::registry().with(lines).try_init();
    Ok(())
}

/// Whether a line can be shown at all, whatever was asked for.
fn may_be_shown(line: &Metadata<'_>) -> bool {
    let ours = line.target().split("::").next().is_some_and(|root| root.starts_with("tollgate"));
    ours || *line.level() <= Level::WARN
}
