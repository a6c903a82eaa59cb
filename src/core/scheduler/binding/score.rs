//! How kube-scheduler 1.36 ranks nodes that fit: by the plugins NodeResourcesFit, with its scoring
//! strategy, and NodeResourcesBalancedAllocation, each with a weight of 1, and by TaintToleration
//! with a weight of 3 (`default_plugins.go`). The other plugins rank all nodes of a group alike, or
//! follow what pods merely prefer.

use crate::policy::SchedulerScoring;
use crate::scheduler::CpuMemory;

/// Returns the score of a node by its resources, of which `used` is taken before the pod is there;
/// 0 to 200, the higher is the better.
#[must_use]
pub fn score(scoring: SchedulerScoring, offer: CpuMemory, used: CpuMemory, pod: CpuMemory) -> i64 {
    score_given(scoring, offer, used, Shares::of(offer, used), pod)
}

/// Returns the same, given the shares that are taken of the node.
pub(super) fn score_given(scoring: SchedulerScoring, offer: CpuMemory, used: CpuMemory, taken: Shares, pod: CpuMemory) -> i64 {
    let after = used + pod;
    let [cpu, memory] = [TakenShare::of(after.cpu, offer.cpu), TakenShare::of(after.memory, offer.memory)];
    let of_share = |share: TakenShare| match scoring {
        SchedulerScoring::LeastAllocated => (WHOLE - share.ceiling).clamp(0, WHOLE) / PARTS_OF_A_POINT,
        SchedulerScoring::MostAllocated => share.floor.clamp(0, WHOLE) / PARTS_OF_A_POINT,
    };
    let fit = i64::midpoint(of_share(cpu), of_share(memory));
    let taken_after = Shares { cpu: cpu.part(), memory: memory.part() };
    // What counts is whether the pod makes the node more even (`balanced_allocation.go`).
    fit + MOST / 2 + (MOST / 2 + taken_after.evenness() - taken.evenness()) / 2
}

/// Returns the rank of a node by how full it is before a pod is there, the least first. Of nodes
/// that offer the same it is the order of their scores but for what evenness does to it.
pub(super) fn rank(scoring: SchedulerScoring, taken: Shares) -> i64 {
    let fullness = i64::from(taken.cpu + taken.memory);
    match scoring {
        SchedulerScoring::LeastAllocated => fullness,
        SchedulerScoring::MostAllocated => -fullness,
    }
}

/// The shares that are taken of a node, in parts of [`WHOLE`], rounded down. They are small, since
/// a pod looks at those of hundreds of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shares {
    cpu: i32,
    memory: i32,
}

impl Shares {
    /// Returns the shares of what a node offers.
    pub(super) fn of(offer: CpuMemory, used: CpuMemory) -> Self {
        Self { cpu: parts(used.cpu, offer.cpu), memory: parts(used.memory, offer.memory) }
    }

    /// Returns how far they are apart.
    fn apart(self) -> i32 {
        (self.cpu - self.memory).abs()
    }

    /// Returns how even they are; 50 to 100. Their standard deviation is half their difference.
    fn evenness(self) -> i64 {
        (2 * WHOLE - i64::from(self.apart())) * MOST / 2 / WHOLE
    }
}

/// A share in parts of [`WHOLE`]. The scheduler rounds down what is taken, and what is left. Both
/// are known from one division, which is what a score costs.
#[derive(Clone, Copy)]
struct TakenShare {
    floor: i64,
    ceiling: i64,
}

impl TakenShare {
    fn of(amount: i64, of: i64) -> Self {
        let (whole, amount) = (of.max(1), amount.saturating_mul(WHOLE));
        let floor = amount / whole;
        // Of nothing nothing is left.
        let ceiling = if of > 0 { floor + i64::from(amount > floor * whole) } else { WHOLE };
        Self { floor, ceiling }
    }

