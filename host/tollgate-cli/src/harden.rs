//! What this process never does, whatever happens to it: leave its memory behind where others can read it.
//!
//! Keys are in its memory. A core dump would put them into a file; a debugger of the same user would read them; the message
//! of a panic may hold whatever the code was looking at. (SECURITY.md S08)

use std::io::Write;
use std::panic::PanicHookInfo;

/// No core dumps, no debugger, and no payload of a panic on standard error. Best effort: a system that refuses one of them
/// refuses it to all programs, and the command is of use all the same.
pub(crate) fn start() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _refused = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _refused = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    std::panic::set_hook(Box::new(|panic| tell(panic, &mut std::io::stderr())));
}

/// Where it was, which is in the source, and not what it said.
fn tell(panic: &PanicHookInfo<'_>, to: &mut dyn Write) {
    let place = panic.location().map(|at| format!("{}:{}:{}", at.file(), at.line(), at.column()));
    // where standard error is closed, there is nobody to tell
    let _told =
        writeln!(to, "tollgate: this is a bug, at {}", place.as_deref().unwrap_or("an unknown place"));
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_panic_tells_its_place_and_nothing_else() {
        // S08
        let told = Arc::new(Mutex::new(Vec::new()));
        let usual = std::panic::take_hook();
        let heard = told.clone();
        std::panic::set_hook(Box::new(move |panic| tell(panic, &mut *heard.lock().unwrap())));
        let panicked = std::panic::catch_unwind(|| panic!("tgcanary: {}", "of a secret"));
        std::panic::set_hook(usual);
        let text = String::from_utf8(told.lock().unwrap().clone()).unwrap();
        assert!(panicked.is_err() && text.contains("harden.rs:") && !text.contains("tgcanary"), "{text}");
    }
}
