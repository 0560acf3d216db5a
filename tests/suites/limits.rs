//! What a plugin may use up, and that nobody else notices when it does.
//!
//! Limits of time are as short here as a slow machine allows; what is asserted is what ended a call, never when. A
//! denial names the plugin, the limit, its value and the key that changes it.

mod computing;
mod ending;
mod holding;
mod neighbours;
mod saying;
mod waiting;

use std::time::Duration;

use tollgate::{Error, ErrorKind};
use tollgate_test_kit::{Answered, TestHostBuilder};
use tollgate_tests::guests::Guest;
use tollgate_tests::house;

/// So little that a test that waits for it is quick.
const SHORT: Duration = Duration::from_millis(50);

/// A host with this plugin and the built-ins.
fn with_others(guest: Guest) -> TestHostBuilder {
    undeterred(house::guest(guest).with(|builder| builder.builtins(tollgate_builtins::all())))
}

/// The same, with little CPU time.
fn hurried(builder: TestHostBuilder) -> TestHostBuilder {
    let hurry = |plugin: &mut tollgate::config::PluginConfig| {
        plugin.sandbox.cpu = SHORT;
        plugin.sandbox.list_cpu = SHORT;
        plugin.sandbox.instantiate_cpu = SHORT;
    };
    undeterred(builder.configure(hurry).unwrap())
}

/// The same, but never suspended, however often a limit ends a call.
fn undeterred(builder: TestHostBuilder) -> TestHostBuilder {
    builder.configure(|plugin| plugin.sandbox.limit_kills = u32::MAX).unwrap()
}

/// Fails unless the plugin broke, and the message has all of these words in it.
fn denied(answered: &Answered, words: &[&str]) {
    let error = answered.error.as_ref().unwrap_or_else(|| panic!("it was let: {}", answered.text));
    refused(error, words);
}

/// The same for a plugin that was not let in.
fn refused(error: &Error, words: &[&str]) {
    let message = error.public_message();
    assert_eq!(error.kind(), ErrorKind::PluginBroke, "{message}");
    for word in words {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
}
