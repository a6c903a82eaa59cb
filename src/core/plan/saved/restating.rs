//! The plan of now without the steps that are not done: what it says of groups, nodes and pods follows its steps again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::plan::action::Action;
use crate::plan::amounts::small;
use crate::plan::group_reports::sentence;
use crate::plan::reason::{GroupRefusal, GrowReason, Refusal};
use crate::plan::report::{
    GroupReport, Hold, InstanceReport, InstanceState, NodeDecision, NodeReport, NodeState, PodReport, PodVerdict, Ruling,
};
use crate::plan::scale_in::set_hold;
use crate::plan::{Plan, node_sentence, summary};
use crate::snapshot::{GroupId, Snapshot};

/// What a plan says of nodes and pods whose step is not done.
pub(in crate::plan) struct Excuse {
    pub(in crate::plan) hold: Hold,
    pub(in crate::plan) refusal: Refusal,
}

/// States the plan anew with `kept` in the place of each of its actions.
pub(in crate::plan) fn restate(mut plan: Plan, kept: &[Option<Action>], snapshot: &Snapshot, excuse: &Excuse) -> Plan {
    let left = Left::of(&plan.actions, kept, snapshot);
    if left.is_nothing() && kept.iter().all(Option::is_some) {
        return plan;
    }
    left.restate_pods(&mut plan.pods, &plan.nodes, &excuse.refusal);
    for report in &mut plan.groups {
        left.restate_group(report, &plan.nodes, &plan.pods);
    }
    plan.nodes
        .iter_mut()
        .filter(|report| left.nodes.contains(&report.node))
        .for_each(|report| leave_node(report, &excuse.hold));
    let is_left = |report: &&mut InstanceReport| left.instances.contains(&(report.group.clone(), report.instance.clone()));
    plan.instances.iter_mut().filter(is_left).for_each(|report| leave_instance(report, &excuse.hold));
    // Both were worked out for all of the nodes that come and go.
    if !left.is_nothing() {
        plan.bill = None;
    }
    if !left.growth.is_empty() {
        plan.replay = None;
    }
    plan.actions = kept.iter().flatten().map(|action| with_reason(action, &plan.groups)).collect();
    let decisions: Vec<NodeDecision> = plan.nodes.iter().map(|report| report.decision).collect();
    plan.summary = summary(&plan.groups, &plan.pods, &decisions, &plan.findings);
    plan
}

/// A growth that is done.
struct Growth {
    to: i64,
    nodes: u32,
    reason: GrowReason,
}

/// What is not done of a plan. Marks change nothing that a plan says elsewhere.
#[derive(Default)]
struct Left {
    /// Nodes of which a step is not done.
    nodes: BTreeSet<String>,
    /// Instances without a node that are not replaced, by group.
    instances: BTreeSet<(GroupId, String)>,
    /// What is left of the growth of groups that grow by fewer nodes or not at all.
    growth: BTreeMap<GroupId, Option<Growth>>,
    /// Groups of which nothing is taken back.
    reverts: BTreeSet<GroupId>,
    /// Capacity of instances that do not end, by group.
    staying: BTreeMap<GroupId, i64>,
}

impl Left {
    fn of(actions: &[Action], kept: &[Option<Action>], snapshot: &Snapshot) -> Self {
        let mut left = Self::default();
        for (action, kept) in actions.iter().zip(kept).filter(|(action, kept)| kept.as_ref() != Some(action)) {
            left.add(action, kept.as_ref(), snapshot);
        }
        left
    }

    fn add(&mut self, action: &Action, kept: Option<&Action>, snapshot: &Snapshot) {
        match action {
            Action::SetDesired { group, .. } => {
                let rest = match kept {
                    Some(Action::SetDesired { nodes, to, reason, .. }) => {
                        Some(Growth { to: *to, nodes: *nodes, reason: reason.clone() })
                    }
                    _ => None,
                };
                self.growth.insert(group.clone(), rest);
            }
            Action::RevertDesired { group, .. } => {
                self.reverts.insert(group.clone());
            }
            Action::TerminateUnhealthy { group, instance, node, decrement, .. } => {
                match node {
                    Some(node) => self.nodes.insert(node.name.clone()),
                    None => self.instances.insert((group.clone(), instance.clone())),
                };
                if *decrement {
                    self.stays(group, instance, snapshot);
                }
            }
            Action::Terminate { node, group, instance, .. } => {
                self.nodes.insert(node.name.clone());
                self.stays(group, instance, snapshot);
            }
            Action::Uncordon { node, .. } if !action.is_mark() => {
                self.nodes.insert(node.name.clone());
            }
            Action::Cordon { node, .. }
            | Action::StartDrain { node, .. }
            | Action::Evict { node, .. }
            | Action::DeleteNode { node, .. } => {
                self.nodes.insert(node.name.clone());
            }
            Action::NoteInstances { .. }
            | Action::ClearIdle { .. }
            | Action::MarkIdle { .. }
            | Action::ClearGone { .. }
            | Action::MarkGone { .. }
            | Action::ClearNotReady { .. }
            | Action::MarkNotReady { .. }
            | Action::Uncordon { .. } => {}
        }
    }

