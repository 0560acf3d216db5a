//! Write a tollgate plugin: one trait, one macro.
//!
//! A plugin is a WebAssembly component. A *provider* turns a prompt into requests to one vendor's API, and the answer
//! into a stream of events. It implements [`Provider`] and names the type in [`export_provider!`]; the contract that it
//! thereby fulfils is inside this crate, so there are no interface files to copy.
//!
//! # A whole provider
//!
//! ```
//! use tollgate_plugin::types::{Description, Error, Event, FinishReason, Model, Prompt, Usage};
//! use tollgate_plugin::{Provider, Ready};
//!
//! struct Shout;
//!
//! impl Provider for Shout {
//!     type Completion = Ready;
//!
//!     fn describe() -> Description {
//!         Description {
//!             name: "shout".into(),
//!             version: env!("CARGO_PKG_VERSION").into(),
//!             summary: "Says it again, louder.".into(),
//!             homepage: None,
//!             key_slots: vec![],
//!             endpoints: vec![],
//!             settings: vec![],
//!             models: vec![Model::new("shout")],
//!             lists_models: false,
//!         }
//!     }
//!
//!     fn complete(prompt: Prompt) -> Result<Ready, Error> {
//!         let asked = prompt.messages.last().map(|message| message.joined_text()).unwrap_or_default();
//!         let words = asked.split_whitespace().count() as u64;
//!         Ok(Ready::new(vec![
//!             Event::text(0, asked.to_uppercase()),
//!             Event::Usage(Usage::of(words, words)),
//!             Event::Finish(FinishReason::Stop),
//!         ]))
//!     }
//! }
//!
//! tollgate_plugin::export_provider!(Shout);
//!
//! assert_eq!(Shout::complete(Prompt::new("shout", "hello")).is_ok(), true);
//! ```
//!
//! In `Cargo.toml`, `crate-type = ["cdylib", "rlib"]`: the first makes the component, the second lets `cargo test` run
//! the same code natively. Then `cargo build --release --target wasm32-wasip2`.
//!
//! # One that asks a vendor
//!
//! Its description has a [`KeySlot`](types::KeySlot), so that the host puts the credential into its requests (a plugin
//! never sees one), and an [`Endpoint`](types::Endpoint) per kind of request (the host lets no other through). Its
//! `complete` sends an [`http::Request`], looks at the status, and hands the [`http::Response`] to its completion, whose
//! `next` feeds what one read gave to a [`sse::Parser`]:
//!
//! ```
//! use tollgate_plugin::types::{Error, ErrorKind, Event, FinishReason};
//! use tollgate_plugin::{Completion, http, sse};
//!
//! struct Answer {
//!     response: http::Response,
//!     parser: sse::Parser,
//! }
//!
//! impl Completion for Answer {
//!     fn next(&mut self) -> Result<Vec<Event>, Error> {
//!         let mut batch = Vec::new();
//!         while batch.is_empty() {
//!             let Some(chunk) = self.response.read_chunk()? else {
//!                 return Err(Error::new(ErrorKind::MalformedResponse, "the stream has no end").sent());
//!             };
//!             self.parser.feed_with(&chunk, |event| {
//!                 batch.push(match event.name {
//!                     "done" => Event::Finish(FinishReason::Stop),
//!                     _ => Event::text(0, event.data),
//!                 });
//!                 Ok(())
//!             })?;
//!         }
//!         Ok(batch)
//!     }
//! }
//!
//! let response = http::Response::given(200, &[], ["data: Hel\n\ndata: l", "o\n\nevent: done\ndata:\n\n"]);
//! let mut answer = Answer { response, parser: sse::Parser::new() };
//! assert_eq!(answer.next().unwrap(), [Event::text(0, "Hel")]);
//! ```
//!
//! (A real one also remembers that it has seen the end, and answers with an empty batch then.)
//!
//! # What a component imports
//!
//! Only what it uses: `log`, `config`, `wasi:http` with `wasi:io`, and what Rust's standard library brings along. The
//! host refuses imports that it does not know, and links the standard library's without anything behind them.

#[doc(hidden)]
pub mod bindings;
pub mod config;
mod error;
pub mod http;
pub mod log;
#[doc(hidden)]
pub mod provider;
pub mod sse;
pub mod testing;
pub mod types;

pub use error::MAX_MESSAGE_CHARS;
pub use provider::{Completion, Provider, Ready};
