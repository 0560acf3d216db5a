//! Lines for the operator's log. Never put a prompt or an answer into one.
//!
//! The host bounds lines and their sum per call. Outside WebAssembly lines go nowhere, unless
//! [`testing`] collects them.

use crate::bindings::tollgate::plugin::log as imported;
use crate::testing;

pub use crate::bindings::tollgate::plugin::log::Level;

/// Writes one line of this level.
pub fn write(level: Level, message: impl AsRef<str>) {
    if cfg!(target_family = "wasm") {
        imported::write(level, message.as_ref());
    } else {
        testing::log(level, message.as_ref());
    }
}

/// Steps of the plugin's own work.
pub fn trace(message: impl AsRef<str>) {
    write(Level::Trace, message);
}

/// What helps to find a fault.
pub fn debug(message: impl AsRef<str>) {
    write(Level::Debug, message);
}

/// What an operator may want to know.
pub fn info(message: impl AsRef<str>) {
    write(Level::Info, message);
}

/// What an operator should look at.
pub fn warn(message: impl AsRef<str>) {
    write(Level::Warn, message);
}

/// What went wrong.
pub fn error(message: impl AsRef<str>) {
    write(Level::Error, message);
}
