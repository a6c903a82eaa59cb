//! How kube-scheduler ranks nodes that fit: `NodeResourcesFit` with its scoring strategy, and `NodeResourcesBalancedAllocation`,
//! each with weight 1. The other scoring plugins say the same of all nodes of a group, or follow what pods merely prefer.

use crate::policy::SchedulerScoring;

/// Processor (millicores) and memory (bytes): the resources that the default strategies look at.
pub(crate) type Scored = [i64; 2];

/// What a pod that requests nothing counts as when nodes are ranked (`pkg/scheduler/util/pod_resources.go`:
/// `DefaultMilliCPURequest`, `DefaultMemoryRequest`).
const OF_A_POD_WITHOUT_REQUESTS: Scored = [100, 200 * 1024 * 1024];

/// What a pod counts for.
pub(crate) fn scored(requested: Scored) -> Scored {
    std::array::from_fn(|position| match requested[position] {
        0 => OF_A_POD_WITHOUT_REQUESTS[position],
        asked => asked,
    })
}

/// The score of a node that offers `offer`, of which `used` is taken, for one more pod; 0 to 200, the higher is the better.
pub(crate) fn score(scoring: SchedulerScoring, offer: Scored, used: Scored, asked: Scored) -> i64 {
    let shares: [i64; 2] = std::array::from_fn(|position| share(used[position] + asked[position], offer[position]));
    let fullness = i64::midpoint(shares[0], shares[1]);
    let fit = match scoring {
        SchedulerScoring::LeastAllocated => WHOLE - fullness,
        SchedulerScoring::MostAllocated => fullness,
    };
    // The standard deviation of two shares is half their difference.
    let balance = WHOLE - (shares[0] - shares[1]).abs() / 2;
    (fit + balance) * 100 / WHOLE
}

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
        let offer = [10_000, 10_000];
        let of = |scoring, used| score(scoring, offer, used, [0, 0]);
        assert_eq!(of(LeastAllocated, [0, 0]), 200);
        assert_eq!(of(LeastAllocated, [5_000, 5_000]), 150);
        assert_eq!(of(LeastAllocated, [10_000, 0]), 100, "half used, as lopsided as can be");
        assert_eq!(of(MostAllocated, [5_000, 5_000]), 150);
        assert!(of(MostAllocated, [9_000, 9_000]) > of(MostAllocated, [5_000, 5_000]));
    }

    #[test]
    fn a_pod_without_requests_still_counts() {
        assert_eq!(scored([0, 0]), [100, 209_715_200]);
        assert_eq!(scored([250, 0]), [250, 209_715_200]);
    }
}