    fn stays(&mut self, id: &GroupId, instance: &str, snapshot: &Snapshot) {
        let group = snapshot.groups.iter().find(|group| group.id == *id);
        let member = group.and_then(|group| group.instances.iter().find(|member| member.id == instance));
        *self.staying.entry(id.clone()).or_default() += member.map_or(1, |member| member.weight.max(1));
    }

    fn is_nothing(&self) -> bool {
        let Self { nodes, instances, growth, reverts, staying: _ } = self;
        nodes.is_empty() && instances.is_empty() && growth.is_empty() && reverts.is_empty()
    }

    /// Pods that were to get a node by a step that is not done get none.
    fn restate_pods(&self, pods: &mut [PodReport], nodes: &[NodeReport], refusal: &Refusal) {
        let groups: BTreeMap<&str, Option<&GroupId>> =
            nodes.iter().map(|report| (report.node.as_str(), report.group.as_ref())).collect();
        let mut known: BTreeMap<GroupId, Arc<Ruling>> = BTreeMap::new();
        for pod in pods {
            let group = match &pod.verdict {
                PodVerdict::FitsNew { group, new_node } => {
                    let rest = self.growth.get(&**group).map(|growth| growth.as_ref().map_or(0, |growth| growth.nodes));
                    rest.is_some_and(|nodes| *new_node > nodes).then(|| (**group).clone())
                }
                PodVerdict::FitsUncordoned { node } if self.nodes.contains(node) => {
                    groups.get(node.as_str()).copied().flatten().cloned()
                }
                _ => None,
            };
            let Some(group) = group else { continue };
            let ruling = known.entry(group.clone()).or_insert_with(|| {
                let refusal = GroupRefusal { group, refusal: refusal.clone() };
                Arc::new(PodVerdict::CannotHelp { refusals: [refusal].into_iter().collect() }.into())
            });
            (pod.placed, pod.ruling) = (None, Arc::clone(ruling));
        }
    }

    fn restate_group(&self, report: &mut GroupReport, nodes: &[NodeReport], pods: &[PodReport]) {
        let is_left = |node: &&NodeReport| node.group.as_ref() == Some(&report.group) && self.nodes.contains(&node.node);
        let left: Vec<NodeDecision> = nodes.iter().filter(is_left).map(|node| node.decision).collect();
        let less = |wanted: NodeDecision| small(left.iter().filter(|decision| **decision == wanted).count());
        let is_dead =
            |node: &&NodeReport| node.decision == NodeDecision::Terminate && matches!(node.state, NodeState::Dead { .. });
        let dead = small(nodes.iter().filter(is_left).filter(is_dead).count());
        let instances = small(self.instances.iter().filter(|(group, _)| *group == report.group).count());
        report.removed = report.removed.saturating_sub(less(NodeDecision::Terminate));
        report.dead = report.dead.saturating_sub(dead);
        report.cordoned = report.cordoned.saturating_sub(less(NodeDecision::Cordon));
        report.drained = report.drained.saturating_sub(less(NodeDecision::Drain));
        report.replaced = report.replaced.saturating_sub(less(NodeDecision::Replace) + instances);
        report.desired_after += self.staying.get(&report.group).copied().unwrap_or(0);
        if self.reverts.contains(&report.group) {
            (report.taken_back, report.desired_after) = (0, report.desired);
        }
        if let Some(growth) = self.growth.get(&report.group) {
            report.added = growth.as_ref().map_or(0, |growth| growth.nodes);
            report.new_nodes.truncate(usize::try_from(report.added).unwrap_or(usize::MAX));
            report.desired_after = growth.as_ref().map_or(report.desired, |growth| growth.to);
            report.grows = growth.as_ref().map(|growth| for_pods(&growth.reason, &report.group, pods));
        }
        report.message = sentence(report);
    }
}

/// The reason of a growth, with the pods that still get one of its nodes.
fn for_pods(reason: &GrowReason, own: &GroupId, pods: &[PodReport]) -> GrowReason {
    let is_helped = |pod: &&PodReport| matches!(&pod.verdict, PodVerdict::FitsNew { group, .. } if **group == *own);
    let GrowReason::PendingPods { pods: _, spare_nodes, loose_nodes } = *reason else { return reason.clone() };
    GrowReason::PendingPods { pods: small(pods.iter().filter(is_helped).count()), spare_nodes, loose_nodes }
}

/// The action for the reason that its group's line gives.
fn with_reason(action: &Action, groups: &[GroupReport]) -> Action {
    let Action::SetDesired { group, from, to, nodes, .. } = action else { return action.clone() };
    let grows = groups.iter().find(|report| report.group == *group).and_then(|report| report.grows.clone());
    match grows {
        Some(reason) => Action::SetDesired { group: group.clone(), from: *from, to: *to, nodes: *nodes, reason },
        None => action.clone(),
    }
}

fn leave_node(report: &mut NodeReport, hold: &Hold) {
    set_hold(&mut report.state, hold.clone());
    report.decision = NodeDecision::Keep;
    report.message = node_sentence(&report.state, report.decision);
}

fn leave_instance(report: &mut InstanceReport, hold: &Hold) {
    if let InstanceState::NeverRegistered { held_by, .. } = &mut report.state {
        *held_by = Some(hold.clone());
    }
    report.message = report.state.to_string();
}