    /// Returns the share rounded down.
    fn part(self) -> i32 {
        i32::try_from(self.floor.clamp(0, WHOLE)).unwrap_or(WHOLE_PART)
    }
}

/// What a pod adds to what is taken of nodes that offer the same. It costs two divisions, and is
/// the same for pods of one size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addition {
    scoring: SchedulerScoring,
    shares: Shares,
}

impl Addition {
    /// Returns what a pod adds.
    pub(super) fn of(scoring: SchedulerScoring, offer: CpuMemory, pod: CpuMemory) -> Self {
        Self { scoring, shares: Shares::of(offer, pod) }
    }

    /// Returns the last rank at which a node may have a higher score than a known one.
    pub(super) fn last_rank_above(self, known: i64) -> i64 {
        let [cpu, memory] = [self.shares.cpu, self.shares.memory].map(i64::from);
        let of_the_pod = match self.scoring {
            SchedulerScoring::LeastAllocated => 2 * WHOLE - cpu - memory,
            SchedulerScoring::MostAllocated => cpu + memory,
        };
        // A rank is the sum of two shares, of which the score counts the mean. The pod makes a node
        // more even by a quarter of the difference of its shares at most. Shares and scores are
        // rounded.
        of_the_pod + (cpu - memory).abs() / 2 - (known - 3 * MOST / 4 - 1) * 2 * WHOLE / MOST
    }

    /// Whether the score of a node of which these shares are taken may be higher than a known one,
    /// found without a division. Where it may not, it is not: of what is taken with the pod, the
    /// sum of two shares that are rounded down is at most one part less.
    pub(super) fn may_exceed(self, known: i64, taken: Shares) -> bool {
        let with = |taken: i32, added: i32| (taken + added).min(WHOLE_PART);
        let after = Shares { cpu: with(taken.cpu, self.shares.cpu), memory: with(taken.memory, self.shares.memory) };
        let fit = match self.scoring {
            SchedulerScoring::LeastAllocated => 2 * WHOLE_PART - after.cpu - after.memory,
            SchedulerScoring::MostAllocated => (after.cpu + 1).min(WHOLE_PART) + (after.memory + 1).min(WHOLE_PART),
        };
        // A point of the score is four hundred of these: a mean of two shares, and a quarter of
        // what the pod makes the node more even. Rounding adds half a point at most.
        let highest = 2 * fit + taken.apart() - after.apart();
        i64::from(highest) >= (known + 1 - 3 * MOST / 4) * 4 * PARTS_OF_A_POINT - 2 * PARTS_OF_A_POINT
    }
}

/// Returns the score of a node by its taints: so many discourage the pod from it, and `most` from
/// the worst node that the pod fits; 0 to 300.
#[must_use]
pub fn taint_score(discouragements: usize, most: usize) -> i64 {
    let [count, most] = [discouragements, most.max(1)].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    WEIGHT_OF_TAINTS * (MOST - MOST * count / most)
}

const WEIGHT_OF_TAINTS: i64 = 3;
/// The highest score that a plugin gives a node.
const MOST: i64 = 100;
/// Shares are counted in these parts.
const WHOLE: i64 = 10_000;
/// The same for shares.
const WHOLE_PART: i32 = 10_000;
const PARTS_OF_A_POINT: i64 = WHOLE / MOST;

fn parts(amount: i64, of: i64) -> i32 {
    TakenShare::of(amount, of).part()
}

#[cfg(test)]
mod tests {
    use super::*;
    use SchedulerScoring::{LeastAllocated, MostAllocated};

    const OFFER: CpuMemory = CpuMemory { cpu: 10_000, memory: 10_000 };

    fn of(scoring: SchedulerScoring, used: (i64, i64), pod: (i64, i64)) -> i64 {
        let amounts = |(cpu, memory)| CpuMemory { cpu, memory };
        score(scoring, OFFER, amounts(used), amounts(pod))
    }

