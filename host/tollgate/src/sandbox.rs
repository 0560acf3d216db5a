//! Running components.
mod bindings;
