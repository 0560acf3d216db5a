//! How much memory all guests have together, so that many small enough ones do not add up to more than the machine has
//! (SECURITY.md R39).
//!
//! What counts is what a guest's memories grew to, beyond the first [`FREE_BYTES`] of each call: that much nearly every
//! guest declares and few touch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What each call has without being counted.
pub(super) const FREE_BYTES: u64 = 2 << 20;

/// The memory of all guests of one engine. Clones are one.
#[derive(Debug, Clone)]
pub(super) struct HostMemory(Arc<Account>);

#[derive(Debug)]
struct Account {
    most: u64,
    used: AtomicU64,
}

impl HostMemory {
    pub(super) fn new(most: u64) -> Self {
        Self(Arc::new(Account { most, used: AtomicU64::new(0) }))
    }

    /// The account of one call, which holds nothing yet.
    pub(super) fn share(&self) -> MemoryShare {
        MemoryShare { of: self.clone(), total: 0, counted: 0 }
    }

    pub(super) fn limit_mib(&self) -> u64 {
        self.0.most >> 20
    }
}

/// What one call has of it. Given back when it is dropped.
#[derive(Debug)]
pub(super) struct MemoryShare {
    of: HostMemory,
    total: u64,
    counted: u64,
}

impl MemoryShare {
    /// What the call has.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Takes so much more, unless that would be more than all may have together.
    pub(super) fn grow(&mut self, bytes: u64) -> bool {
        let total = self.total.saturating_add(bytes);
        let more = total.saturating_sub(FREE_BYTES).saturating_sub(self.counted);
        let account = &self.of.0;
        let fits = |used: u64| used.checked_add(more).filter(|used| *used <= account.most);
        if more > 0 && account.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_err() {
            return false;
        }
        (self.total, self.counted) = (total, self.counted.saturating_add(more));
        true
    }

    pub(super) fn limit_mib(&self) -> u64 {
        self.of.limit_mib()
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.of.0.used.fetch_sub(self.counted, Ordering::AcqRel);
    }
}

/// Half of what this machine has, or of what its control group may use, whichever is less.
pub(super) fn half_of_the_machine() -> u64 {
    let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let group = group.iter().filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok());
    group.chain(installed()).min().unwrap_or(FALLBACK_BYTES) / 2
}

/// Where nobody can say how much memory there is.
const FALLBACK_BYTES: u64 = 4 << 30;

#[cfg(any(target_os = "linux", target_os = "android"))]
fn installed() -> Option<u64> {
    let info = rustix::system::sysinfo();
    (info.totalram as u64).checked_mul(u64::from(info.mem_unit))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn installed() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_share_what_there_is_and_give_it_back() {
        // R39
        let memory = HostMemory::new(10 << 20);
        let (mut a, mut b) = (memory.share(), memory.share());
        assert!(a.grow(FREE_BYTES) && a.grow(6 << 20));
        assert!(b.grow(FREE_BYTES), "what every call has is not counted");
        assert!(!b.grow(5 << 20));
        assert_eq!((a.total(), b.total()), (8 << 20, FREE_BYTES));
        drop(a);
        assert!(b.grow(5 << 20));
        drop(b);
        assert_eq!(memory.0.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_machine_has_memory() {
        assert!(half_of_the_machine() > 16 << 20);
    }
}
