//! The command as a person or a program meets it: the built binary, with a cleared environment and a home of its own.

#![cfg(test)]

mod config;
mod help;
mod keys;
mod kit;
mod listing;
mod prompt;
mod signal;
mod tried;
mod vendor;
