//! From a component to native code: the cache that keeps it, and the process that makes it.

mod bomb;
mod cache;
mod command;
mod limit;
mod process;

use tollgate::{Compiler, Engine, EngineOptions};

/// An engine that has compiled nothing yet, with room for a few calls.
fn fresh_engine() -> Engine {
    let mut options = EngineOptions::default();
    options.concurrent_calls = 4;
    Engine::new(options).unwrap()
}

/// The command, as a compiler.
fn command() -> Compiler {
    Compiler::process(env!("CARGO_BIN_EXE_tollgate-under-test"), ["__compile-worker"])
}

/// A compiler that compiles nothing: whoever loads a component with it has the code from elsewhere.
fn none() -> Compiler {
    Compiler::process("/nowhere/at/all", [""; 0])
}
