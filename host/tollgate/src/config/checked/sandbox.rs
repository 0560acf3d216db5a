//! The limits of one plugin: a table, so that a limit is a line.

use std::time::Duration;

use crate::config::reading::{Field, Reading};
use crate::types::{EgressLimits, SandboxLimits};

const DAY_MS: u64 = 86_400_000;
const GIB: u64 = 1 << 30;
const MANY: u64 = 1_000_000;

/// Everything that a `sandbox` mapping sets.
struct Limits<'l> {
    sandbox: &'l mut SandboxLimits,
    egress: &'l mut EgressLimits,
}

/// A key, the range of its number, and where the number goes. 0 is in the range where "none" can be meant.
struct Key {
    name: &'static str,
    least: u64,
    most: u64,
    set: fn(&mut Limits<'_>, u64),
}

const fn key(name: &'static str, least: u64, most: u64, set: fn(&mut Limits<'_>, u64)) -> Key {
    Key { name, least, most, set }
}

const KEYS: &[Key] = &[
    // a 32-bit memory has no more
    key("memory_mib", 1, 4096, |to, n| to.sandbox.memory_mib = n),
    key("cpu_ms", 1, DAY_MS, |to, n| to.sandbox.cpu = Duration::from_millis(n)),
    key("list_cpu_ms", 1, DAY_MS, |to, n| to.sandbox.list_cpu = Duration::from_millis(n)),
    key("instantiate_cpu_ms", 1, DAY_MS, |to, n| to.sandbox.instantiate_cpu = Duration::from_millis(n)),
    key("wall_ms", 1, DAY_MS, |to, n| to.sandbox.wall = Duration::from_millis(n)),
    key("list_wall_ms", 1, DAY_MS, |to, n| to.sandbox.list_wall = Duration::from_millis(n)),
    key("host_call_bytes", 1, GIB, |to, n| to.sandbox.host_call_bytes = count(n)),
    key("host_total_bytes", 1, GIB, |to, n| to.sandbox.host_total_bytes = n),
    key("log_bytes", 0, GIB, |to, n| to.sandbox.log_bytes = count(n)),
    key("log_bytes_per_second", 0, GIB, |to, n| to.sandbox.log_bytes_per_second = count(n)),
    key("random_bytes", 0, GIB, |to, n| to.sandbox.random_bytes = n),
    key("field_bytes", 0, GIB, |to, n| to.sandbox.field_bytes = count(n)),
    key("table_elements", 0, MANY, |to, n| to.sandbox.table_elements = count(n)),
    key("instances", 1, MANY, |to, n| to.sandbox.instances = count(n)),
    key("memories", 1, MANY, |to, n| to.sandbox.memories = count(n)),
    key("tables", 0, MANY, |to, n| to.sandbox.tables = count(n)),
    key("resources", 1, MANY, |to, n| to.sandbox.resources = count(n)),
    key("handles", 1, MANY, |to, n| to.sandbox.handles = count(n)),
    key("concurrent_calls", 0, MANY, |to, n| to.sandbox.concurrent_calls = count(n)),
    key("queued_calls", 0, MANY, |to, n| to.sandbox.queued_calls = count(n)),
    key("queue_ms", 0, DAY_MS, |to, n| to.sandbox.queue = Duration::from_millis(n)),
    key("limit_kills", 1, MANY, |to, n| to.sandbox.limit_kills = narrow(n)),
    key("limit_kills_ms", 1, DAY_MS, |to, n| to.sandbox.limit_kills_window = Duration::from_millis(n)),
    key("suspend_ms", 1, DAY_MS, |to, n| to.sandbox.suspend = Duration::from_millis(n)),
    key("suspend_most_ms", 1, DAY_MS, |to, n| to.sandbox.suspend_most = Duration::from_millis(n)),
    key("compile_cpu_ms", 1, DAY_MS, |to, n| to.sandbox.compile_cpu = Duration::from_millis(n)),
    key("compile_wall_ms", 1, DAY_MS, |to, n| to.sandbox.compile_wall = Duration::from_millis(n)),
    key("compile_memory_mib", 1, MANY, |to, n| to.sandbox.compile_memory_mib = n),
    key("dns_ms", 1, DAY_MS, |to, n| to.egress.dns = Duration::from_millis(n)),
    key("connect_ms", 1, DAY_MS, |to, n| to.egress.connect = Duration::from_millis(n)),
    key("first_byte_ms", 1, DAY_MS, |to, n| to.egress.first_byte = Duration::from_millis(n)),
    key("idle_ms", 1, DAY_MS, |to, n| to.egress.idle = Duration::from_millis(n)),
    key("request_ms", 1, DAY_MS, |to, n| to.egress.total = Duration::from_millis(n)),
    key("request_body_bytes", 0, GIB, |to, n| to.egress.request_body_bytes = n),
    key("response_body_bytes", 0, GIB, |to, n| to.egress.response_body_bytes = n),
    key("response_header_bytes", 1, GIB, |to, n| to.egress.response_header_bytes = count(n)),
    key("requests", 0, MANY, |to, n| to.egress.requests = narrow(n)),
    key("concurrent_requests", 0, MANY, |to, n| to.egress.concurrent_requests = narrow(n)),
    key("sockets", 0, MANY, |to, n| to.egress.sockets = count(n)),
];

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Reads a `sandbox` mapping over the limits there are.
pub(super) fn limits(
    reading: &mut Reading<'_>,
    field: &Field<'_>,
    sandbox: &mut SandboxLimits,
    egress: &mut EgressLimits,
) {
    let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    let Some(fields) = reading.fields(field, &names) else {
        return;
    };
    let mut limits = Limits { sandbox, egress };
    for key in KEYS {
        let number = fields.get(key.name).and_then(|field| reading.integer(&field, key.least, key.most));
        if let Some(number) = number {
            (key.set)(&mut limits, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in backticks at the end of each field's documentation.
    fn documented() -> Vec<&'static str> {
        let lines = include_str!("../../types/limit.rs").lines();
        let lines = lines.filter_map(|line| line.trim().strip_prefix("/// "));
        lines.filter_map(|line| line.split_once("`; default")?.0.rsplit('`').next()).collect()
    }

    #[test]
    fn every_documented_limit_has_a_key_and_every_key_is_documented() {
        let keys: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(keys, documented());
        assert!(keys.len() > 20);
    }

    #[test]
    fn every_key_sets_one_limit_and_no_two_the_same() {
        let mut seen = Vec::new();
        for key in KEYS {
            let (mut sandbox, mut egress) = (SandboxLimits::default(), EgressLimits::default());
            (key.set)(&mut Limits { sandbox: &mut sandbox, egress: &mut egress }, 77);
            let changed = (sandbox, egress);
            assert_ne!(changed, (SandboxLimits::default(), EgressLimits::default()), "{}", key.name);
            assert!(!seen.contains(&changed), "{} sets what another sets", key.name);
            seen.push(changed);
        }
    }

    #[test]
    fn every_default_is_within_its_range() {
        let text = include_str!("../../types/limit.rs");
        for key in KEYS {
            assert!(key.least <= key.most && key.most <= DAY_MS.max(GIB), "{}", key.name);
            assert!(text.contains(key.name));
        }
    }
}
