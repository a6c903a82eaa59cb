//! Launches further ahead, for pods that spread over the zones of a group. The cloud launches in
//! each of the zones that have the fewest instances before it launches in any of them again, so
//! that the zone that a pod needs has a new node when all of them have, in whichever order.

use super::Buying;
use crate::plan::amounts::small;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::fit::Fit;
use crate::plan::scale_up::offers::next_zone::Launch;
use crate::scheduler::cluster::NodeId;
use crate::snapshot::PodAffinityTerm;
use crate::well_known::labels::HOSTNAME;

impl<'a> Buying<'a, '_> {
    /// Opens as many nodes of a group as it takes until a pod of the class fits on one of them.
    /// Returns whether any is opened.
    pub(super) fn open_ahead(&mut self, candidates: &mut Candidates<'a>, group: GroupIx, class: ClassIx) -> bool {
        let Some(ahead) = self.launch_ahead(candidates, group, class) else { return false };
        for (launch, node) in ahead {
            self.add_launched(candidates, group, &launch, node);
        }
        true
    }

    /// Whether several new nodes of a group would help a class where the next one does not.
    pub(super) fn helps_ahead(&mut self, candidates: &mut Candidates<'a>, group: GroupIx, class: ClassIx) -> bool {
        let (checkpoint, launches) = (candidates.cluster.checkpoint(), self.catalogue.offers.launches_of(group));
        let helps = self.launch_ahead(candidates, group, class).is_some();
        candidates.cluster.roll_back(checkpoint);
        self.catalogue.offers.set_back_some(launches);
        helps
    }

    /// Adds the next nodes of a group to the working copy until a pod of the class fits on one of
    /// them, and counts their launches. Changes nothing where it fits on none of as many as the
    /// group has zones, or the limits allow.
    fn launch_ahead(
        &mut self,
        candidates: &mut Candidates<'a>,
        group: GroupIx,
        class: ClassIx,
    ) -> Option<Vec<(Launch, NodeId)>> {
        if !self.may_look_ahead(candidates, group, class) {
            return None;
        }
        let zones = self.catalogue.offers.of(group).map_or(0, |offer| offer.zones.len());
        let (checkpoint, launches) = (candidates.cluster.checkpoint(), self.catalogue.offers.launches_of(group));
        let mut ahead: Vec<(Launch, NodeId)> = Vec::new();
        for _ in 0..self.nodes_left(group).min(small(zones)) {
            let launch = self.catalogue.offers.next(group);
            let node = self.catalogue.offers.launch(candidates, group, &launch);
            ahead.push((launch, node));
            // The last node of a round makes the zones of the others certain, too.
            if ahead.iter().any(|(_, node)| candidates.cluster.room(class.demand(), *node) > 0) {
                return Some(ahead);
            }
        }
        candidates.cluster.roll_back(checkpoint);
        self.catalogue.offers.set_back_some(launches);
        None
    }

    /// Whether pods of the class fit in every zone of a group but for those beside them. For pods
    /// that are bound to some of the zones, nodes in the others would be bought for nobody. Which
    /// zone a node is in, affinity takes to be the expected one, so that pods with rules of both
    /// kinds would be promised what no zone holds.
    fn may_look_ahead(&self, candidates: &Candidates<'a>, group: GroupIx, class: ClassIx) -> bool {
        let demand = candidates.cluster.demand(class.demand());
        let is_of_node = |term: &PodAffinityTerm| term.topology_key == HOSTNAME;
        demand.is_spread()
            && demand.spec.pod_affinity.iter().chain(&demand.spec.pod_anti_affinity).all(is_of_node)
            && self.catalogue.fit(class, group) == Fit::Everywhere
            && self.catalogue.offers.is_predicted(group)
            && !self.catalogue.fleet.policy.allow_uncertain_zone
    }
}
