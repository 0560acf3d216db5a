//! Caps on what one store may hold. All memories of a component count together: wasmtime's own limit is per memory.

use wasmtime::ResourceLimiter;

use crate::types::SandboxLimits;

/// Core instances of one store: linked Python components need dozens.
const INSTANCES: usize = 128;
/// Memories of one store.
const MEMORIES: usize = 8;
/// Tables of one store.
const TABLES: usize = 16;

/// Counts what a store holds and refuses what goes beyond.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_limit: usize,
    table_limit: usize,
    memory: usize,
    tables: usize,
    memory_refused: bool,
}

impl Limiter {
    pub(super) fn new(limits: &SandboxLimits) -> Self {
        Self {
            memory_limit: usize::try_from(limits.memory_mib.saturating_mul(1 << 20)).unwrap_or(usize::MAX),
            table_limit: limits.table_elements,
            memory: 0,
            tables: 0,
            memory_refused: false,
        }
    }

    /// Whether the guest was refused memory: the reason behind the panic or trap that usually follows.
    pub(super) fn memory_refused(&self) -> bool {
        self.memory_refused
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        let fits = total <= self.memory_limit;
        if fits {
            self.memory = total;
        } else {
            self.memory_refused = true;
        }
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.tables.saturating_add(desired.saturating_sub(current));
        let fits = total <= self.table_limit;
        if fits {
            self.tables = total;
        }
        Ok(fits)
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }

    fn tables(&self) -> usize {
        TABLES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_count_together() {
        // R07
        let mut limiter = Limiter::new(&SandboxLimits { memory_mib: 2, ..SandboxLimits::default() });
        assert!(limiter.memory_growing(0, 1 << 20, None).unwrap());
        assert!(limiter.memory_growing(0, 1 << 20, None).unwrap());
        assert!(!limiter.memory_refused());
        assert!(!limiter.memory_growing(1 << 20, (1 << 20) + 65536, None).unwrap());
        assert!(limiter.memory_refused());
    }

    #[test]
    fn all_tables_count_together() {
        let mut limiter = Limiter::new(&SandboxLimits { table_elements: 10, ..SandboxLimits::default() });
        assert!(limiter.table_growing(0, 6, None).unwrap());
        assert!(!limiter.table_growing(0, 5, None).unwrap());
        assert!(limiter.table_growing(6, 10, None).unwrap());
    }
}
