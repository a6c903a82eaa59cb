//! The decisions of a plan as steps, in the order in which they are safe.

use super::action::{Action, NodeRef};
use super::drain::{given_up_at, under_way};
use super::fleet::{Fleet, NodeEntry};
use super::group_health::{NoteChanges, Unfilled, capacity_asked_for, note_changes, unfilled};
use super::node_state::leftover;
use super::reason::{CordonReason, TerminateReason, UncordonReason, UnhealthyReason};
use super::report::{NodeDecision, NodeState, StateTrait};
use super::scale_in::{Drains, Lost};
use super::scale_up::{ScaleUp, standing_order};
use crate::plan::amounts::small;
use crate::snapshot::MissingFact;

/// What is decided of every node and group.
pub(super) struct Decisions<'a> {
    pub(super) fleet: &'a Fleet<'a>,
    pub(super) scale_up: &'a ScaleUp,
    pub(super) states: &'a [NodeState],
    pub(super) nodes: &'a [NodeDecision],
    pub(super) drains: &'a Drains,
    pub(super) lost: &'a Lost,
}

impl Decisions<'_> {
    /// Every step, marks first and terminations last. Nodes come by name, groups in the order in which they are tried: a run
    /// that is stopped half-way has asked the preferred ones.
    pub(super) fn actions(&self) -> Vec<Action> {
        let mut actions: Vec<Action> = self.notes().into_iter().collect();
        actions.extend((0..self.fleet.nodes.len()).flat_map(|node| self.of_node(node)));
        actions.extend(standing_order(self.fleet).into_iter().filter_map(|group| self.of_group(group)));
        actions.extend(
            self.lost.iter().filter(|(_, hold)| hold.is_none()).filter_map(|((group, id), _)| self.of_lost(*group, id)),
        );
        actions.sort_by_key(Action::stage);
        actions
    }

    /// The notes of instances without a node, unless the earlier ones could not be read.
    fn notes(&self) -> Option<Action> {
        let is_unread = self.fleet.snapshot.gaps.iter().any(|gap| gap.fact == MissingFact::GrowthNotes);
        let NoteChanges { seen, settled } = note_changes(self.fleet);
        let is_news = !seen.is_empty() || !settled.is_empty();
        (is_news && !is_unread).then_some(Action::NoteInstances { seen, settled })
    }

    fn of_group(&self, group: usize) -> Option<Action> {
        let purchase = &self.scale_up.purchases[group];
        let nodes = purchase.count();
        let entry = &self.fleet.groups[group];
        if nodes > 0 {
            return Some(Action::SetDesired {
                group: entry.id().clone(),
                from: entry.group.desired,
                to: desired_after(self.fleet, group, nodes),
                nodes,
                reason: purchase.reason(),
            });
        }
        let Unfilled { to, failed_at, message } = taken_back(self.fleet, group, self.scale_up, self.nodes)?;
        Some(Action::RevertDesired { group: entry.id().clone(), from: entry.group.desired, to, failed_at, message })
    }

    fn of_lost(&self, group: usize, id: &str) -> Option<Action> {
        let entry = &self.fleet.groups[group];
        let instance = entry.members.iter().map(|member| member.instance).find(|instance| instance.id == id)?;
        Some(Action::TerminateUnhealthy {
            group: entry.id().clone(),
            instance: id.to_owned(),
            node: None,
            decrement: false,
            reason: UnhealthyReason::NeverRegistered { first_seen: self.fleet.first_seen(entry.id(), instance)? },
        })
    }

    fn of_node(&self, node: usize) -> Vec<Action> {
        let entry = &self.fleet.nodes[node];
        let reference = NodeRef { name: entry.node.name.clone(), uid: entry.node.uid.clone() };
        let mut actions = Vec::new();
        actions.extend(self.mark(node, entry, &reference));
        actions.extend(self.gone_mark(node, entry, &reference));
        actions.extend(self.not_ready_mark(node, entry, &reference));
        actions.extend(self.step(node, entry, reference.clone()));
        actions.extend(self.evictions(node, entry, reference));
        actions
    }

    /// The idle taint follows the facts; nodes that are not ours to judge keep what they have. None is written on a node that ends
    /// in this plan, nor where a pod is expected: the scheduler would be nudged away from the place that is meant for it.
    fn mark(&self, node: usize, entry: &NodeEntry<'_>, reference: &NodeRef) -> Option<Action> {
        if self.nodes[node] == NodeDecision::Uncordon {
            return None;
        }
        if self.fleet.is_former(entry) {
            return entry.node.idle_since().map(|since| Action::ClearIdle { node: reference.clone(), since });
        }
        if !self.may_mark(node, entry) {
            return None;
        }
        match (entry.node.idle_since(), entry.holders.is_empty()) {
            (Some(since), false) => Some(Action::ClearIdle { node: reference.clone(), since }),
            (None, true) if self.fleet.policy.scale_in && !self.is_spoken_for(node) => {
                Some(Action::MarkIdle { node: reference.clone(), since: self.fleet.now() })
            }
            (Some(_), true) | (None, _) => None,
        }
    }

    /// Whether an idle node is not there for long, or not idle for long.
    fn is_spoken_for(&self, node: usize) -> bool {
        let ends = matches!(self.nodes[node], NodeDecision::Terminate | NodeDecision::Replace | NodeDecision::Delete);
        ends || matches!(self.states[node], NodeState::PodPending { .. })
    }

    /// A leftover is marked by the run that finds it, and the mark goes when its instance is there after all.
    fn gone_mark(&self, node: usize, entry: &NodeEntry<'_>, reference: &NodeRef) -> Option<Action> {
        if let NodeState::InstanceTerminated { leftover: Some(leftover) } = &self.states[node] {
            let is_news = leftover.since.is_none() && leftover.held_by.is_none();
            let instance = entry.node.instance_id().filter(|_| is_news)?.to_owned();
            return Some(Action::MarkGone { node: reference.clone(), instance, since: self.fleet.now() });
        }
        let since = entry.node.gone_since()?;
        let is_there = || self.fleet.machine_check(entry).is_some_and(|check| !check.health.is_gone());
        let is_selected = match self.fleet.group_of(entry) {
            Some(group) => self.fleet.policy.may_touch(&group.id().name),
            None => self.fleet.policy.only_groups.is_empty(),
        };
        let may_touch = is_selected && self.fleet.unreadable_region_of(entry.node).is_none();
        let is_mistaken = may_touch && (entry.node.is_ready() || is_there());
        is_mistaken.then_some(Action::ClearGone { node: reference.clone(), since })
    }

    /// How long a node is not Ready is what runs have seen: the first one marks it, and the mark goes when it is Ready again.
    fn not_ready_mark(&self, node: usize, entry: &NodeEntry<'_>, reference: &NodeRef) -> Option<Action> {
        if !self.fleet.may_touch(entry) || self.states[node].has(StateTrait::NotOurs) {
            return None;
        }
        match (entry.node.is_ready(), entry.node.not_ready_since()) {
            (true, _) if entry.node.has_not_ready_mark() => Some(Action::ClearNotReady { node: reference.clone() }),
            (false, None) if !self.fleet.is_starting(entry) && self.fleet.policy.scale_in => {
                Some(Action::MarkNotReady { node: reference.clone(), since: self.fleet.now() })
            }
            (true | false, _) => None,
        }
    }

    fn may_mark(&self, node: usize, entry: &NodeEntry<'_>) -> bool {
        self.fleet.may_touch(entry)
            && !self.states[node].has(StateTrait::NotOurs)
            && !matches!(self.states[node], NodeState::Dead { .. } | NodeState::Starting { .. })
    }

    fn step(&self, node: usize, entry: &NodeEntry<'_>, reference: NodeRef) -> Option<Action> {
        if self.nodes[node] == NodeDecision::Delete {
            let region = leftover(self.fleet, entry)?.check.region.clone();
            let (instance, since) = (entry.node.instance_id()?.to_owned(), entry.node.gone_since()?);
            return Some(Action::DeleteNode { node: reference, region, instance, since });
        }
        if self.nodes[node] == NodeDecision::Uncordon {
            return Some(Action::Uncordon { node: reference, reason: self.why_uncordoned(node, entry) });
        }
        let owner = self.fleet.group_of(entry)?;
        let group = owner.id().clone();
        let instance = self.fleet.instance_of(entry)?.id.clone();
        if let (NodeState::Dead { since, machine, .. }, NodeDecision::Terminate | NodeDecision::Replace) =
            (&self.states[node], self.nodes[node])
        {
            let (node, decrement) = (Some(reference), self.nodes[node] == NodeDecision::Terminate);
            let reason = UnhealthyReason::Dead { since: *since, machine: *machine };
            return Some(Action::TerminateUnhealthy { group, instance, node, decrement, reason });
        }
        match self.nodes[node] {
            NodeDecision::Keep => {
                let is_stale = entry.node.has_stale_mark() && self.fleet.may_touch(entry);
                is_stale.then_some(Action::Uncordon { node: reference, reason: UncordonReason::StaleMark })
            }
            NodeDecision::Replace | NodeDecision::Delete | NodeDecision::Uncordon => None,
            NodeDecision::Cordon => {
                let since = entry.node.idle_since().unwrap_or(self.fleet.now());
                Some(Action::Cordon { node: reference, group, reason: CordonReason::Idle { since } })
            }
            NodeDecision::Drain => {
                let reason = self.drains.begun.get(&node)?;
                Some(Action::StartDrain { node: reference, group, grace: owner.policy.drain_grace, reason: *reason })
            }
            NodeDecision::Terminate => Some(Action::Terminate {
                node: reference,
                group,
                instance,
                cordoned_at: entry.node.cordoned_by_us()?,
                reason: TerminateReason::of(entry.node),
            }),
        }
    }

    fn evictions(&self, node: usize, entry: &NodeEntry<'_>, reference: NodeRef) -> Option<Action> {
        let pods = self.drains.evictions.get(&node)?.clone();
        let owner = self.fleet.group_of(entry)?;
        let group = owner.id().clone();
        let (since, grace, timeout) = (entry.node.draining_since(), owner.policy.drain_grace, owner.policy.drain_timeout);
        (!pods.is_empty()).then_some(Action::Evict { node: reference, group, since, grace, timeout, pods })
    }

    fn why_uncordoned(&self, node: usize, entry: &NodeEntry<'_>) -> UncordonReason {
        let holders = small(entry.holders.len());
        if let (Some(since), Some(group)) = (entry.node.draining_since(), self.fleet.group_of(entry))
            && holders > 0
        {
            let now = self.fleet.now();
            if now >= given_up_at(group, since) {
                return UncordonReason::DrainGivenUp { since, pods: holders, now };
            }
            if under_way(self.fleet, entry).is_some() && !self.scale_up.uncordon.contains_key(&node) {
                return UncordonReason::DrainStopped { pods: holders };
            }
        }
        match self.scale_up.uncordon.get(&node) {
            Some(pods) if holders == 0 || under_way(self.fleet, entry).is_some() => UncordonReason::PendingPods { pods: *pods },
            _ if self.fleet.is_former(entry) => UncordonReason::NoLongerManaged,
            _ if holders > 0 => UncordonReason::Busy { pods: holders },
            Some(_) | None => UncordonReason::Kept,
        }
    }
}

/// What is taken back of a group: nothing where this plan changes its capacity otherwise, since each change presumes the desired
/// capacity that the plan saw.
pub(super) fn taken_back(fleet: &Fleet<'_>, group: usize, scale_up: &ScaleUp, decisions: &[NodeDecision]) -> Option<Unfilled> {
    let mut own_nodes = fleet.groups[group].members.iter().filter_map(|member| member.node);
    let shrinks = own_nodes.any(|node| matches!(decisions[node], NodeDecision::Terminate | NodeDecision::Replace));
    if shrinks || scale_up.purchases[group].count() > 0 {
        return None;
    }
    unfilled(fleet, &fleet.groups[group])
}

/// The desired capacity to ask for: absolute and never below what lives.
pub(super) fn desired_after(fleet: &Fleet<'_>, group: usize, nodes: u32) -> i64 {
    let entry = &fleet.groups[group];
    capacity_asked_for(entry).saturating_add(i64::from(nodes).saturating_mul(entry.weight_of_a_node()))
}
