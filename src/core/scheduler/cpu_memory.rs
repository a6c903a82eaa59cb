//! The resources by which the scheduler ranks nodes.

use std::ops::{Add, Sub};

use crate::snapshot::{CPU, MEMORY, Resources};

/// Amounts of the resources that the default strategies look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CpuMemory {
    /// Millicores.
    pub cpu: i64,
    /// Bytes.
    pub memory: i64,
}

impl CpuMemory {
    /// What a pod that requests nothing counts as (`pkg/scheduler/util/pod_resources.go`:
    /// `DefaultMilliCPURequest`, `DefaultMemoryRequest`).
    const OF_A_POD_WITHOUT_REQUESTS: Self = Self { cpu: 100, memory: 200 * 1024 * 1024 };

    /// Returns the amounts among others.
    #[must_use]
    pub fn of(resources: &Resources) -> Self {
        Self { cpu: resources.get(CPU), memory: resources.get(MEMORY) }
    }

    /// Returns what a pod with these requests counts as.
    #[must_use]
    pub fn as_of_pod(self) -> Self {
        let or = |requested, default| if requested == 0 { default } else { requested };
        let default = Self::OF_A_POD_WITHOUT_REQUESTS;
        Self { cpu: or(self.cpu, default.cpu), memory: or(self.memory, default.memory) }
    }
}

impl Add for CpuMemory {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, memory: self.memory + other.memory }
    }
}

impl Sub for CpuMemory {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { cpu: self.cpu - other.cpu, memory: self.memory - other.memory }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_without_requests_still_counts() {
        let counts = |cpu, memory| CpuMemory { cpu, memory }.as_of_pod();
        assert_eq!(counts(0, 0), CpuMemory { cpu: 100, memory: 209_715_200 });
        assert_eq!(counts(250, 0), CpuMemory { cpu: 250, memory: 209_715_200 });
    }
}
