//! What the gate noticed during one call, kept for whoever has to explain it.
//!
//! The plugin learns a code; the log and the person learn the rest here. Each refusal is a security event
//! ([`telemetry::SECURITY`]) with its rule, the plugin and the prompt's id, and no more than a few per call, so that a
//! plugin in a loop cannot fill the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;

use crate::telemetry;
use crate::types::{PluginName, RequestId};

use super::denial::{Cause, Denial};
use super::failure::Failure;
use super::pool::Lease;
use super::target::Target;

/// Events of one call.
const EVENTS: u32 = 16;

/// A handle to what the gate noticed during one call. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Findings(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plugin: PluginName,
    request: RequestId,
    latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
struct Latest {
    denial: Option<Denial>,
    failure: Option<Failure>,
    events: u32,
}

impl Findings {
    pub(super) fn new(plugin: PluginName, request: RequestId) -> Self {
        Self(Arc::new(Inner {
            plugin,
            request,
            latest: Mutex::default(),
        }))
    }

    /// What a rule refused, or found, last.
    pub(crate) fn denial(&self) -> Option<Denial> {
        self.latest().denial.clone()
    }

    /// Why the last request failed that did; a refusal too.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.latest().failure.clone()
    }

    /// The same as a sentence for the operator, with the way out.
    pub(crate) fn explain(&self) -> Option<String> {
        let explained = |failure| match failure {
            Failure::Denied(cause) => Denial {
                plugin: self.0.plugin.clone(),
                cause,
            }
            .to_string(),
            other => other.to_string(),
        };
        self.failure().map(explained)
    }

    /// Keeps why a request failed, and reports a refusal.
    pub(super) fn fail(&self, failure: &Failure) {
        self.latest().failure = Some(failure.clone());
        match failure {
            Failure::Denied(cause) => self.deny(cause.clone()),
            other => tracing::debug!(
                target: telemetry::EGRESS,
                plugin = %self.0.plugin,
                request = %self.0.request,
                "{other}"
            ),
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

    /// Reports what a rule refused, or found.
    pub(super) fn deny(&self, cause: Cause) {
        let denial = Denial {
            plugin: self.0.plugin.clone(),
            cause,
        };
        let events = {
            let mut latest = self.latest();
            latest.events = latest.events.saturating_add(1);
            latest.denial = Some(denial.clone());
            latest.events
        };
        if events <= EVENTS {
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

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.0.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
