//! tollgate runs LLM plugins written by strangers: sandboxed, without a key, inside a budget.

pub mod config;
mod plugin;
mod sandbox;
mod secret;
mod tasks;
mod telemetry;
pub mod types;
