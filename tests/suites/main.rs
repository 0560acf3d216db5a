//! The suites: one binary, a module per family.

mod architecture;
mod cli;
mod compiling;
mod completeness;
mod contract;
mod egress;
mod embedding;
mod isolation;
mod keys;
mod limits;
mod providers;
mod secrets;
mod streaming;
