//! Caps on what one store may hold. All memories of a component count together: wasmtime's own limit is per memory.

use wasmtime::ResourceLimiter;

use super::memory::MemoryShare;
use crate::types::SandboxLimits;

/// Counts what a store holds and refuses what goes beyond.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_limit: u64,
    table_limit: usize,
    instances: usize,
    memories: usize,
    tables: usize,
    memory: MemoryShare,
    elements: usize,
    refused: Option<Refused>,
}

/// What a guest was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Memory beyond its own limit.
    Memory,
    /// Memory that all guests together may not have.
    HostMemory { limit_mib: u64 },
    /// Table elements.
    Tables,
}

impl Limiter {
    pub(super) fn new(limits: &SandboxLimits, memory: MemoryShare) -> Self {
        Self {
            memory_limit: limits.memory_mib.saturating_mul(1 << 20),
            table_limit: limits.table_elements,
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
            memory,
            elements: 0,
            refused: None,
        }
    }

    /// What the guest was refused last: the reason behind the panic or trap that usually follows.
    pub(super) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    fn take_memory(&mut self, bytes: u64) -> Result<(), Refused> {
        if self.memory.total().saturating_add(bytes) > self.memory_limit {
            return Err(Refused::Memory);
        }
        let limit_mib = self.memory.limit_mib();
        if self.memory.grow(bytes) { Ok(()) } else { Err(Refused::HostMemory { limit_mib }) }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let taken = self.take_memory(desired.saturating_sub(current) as u64);
        self.refused = taken.err().or(self.refused);
        Ok(taken.is_ok())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.elements.saturating_add(desired.saturating_sub(current));
        let fits = total <= self.table_limit;
        if fits {
            self.elements = total;
        } else {
            self.refused = Some(Refused::Tables);
        }
        Ok(fits)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.memories
    }

    fn tables(&self) -> usize {
        self.tables
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::HostMemory;
    use super::*;

    fn limiter(limits: SandboxLimits) -> Limiter {
        Limiter::new(&limits, HostMemory::new(1 << 30).share())
    }

    #[test]
    fn all_memories_count_together() {
        // R07
        let mut limiter = limiter(SandboxLimits { memory_mib: 2, ..SandboxLimits::default() });
        assert!(limiter.memory_growing(0, 1 << 20, None).unwrap());
        assert!(limiter.memory_growing(0, 1 << 20, None).unwrap());
        assert_eq!(limiter.refused(), None);
        assert!(!limiter.memory_growing(1 << 20, (1 << 20) + 65536, None).unwrap());
        assert_eq!(limiter.refused(), Some(Refused::Memory));
    }

    #[test]
    fn all_guests_count_together() {
        // R39
        let host = HostMemory::new(3 << 20);
        let limits = SandboxLimits::default();
        let mut guests = [Limiter::new(&limits, host.share()), Limiter::new(&limits, host.share())];
        let mut grow = |guest: usize, mib: usize| guests[guest].memory_growing(0, mib << 20, None).unwrap();
        assert!(grow(0, 4) && grow(1, 2) && !grow(1, 2));
        assert_eq!(guests[1].refused(), Some(Refused::HostMemory { limit_mib: 3 }));
    }

    #[test]
    fn all_tables_count_together() {
        // R08
        let mut limiter = limiter(SandboxLimits { table_elements: 10, ..SandboxLimits::default() });
        assert!(limiter.table_growing(0, 6, None).unwrap());
        assert!(!limiter.table_growing(0, 5, None).unwrap());
        assert_eq!(limiter.refused(), Some(Refused::Tables));
        assert!(limiter.table_growing(6, 10, None).unwrap());
    }
}
