//! Everything that the whole test process logs, at the finest level, and a scan of it for every key of every test.
//!
//! The scan is one for all tests and goes over each line once. Whichever test ends next finds what another one's key
//! left behind, and says so.

use std::io;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tollgate_test_kit::{Canary, Scanner};
use tracing_subscriber::EnvFilter;

static STATE: Mutex<Option<State>> = Mutex::new(None);

#[derive(Default)]
struct State {
    text: Vec<u8>,
    /// Up to where it was scanned.
    scanned: usize,
    scanner: Scanner,
    leaks: Vec<String>,
}

/// All, at the finest level, but not the compiler: it works before any key is there, and says a gigabyte about it.
const CAPTURED: &str =
    "trace,cranelift=off,regalloc2=off,wasmtime_internal_cranelift=off,wasmtime_environ=off";

/// The longest spelling of a key: what was scanned is scanned again so far back.
const OVERLAP: usize = 512;

/// Begins to capture, once per process.
pub fn capture() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(CAPTURED))
            .with_ansi(false)
            .with_writer(|| Writer)
            .init();
    });
}

/// Looks for these keys from now on, for as long as the process lives.
pub fn watch_for(canaries: &[Canary]) {
    with(|state| canaries.iter().for_each(|canary| state.scanner.add(canary)));
}

/// What has been logged so far.
pub fn text() -> String {
    with(|state| String::from_utf8_lossy(&state.text).into_owned())
}

/// The last lines that have been logged.
pub fn last_lines(count: usize) -> String {
    let text = text();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().join("\n")
}

/// Scans what was logged since the last scan. Fails for every leak that was ever found, whichever test is to blame.
pub fn scan() -> anyhow::Result<()> {
    with(|state| {
        let new = state.text.get(state.scanned.saturating_sub(OVERLAP)..).unwrap_or_default();
        let leaks = state.scanner.scan(new);
        state.leaks.extend(leaks.iter().map(|leak| format!("{:?}: {}", leak.encoding, leak.around)));
        state.scanned = state.text.len();
        anyhow::ensure!(state.leaks.is_empty(), "a key is in the log:\n{}", state.leaks.join("\n"));
        Ok(())
    })
}

fn with<T>(see: impl FnOnce(&mut State) -> T) -> T {
    let mut state: MutexGuard<'_, Option<State>> = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    see(state.get_or_insert_default())
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        with(|state| state.text.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