    #[test]
    fn the_default_prefers_the_emptier_node() {
        assert_eq!(of(LeastAllocated, (0, 0), (1_000, 1_000)), 90 + 75);
        assert_eq!(of(LeastAllocated, (4_000, 4_000), (1_000, 1_000)), 50 + 75);
        assert_eq!(of(MostAllocated, (4_000, 4_000), (1_000, 1_000)), 50 + 75);
    }

    #[test]
    fn of_a_node_without_memory_none_is_left() {
        let offer = CpuMemory { cpu: 10_000, memory: 0 };
        let nothing = CpuMemory { cpu: 0, memory: 0 };
        assert_eq!(score(LeastAllocated, offer, nothing, nothing), 50 + 75);
    }

    /// What is left is rounded down, too: two thirds and a bit are taken, a third less a bit is
    /// left.
    #[test]
    fn shares_are_rounded_down() {
        let thirds = CpuMemory { cpu: 3, memory: 3 };
        let two = CpuMemory { cpu: 2, memory: 2 };
        let nothing = CpuMemory { cpu: 0, memory: 0 };
        assert_eq!(score(LeastAllocated, thirds, nothing, two), 33 + 75);
        assert_eq!(score(MostAllocated, thirds, nothing, two), 66 + 75);
    }

    /// Of two equally full nodes a pod goes to the one that it makes more even, though the other
    /// one stays the more even of both.
    #[test]
    fn a_pod_goes_where_it_makes_the_node_more_even() {
        let pod = (2_000, 0);
        assert_eq!(of(LeastAllocated, (0, 4_000), pod), 70 + 80);
        assert_eq!(of(LeastAllocated, (2_000, 2_000), pod), 70 + 70);
    }

    #[test]
    fn no_node_after_the_last_rank_has_a_higher_score() {
        let shares = || (0..=10).map(|tenths| tenths * 997);
        let nodes = || shares().flat_map(|cpu| shares().map(move |memory| CpuMemory { cpu, memory }));
        for scoring in [LeastAllocated, MostAllocated] {
            for pod in [(100, 100), (3_300, 0), (0, 1_700), (2_500, 900)].map(|(cpu, memory)| CpuMemory { cpu, memory }) {
                let fits = |used: &CpuMemory| used.cpu + pod.cpu <= OFFER.cpu && used.memory + pod.memory <= OFFER.memory;
                for known in 100..=180 {
                    let last = Addition::of(scoring, OFFER, pod).last_rank_above(known);
                    let better = nodes().filter(fits).filter(|used| score(scoring, OFFER, *used, pod) > known);
                    let latest = better.map(|used| rank(scoring, Shares::of(OFFER, used))).max();
                    assert!(latest.is_none_or(|latest| latest <= last), "{scoring:?} {pod:?} {known}: {latest:?}, {last}");
                }
            }
        }
    }

    #[test]
    fn no_node_has_a_higher_score_than_its_shares_allow() {
        let offer = CpuMemory { cpu: 15_890, memory: 60_129_542_144 };
        let amounts = |step: i64| CpuMemory { cpu: step * 577 % 15_890, memory: step * 7_919_333_333 % 60_129_542_144 };
        for scoring in [LeastAllocated, MostAllocated] {
            for (used, pod) in (0..40).flat_map(|used| (0..40).map(move |pod| (amounts(used), amounts(pod)))) {
                let (taken, score) = (Shares::of(offer, used), score(scoring, offer, used, pod));
                let may_exceed = |known: i64| Addition::of(scoring, offer, pod).may_exceed(known, taken);
                assert!(may_exceed(score - 1), "{scoring:?} {used:?} {pod:?}: {score}");
                assert!(!may_exceed(score + 2), "{scoring:?} {used:?} {pod:?}: {score}");
            }
        }
    }

    #[test]
    fn taints_count_by_the_worst_node() {
        assert_eq!([0, 1, 2].map(|taints| taint_score(taints, 2)), [300, 150, 0]);
        assert_eq!(taint_score(0, 0), 300, "no node has any");
    }
}
