//! Nodes that could go if all their pods moved to one node: an idle node that exists, or one that
//! could be bought.

use super::{Placed, Rehousing, Surroundings};
use crate::plan::fleet::{GroupIx, NodeIx};
use crate::plan::scale_up::Offers;
use crate::scheduler::cluster::{DemandId, NodeId};

impl<'a> Rehousing<'a> {
    /// Returns the candidates whose pods all fit on the target, together and in this order, and
    /// that `may_go` accepts. Pods for which more than their requests matters stay. The working
    /// copy does not change.
    pub(in crate::plan::scale_in) fn onto(
        &mut self,
        target: NodeIx,
        candidates: &[NodeIx],
        may_go: impl FnMut(NodeIx) -> bool,
    ) -> Vec<NodeIx> {
        let before = self.cluster.checkpoint();
        let going = self.fill_with(target.in_working_copy(), candidates, may_go);
        self.cluster.roll_back(before);
        going
    }

    /// Returns the candidates whose pods all fit on the next node of a group, in the same way.
    pub(in crate::plan::scale_in) fn onto_new(
        &mut self,
        offers: &mut Offers<'a>,
        group: GroupIx,
        candidates: &[NodeIx],
        may_go: impl FnMut(NodeIx) -> bool,
    ) -> Vec<NodeIx> {
        let before = self.cluster.checkpoint();
        let launch = offers.next(group);
        let target = offers.add_launch(&mut self.cluster, group, &launch);
        let going = self.fill_with(target, candidates, may_go);
        self.cluster.roll_back(before);
        going
    }

    /// Returns what new nodes would be in this working copy.
    pub(in crate::plan::scale_in) fn offers(&mut self, surroundings: &Surroundings<'a>) -> Offers<'a> {
        Offers::new(surroundings.situation, &mut self.cluster)
    }

    /// Moves the pods of a node to one node, if they all fit there.
    pub(in crate::plan::scale_in) fn remove_onto(&mut self, node: NodeIx, target: NodeIx) -> bool {
        let Some(leaving) = self.leaving(node) else { return false };
        let before = self.cluster.checkpoint();
        if !self.fill_target(target.in_working_copy(), node, &leaving) {
            self.cluster.roll_back(before);
            return false;
        }
        self.gone[node] = true;
        self.placed.retain(|earlier| earlier.node != node);
        self.on.remove(&node);
        self.settle(leaving.into_iter().map(|(demand, pods)| Placed { demand, node: target, pods }).collect());
        true
    }

    fn fill_with(&mut self, target: NodeId, candidates: &[NodeIx], mut may_go: impl FnMut(NodeIx) -> bool) -> Vec<NodeIx> {
        let mut going = Vec::new();
        for &node in candidates.iter().filter(|node| node.in_working_copy() != target) {
            let Some(leaving) = self.leaving(node) else { continue };
            let before = self.cluster.checkpoint();
            if self.fill_target(target, node, &leaving) && may_go(node) {
                going.push(node);
            } else {
                self.cluster.roll_back(before);
            }
        }
        going
    }

    /// Returns the pods that would have to move, if only their requests matter.
    fn leaving(&self, node: NodeIx) -> Option<Vec<(DemandId, u32)>> {
        let classes = self.on.get(&node).filter(|_| self.is_alone(node))?;
        Some(classes.iter().map(|(class, pods)| (*class, *pods)).collect())
    }

    fn fill_target(&mut self, target: NodeId, node: NodeIx, leaving: &[(DemandId, u32)]) -> bool {
        leaving.iter().all(|(class, pods)| {
            self.cluster.evict(*class, node.in_working_copy(), *pods);
            self.cluster.fill(*class, target, *pods) == *pods
        })
    }
}
