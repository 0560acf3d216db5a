//! tollgate runs LLM plugins written by strangers: sandboxed, without a key, inside a budget.

mod egress;
mod plugin;
mod sandbox;
mod secret;
mod tasks;
mod telemetry;
pub mod types;

pub use egress::{Proxy, Resolver, SystemResolver, TlsRoots, TlsRootsError};
