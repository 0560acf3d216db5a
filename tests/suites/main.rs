//! The suites: one binary, a module per family.

mod architecture;
mod contract;
mod egress;
mod embedding;
mod isolation;
mod keys;
mod limits;
mod openai;
