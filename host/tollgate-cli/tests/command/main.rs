//! The command as a person or a program meets it: the built binary, with a cleared environment and a home of its own.

#![cfg(test)]

mod config;
mod help;
mod kit;
mod listing;
mod policy;
mod prompt;
mod signal;
mod tried;
mod vendor;
