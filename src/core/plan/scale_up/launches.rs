//! In which zone the next nodes of a group come up. A group of several zones launches where it has the fewest instances; ties
//! are broken by AWS. Where a launch failed lately AWS goes on to the other zones
//! (Auto Scaling user guide, "Benefits of Auto Scaling for application architecture", on zones that fail).

use std::collections::BTreeMap;

use crate::plan::fleet::GroupEntry;
use crate::plan::group_health::Backoff;
use crate::scheduler::cluster::NodeId;

/// The launches of one group, as far as they can be foreseen.
#[derive(Debug, Clone)]
pub(crate) struct Launches {
    /// Live instances by zone, in the order of names.
    counts: Vec<u32>,
    /// Zones that are not in backoff, in the same order.
    open: Vec<bool>,
    /// Zones that stood equal, and fewest, when this round of launches began: AWS serves each of them before any other, in an
    /// order of its own.
    tied: Vec<usize>,
    /// Nodes launched in this round.
    round: Vec<NodeId>,
}

/// One launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Launch {
    /// The zone it is expected in.
    pub(crate) zone: usize,
    /// The zones it may be in.
    pub(crate) possible: Vec<usize>,
}

impl Launches {
    /// `zones` are the group's own, sorted.
    pub(crate) fn of(group: &GroupEntry<'_>, zones: &[String], backoff: &Backoff) -> Self {
        let mut live: BTreeMap<&str, u32> = BTreeMap::new();
        for member in group.live() {
            *live.entry(&member.instance.zone).or_default() += 1;
        }
        let counts = zones.iter().map(|zone| live.get(zone.as_str()).copied().unwrap_or(0)).collect();
        Self::new(counts, zones.iter().map(|zone| backoff.closing(zone).is_none()).collect())
    }

    fn new(counts: Vec<u32>, mut open: Vec<bool>) -> Self {
        // What was asked for before everything failed comes up somewhere, if it does.
        if !open.contains(&true) {
            open.fill(true);
        }
        let mut launches = Self { counts, open, tied: Vec::new(), round: Vec::new() };
        launches.begin_round();
        launches
    }

    /// Whether launches in the zone are tried at present.
    pub(crate) fn is_open(&self, zone: usize) -> bool {
        self.open[zone]
    }

    /// What the next launch will be.
    pub(crate) fn next(&self) -> Launch {
        Launch { zone: self.tied[self.round.len()], possible: self.tied.clone() }
    }

    /// Counts a launch. When the round is complete, the zones of its nodes are certain: each tied zone has got one. Those
    /// nodes are returned with their zones.
    pub(crate) fn launched(&mut self, zone: usize, node: NodeId) -> Vec<(NodeId, usize)> {
        self.counts[zone] += 1;
        if zone != self.tied[self.round.len()] {
            // Somebody insisted on another zone; from here on nothing is certain but the counts.
            self.begin_round();
            return Vec::new();
        }
        self.round.push(node);
        if self.round.len() < self.tied.len() {
            return Vec::new();
        }
        let certain = self.round.iter().copied().zip(self.tied.iter().copied()).collect();
        self.begin_round();
        certain
    }

    fn begin_round(&mut self) {
        let open = || (0..self.counts.len()).filter(|&zone| self.open[zone]);
        let fewest = open().map(|zone| self.counts[zone]).min().unwrap_or(0);
        self.tied = open().filter(|&zone| self.counts[zone] == fewest).collect();
        self.round.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launches(counts: &[u32]) -> Launches {
        Launches::new(counts.to_vec(), vec![true; counts.len()])
    }

    #[test]
    fn zones_in_backoff_are_left_out_unless_all_are() {
        let mut launches = Launches::new(vec![0, 1, 1], vec![false, true, true]);
        assert_eq!(launches.next(), Launch { zone: 1, possible: vec![1, 2] });
        launches.launched(1, 7);
        assert_eq!(launches.launched(2, 8), [(7, 1), (8, 2)]);
        assert_eq!(launches.next(), Launch { zone: 1, possible: vec![1, 2] }, "the closed zone has the fewest all the same");
        let all_closed = Launches::new(vec![1, 0], vec![false, false]);
        assert_eq!(all_closed.next(), Launch { zone: 1, possible: vec![1] });
    }

    #[test]
    fn the_zone_with_the_fewest_instances_is_next_and_certain() {
        assert_eq!(launches(&[2, 1, 2]).next(), Launch { zone: 1, possible: vec![1] });
    }

    #[test]
    fn tied_zones_are_certain_only_together() {
        let mut launches = launches(&[0, 3, 0]);
        assert_eq!(launches.next(), Launch { zone: 0, possible: vec![0, 2] });
        assert_eq!(launches.launched(0, 7), []);
        assert_eq!(launches.next(), Launch { zone: 2, possible: vec![0, 2] });
        assert_eq!(launches.launched(2, 8), [(7, 0), (8, 2)], "both have got one, in whichever order");
        assert_eq!(launches.next(), Launch { zone: 0, possible: vec![0, 2] }, "a new round");
    }
}
