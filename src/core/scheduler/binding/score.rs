//! How kube-scheduler ranks nodes that fit: by the plugins NodeResourcesFit, with its scoring
//! strategy, and NodeResourcesBalancedAllocation, each with a weight of 1, and by TaintToleration
//! with a weight of 3 (`default_plugins.go`). The other plugins rank all nodes of a group alike, or
//! follow what pods merely prefer.

use crate::policy::SchedulerScoring;
use crate::scheduler::CpuMemory;

/// Returns the score of a node by its resources, of which `used` is taken once the pod is there; 0
/// to 200, the higher is the better.
#[must_use]
pub fn score(scoring: SchedulerScoring, offer: CpuMemory, used: CpuMemory) -> i64 {
    let (cpu, memory) = (share(used.cpu, offer.cpu), share(used.memory, offer.memory));
    let fullness = i64::midpoint(cpu, memory);
    let fit = match scoring {
        SchedulerScoring::LeastAllocated => WHOLE - fullness,
        SchedulerScoring::MostAllocated => fullness,
    };
    // The standard deviation of two shares is half their difference.
    let balance = WHOLE - (cpu - memory).abs() / 2;
    (fit + balance) * MOST / WHOLE
}

/// Returns the score of a node by its taints: so many discourage the pod from it, and `most` from
/// the worst node that the pod fits; 0 to 300.
pub(super) fn taint_score(discouragements: usize, most: usize) -> i64 {
    let [count, most] = [discouragements, most.max(1)].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    WEIGHT_OF_TAINTS * (MOST - MOST * count / most)
}

const WEIGHT_OF_TAINTS: i64 = 3;
/// The highest score that a plugin gives a node.
const MOST: i64 = 100;
/// Shares are counted in these parts.
const WHOLE: i64 = 10_000;

fn share(used: i64, offer: i64) -> i64 {
    let share = i128::from(used) * i128::from(WHOLE) / i128::from(offer.max(1));
    i64::try_from(share).unwrap_or(WHOLE).clamp(0, WHOLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use SchedulerScoring::{LeastAllocated, MostAllocated};

    #[test]
    fn the_default_prefers_the_emptier_and_the_more_even_node() {
        let of = |scoring, (cpu, memory)| score(scoring, CpuMemory { cpu: 10_000, memory: 10_000 }, CpuMemory { cpu, memory });
        assert_eq!(of(LeastAllocated, (0, 0)), 200);
        assert_eq!(of(LeastAllocated, (5_000, 5_000)), 150);
        assert_eq!(of(LeastAllocated, (10_000, 0)), 100, "half used, as lopsided as can be");
        assert_eq!(of(MostAllocated, (5_000, 5_000)), 150);
        assert!(of(MostAllocated, (9_000, 9_000)) > of(MostAllocated, (5_000, 5_000)));
    }

    #[test]
    fn taints_count_by_the_worst_node() {
        assert_eq!([0, 1, 2].map(|taints| taint_score(taints, 2)), [300, 150, 0]);
        assert_eq!(taint_score(0, 0), 300, "no node has any");
    }
}
