//! The lines that a plugin writes: bounded, escaped, and under a target of their own.
//!
//! Lines come through `log.write`, stdout and stderr, and share one allowance per call. Control characters are escaped,
//! so that a line can neither begin a second one nor talk to a terminal (SECURITY.md R20, P16). What goes beyond the
//! allowance is dropped, and the last line that fits says so.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::bindings::imports::tollgate::plugin::log::Level as WitLevel;
use crate::telemetry;
use crate::types::PluginName;

/// The longest line.
const LINE_BYTES: usize = 4 << 10;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl From<WitLevel> for Level {
    fn from(level: WitLevel) -> Self {
        match level {
            WitLevel::Trace => Self::Trace,
            WitLevel::Debug => Self::Debug,
            WitLevel::Info => Self::Info,
            WitLevel::Warn => Self::Warn,
            WitLevel::Error => Self::Error,
        }
    }
}

/// How many bytes of lines a call has left.
#[derive(Debug, Clone)]
pub(super) struct LogBudget(Arc<Budget>);

#[derive(Debug)]
struct Budget {
    left: AtomicUsize,
    told: AtomicBool,
}

impl LogBudget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Budget { left: AtomicUsize::new(bytes), told: AtomicBool::new(false) }))
    }

    /// Writes one line, or what of it still fits.
    pub(super) fn write(&self, plugin: &PluginName, level: Level, line: &str) {
        let line = escaped(line);
        // an empty line costs, too: operations are bounded like bytes
        let cost = line.len().max(16);
        if self.take(cost) {
            emit(plugin, level, &line);
        } else if !self.0.told.swap(true, Ordering::Relaxed) {
            emit(
                plugin,
                Level::Warn,
                "further lines of this call are dropped; `sandbox.log_bytes` is reached",
            );
        }
    }

    fn take(&self, cost: usize) -> bool {
        self.0.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost)).is_ok()
    }
}

fn emit(plugin: &PluginName, level: Level, line: &str) {
    let plugin = plugin.as_str();
    match level {
        Level::Trace => tracing::trace!(target: telemetry::PLUGIN, plugin, "{line}"),
        Level::Debug => tracing::debug!(target: telemetry::PLUGIN, plugin, "{line}"),
        Level::Info => tracing::info!(target: telemetry::PLUGIN, plugin, "{line}"),
        Level::Warn => tracing::warn!(target: telemetry::PLUGIN, plugin, "{line}"),
        Level::Error => tracing::error!(target: telemetry::PLUGIN, plugin, "{line}"),
    }
}

/// The line, cut to its longest, with everything escaped that is not printable.
fn escaped(line: &str) -> String {
    crate::types::printable(line, LINE_BYTES)
}

/// A guest's stdout or stderr: whole lines become lines of its log.
#[derive(Debug, Clone)]
pub(super) struct LogStream {
    plugin: PluginName,
    budget: LogBudget,
    name: &'static str,
    pending: Vec<u8>,
}

impl LogStream {
    pub(super) fn new(plugin: PluginName, budget: LogBudget, name: &'static str) -> Self {
        Self { plugin, budget, name, pending: Vec::new() }
    }

    fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.end_line();
            } else if self.pending.len() < LINE_BYTES {
                self.pending.push(byte);
            }
        }
    }

    fn end_line(&mut self) {
        if self.pending.is_empty() {
            // charges the allowance, so that a flood of empty lines ends as well
            let _fits = self.budget.take(1);
            return;
        }
        let line = format!("{}: {}", self.name, String::from_utf8_lossy(&self.pending));
        self.budget.write(&self.plugin, Level::Debug, &line);
        self.pending.clear();
    }
}

impl Drop for LogStream {
    fn drop(&mut self) {
        if !self.pending.is_empty() {
            self.end_line();
        }
    }
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogStream {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

impl OutputStream for LogStream {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LINE_BYTES)
    }
}

impl AsyncWrite for LogStream {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(budget: &LogBudget) -> usize {
        budget.0.left.load(Ordering::Relaxed)
    }

    #[test]
    fn a_flood_of_lines_ends_at_the_allowance() {
        // R17, R20
        let budget = LogBudget::new(100);
        let plugin: PluginName = "p".parse().unwrap();
        for _ in 0..1000 {
            budget.write(&plugin, Level::Info, "");
        }
        assert!(left(&budget) < 16);
        let mut stream = LogStream::new(plugin, LogBudget::new(1000), "stdout");
        stream.take(&[b'\n'; 5000]);
        assert_eq!(left(&stream.budget), 0);
    }

    #[test]
    fn a_line_without_an_end_takes_no_more_than_one_lines_memory() {
        let mut stream = LogStream::new("p".parse().unwrap(), LogBudget::new(1 << 20), "stdout");
        for _ in 0..100 {
            stream.take(&[b'x'; 4096]);
        }
        assert_eq!(stream.pending.len(), LINE_BYTES);
    }
}
