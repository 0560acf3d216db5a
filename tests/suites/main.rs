//! The suites: one binary, a module per family.

mod architecture;
