//! Decisions without some that are given up: a saved plan leaves them out, or the independent check
//! refuses them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Decisions;
use crate::index_vec::IndexVec;
use crate::plan::action::{Action, GroupGrowth};
use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::node_outcome::NodeStep;
use crate::plan::reason::{GroupRefusal, GrowReason, Refusal};
use crate::plan::report::{Hold, PodVerdict, Ruling};
use crate::plan::scale_up::Alternative;
use crate::plan::situation::Situation;
use crate::plan::subject::Subject;
use crate::snapshot::GroupId;

/// The reason that a plan gives for what it leaves out.
pub(crate) struct Excuse {
    /// For nodes and instances.
    pub(crate) hold: Hold,
    /// For groups, on the pods that were to get their nodes.
    pub(crate) refusal: Refusal,
}

impl Decisions {
    /// Keeps only the decisions behind some steps. `steps` are all steps of the plan, each with
    /// what is kept of it: the same step, a smaller increase, or nothing.
    pub(crate) fn only<'s>(
        mut self,
        situation: &Situation<'_>,
        steps: impl Iterator<Item = (&'s Action, Option<&'s Action>)>,
        excuse: &Excuse,
    ) -> Self {
        let mut marks = Vec::new();
        let mut is_whole = true;
        for (step, kept) in steps {
            match kept {
                Some(kept) if step.is_mark() => marks.push(kept.clone()),
                _ if step.is_mark() || kept == Some(step) => {}
                kept => {
                    is_whole = false;
                    self.give_up(&situation.fleet, step, kept, &excuse.hold);
                }
            }
        }
        self.marks = marks;
        if !is_whole {
            self.leave_pods(&situation.fleet, &excuse.refusal);
            self.leave_torn_gangs(&situation.fleet, &excuse.refusal);
        }
        self
    }

    fn give_up(&mut self, fleet: &Fleet<'_>, step: &Action, kept: Option<&Action>, hold: &Hold) {
        if let Some(node) = step.node().and_then(|node| fleet.node_number(&node.name)) {
            self.nodes[node].withhold(hold.clone());
            return;
        }
        match step.subject() {
            Subject::Group(group) => {
                let Some(group) = fleet.group_number(group) else { return };
                self.taken_back[group] = None;
                self.keep_alternatives(fleet, group, kept);
                self.grow_by_less(group, kept);
            }
            Subject::Instance(group, instance) => {
                let Some(group) = fleet.group_number(group) else { return };
                self.lost.insert((group, instance.to_owned()), Some(hold.clone()));
            }
            Subject::Node(_) | Subject::Leftover(_) | Subject::Notes => {}
        }
    }

    /// Keeps of the other places for nodes of a group those of the step that is kept.
    fn keep_alternatives(&mut self, fleet: &Fleet<'_>, group: GroupIx, kept: Option<&Action>) {
        let Some(Action::Launch { otherwise, .. }) = kept else { return };
        let is_kept = |other: &Alternative| {
            let id = fleet.groups[other.group].id();
            otherwise.iter().any(|place| place.group == *id && place.zones == other.zones)
        };
        self.scale_up.purchases[group].alternatives.retain(is_kept);
    }

    /// Lets a group grow by fewer nodes. The last ones are left out.
    fn grow_by_less(&mut self, group: GroupIx, kept: Option<&Action>) {
        let purchase = &mut self.scale_up.purchases[group];
        let (nodes, spare, loose, to_min) = match kept.and_then(Action::growth) {
            Some(GroupGrowth { nodes, reason, .. }) => match *reason {
                GrowReason::PendingPods { spare_nodes, loose_nodes, minimum_nodes, .. } => {
                    (nodes, spare_nodes, loose_nodes, minimum_nodes)
                }
                GrowReason::PolicyMin { .. } => (nodes, 0, 0, nodes),
                GrowReason::Replaces { .. } => (nodes, 0, 0, 0),
            },
            None => (0, 0, 0, 0),
        };
        if nodes >= purchase.count() {
            return;
        }
        purchase.nodes.truncate(usize::try_from(nodes).unwrap_or(usize::MAX));
        (purchase.spare, purchase.loose, purchase.to_min.0) = (spare, loose, to_min);
        purchase.reserved = purchase.reserved.min(purchase.count());
        // It was computed for all of the nodes.
        self.scale_up.replay = None;
    }

    /// Leaves out the pods that were to get a node by a step that is given up.
    fn leave_pods(&mut self, fleet: &Fleet<'_>, refusal: &Refusal) {
        let numbers: BTreeMap<&GroupId, GroupIx> =
            fleet.groups.iter_numbered().map(|(number, group)| (group.id(), number)).collect();
        let mut ruled: BTreeMap<GroupIx, Arc<Ruling>> = BTreeMap::new();
        let mut helped: IndexVec<GroupIx, (u32, u32)> = IndexVec::filled(fleet.groups.len(), (0, 0));
        let waiting = self.scale_up.rulings.len();
        let rulings = self.scale_up.rulings.iter_mut().chain(&mut self.scale_up.absent);
        for (place, ruling) in rulings.enumerate() {
            let group = match &ruling.ruling.verdict {
                PodVerdict::FitsNew { group, new_node } => {
                    let Some(&group) = numbers.get(&**group) else { continue };
                    if *new_node <= self.scale_up.purchases[group].count() {
                        let (pods, absent_pods) = &mut helped[group];
                        *if place < waiting { pods } else { absent_pods } += 1;
                        continue;
                    }
                    group
                }
                PodVerdict::FitsUncordoned { node } => {
                    let Some(node) = fleet.node_number(node) else { continue };
                    let Some((group, _)) = fleet.nodes[node].member_of else { continue };
                    if matches!(self.nodes[node].step, NodeStep::Uncordon(_)) {
                        continue;
                    }
                    group
                }
                _ => continue,
            };
            let unhelped = ruled.entry(group).or_insert_with(|| {
                let refusal = GroupRefusal { group: fleet.groups[group].id().clone(), refusal: refusal.clone() };
                Arc::new(PodVerdict::CannotHelp { refusals: [refusal].into_iter().collect() }.into())
            });
            (ruling.placed, ruling.ruling) = (None, Arc::clone(unhelped));
        }
        for (group, purchase) in self.scale_up.purchases.iter_numbered_mut() {
            (purchase.pods, purchase.absent_pods) = helped[group];
        }
        // Both were computed for all of the pods.
        if !ruled.is_empty() {
            self.scale_up.lower_bound = None;
            self.scale_up.loads.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use crate::plan::Proposal;
    use crate::plan::report::NodeDecision;
    use crate::policy::Policy;

    #[test]
    fn the_steps_of_what_is_left_are_the_steps_that_were_kept() {
        let (snapshot, policy) = (demo::snapshot(), Policy::default());
        let whole = Proposal::new(&snapshot, &policy);
        let excuse = || Excuse { hold: Hold::NotReviewed, refusal: Refusal::NotReviewed };
        for left_out in 0..whole.actions.len() {
            let kept: Vec<Option<Action>> =
                whole.actions.iter().enumerate().map(|(place, step)| (place != left_out).then(|| step.clone())).collect();
            let rest = whole.clone().only(&kept, Vec::new(), &snapshot, &excuse());
            let expected: Vec<&Action> = kept.iter().flatten().collect();
            assert_eq!(rest.actions.iter().collect::<Vec<_>>(), expected, "without {}", whole.actions[left_out]);
            let node = whole.actions[left_out].node().filter(|_| !whole.actions[left_out].is_mark());
            if let Some(report) = node.and_then(|node| rest.nodes.iter().find(|report| report.node == node.name)) {
                assert_eq!((report.decision, &report.held_by), (NodeDecision::Keep, &Some(Hold::NotReviewed)));
            }
        }
    }
}
