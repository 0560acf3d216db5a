//! What the gate noticed during one call, told to whoever has to explain it.
//!
//! The plugin learns a code; the log and the person learn the rest. Each refusal is a security event
//! ([`telemetry::SECURITY`]) with its rule, the plugin and the prompt's id, and no more than a few per call, so that a
//! plugin in a loop cannot fill the log. Why the last request got no answer is kept in the call's [`Seen`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::StatusCode;

use crate::plugin::{GateError, Seen};
use crate::telemetry;
use crate::types::{Origin, PluginName, RequestId};

use super::denial::{Cause, Denial};
use super::failure::Failure;
use super::pool::Lease;
use super::target::Target;

/// Events of one call.
const EVENTS: u32 = 16;

/// A handle to what the gate noticed during one call. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Findings(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plugin: PluginName,
    request: RequestId,
    seen: Arc<Seen>,
    events: AtomicU32,
}

impl Findings {
    pub(super) fn new(plugin: PluginName, request: RequestId, seen: Arc<Seen>) -> Self {
        Self(Arc::new(Inner { plugin, request, seen, events: AtomicU32::new(0) }))
    }

    /// Keeps why a request failed, and reports a refusal.
    pub(super) fn fail(&self, failure: &Failure) {
        match failure {
            Failure::Denied(cause) => self.deny(cause.clone()),
            other => {
                self.0.seen.note_gate_error(GateError::failed(other.to_string()));
                let Inner { plugin, request, .. } = &*self.0;
                tracing::debug!(target: telemetry::EGRESS, %plugin, %request, "{other}");
            }
        }
    }

    /// Reports an answer: who gave it, from where. Neither the path nor the query is anybody's business.
    pub(super) fn answered(&self, target: &Target, lease: &Lease, status: StatusCode) {
        tracing::debug!(
            target: telemetry::EGRESS,
            plugin = %self.0.plugin,
            request = %self.0.request,
            method = %target.method,
            origin = %target.origin,
            address = %lease.address(),
            reused = lease.is_reused(),
            status = status.as_u16(),
            "answered"
        );
    }

    /// Reports what a rule refused.
    pub(super) fn deny(&self, cause: Cause) {
        let denial = Denial { plugin: self.0.plugin.clone(), cause };
        self.0.seen.note_gate_error(GateError::refused(denial.cause.id(), denial.to_string()));
        self.report(&denial);
    }

    /// Reports that the vendor sent the credential back, and that the answer goes on without it.
    pub(super) fn echoed(&self, origin: &Origin) {
        self.report(&Denial { plugin: self.0.plugin.clone(), cause: Cause::KeyEchoed(origin.clone()) });
    }

    fn report(&self, denial: &Denial) {
        if self.0.events.fetch_add(1, Ordering::Relaxed) < EVENTS {
            tracing::warn!(
                target: telemetry::SECURITY,
                plugin = %denial.plugin,
                request = %self.0.request,
                code = denial.cause.row(),
                rule = denial.cause.id(),
                host = denial.cause.host().map(tracing::field::display),
                "{denial}"
            );
        }
    }
}
