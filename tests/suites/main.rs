//! The suites: one binary, a module per family.

mod architecture;
mod egress;
mod keys;
mod openai;
