//! The requirements of the rules between pods on a place, for pods that are alike.

/// The counts that the rules of some pods read, by number of the tally.
#[derive(Debug, Clone, Default)]
pub(super) struct TopologyNeeds {
    pub(in crate::scheduler) spread: Vec<SpreadNeed>,
    /// One for each affinity term. Each counts pods that match all terms at once.
    pub(in crate::scheduler) affinity: Vec<usize>,
    /// Whether the pod matches all its own affinity terms.
    pub(in crate::scheduler) matches_itself: bool,
    pub(in crate::scheduler) anti_affinity: Vec<usize>,
    /// Tallies of pods whose anti-affinity matches this one.
    pub(in crate::scheduler) repelled_by: Vec<usize>,
    /// Tallies that one more such pod changes.
    pub(in crate::scheduler) counted_in: Vec<usize>,
}

/// One spread constraint of a pod.
#[derive(Debug, Clone)]
pub(in crate::scheduler) struct SpreadNeed {
    pub(in crate::scheduler) tally: usize,
    pub(in crate::scheduler) max_skew: u32,
    pub(in crate::scheduler) min_domains: u32,
    pub(in crate::scheduler) counts_itself: bool,
}

impl TopologyNeeds {
    /// Whether one more such pod changes a tally.
    pub(in crate::scheduler) fn changes(&self, tally: usize) -> bool {
        self.counted_in.contains(&tally)
    }

    pub(in crate::scheduler) fn is_empty(&self) -> bool {
        self.spread.is_empty() && self.affinity.is_empty() && self.anti_affinity.is_empty() && self.repelled_by.is_empty()
    }
}
