//! Rules that every plan must obey, whatever made it: read the snapshot and the actions, and nothing of the planner.
//!
//! `apply` refuses a plan with a violation, and the tests ask this of every plan they see. It is written for being obvious.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::action::{Action, Eviction, NodeRef};
use super::document::Plan;
use crate::snapshot::{Group, GroupId, Instance, Node, Pod, Snapshot, holds_its_node};

/// A rule that a plan breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// An action names something that is not there.
    Unknown(String),
    /// A group would go above its maximum.
    AboveMax(GroupId),
    /// A group would be asked for less than lives or was asked for: AWS would choose the victims.
    NotGrowth(GroupId),
    /// Capacity would be taken back although AWS could end an instance for it.
    UnsafeRevert(GroupId),
    /// A group would go below its minimum.
    BelowMin(GroupId),
    /// A node would go that pods hold.
    Busy(String),
    /// A pod would be evicted that has to stay, or is not there.
    NotEvictable(String),
    /// A drain would begin while pending pods count on nodes that are coming.
    TakesRoom(String),
    /// A node would be touched that is not ours to touch.
    NotOurs(String),
    /// A group would be changed in two ways at once.
    GrowsAndShrinks(GroupId),
    /// A node is the subject of two steps that contradict each other.
    Contradiction(String),
    /// More nodes would be added than `--max-scale-up` allows.
    TooManyNew(u32),
    /// More nodes would go than `--max-scale-in-fraction` allows.
    TooManyGone(usize),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "{name} is not in the snapshot"),
            Self::AboveMax(group) => write!(f, "{group} would go above its maximum"),
            Self::NotGrowth(group) => write!(f, "{group} would be asked for less than it has"),
            Self::UnsafeRevert(group) => write!(f, "{group} would be asked for less while AWS could end an instance for it"),
            Self::BelowMin(group) => write!(f, "{group} would go below its minimum"),
            Self::Busy(node) => write!(f, "{node} would go although pods hold it"),
            Self::NotEvictable(pod) => write!(f, "{pod} would be evicted and has to stay, or is not there"),
            Self::TakesRoom(node) => write!(f, "{node} would be drained while pending pods count on nodes that are coming"),
            Self::NotOurs(node) => write!(f, "{node} is not ours to touch"),
            Self::GrowsAndShrinks(group) => write!(f, "{group} would be changed in two ways in one plan"),
            Self::Contradiction(node) => write!(f, "{node} is the subject of contradicting steps"),
            Self::TooManyNew(nodes) => write!(f, "{nodes} new nodes are more than --max-scale-up allows"),
            Self::TooManyGone(nodes) => write!(f, "{nodes} nodes to go are more than --max-scale-in-fraction allows"),
        }
    }
}

/// Every rule that the plan breaks; none for a plan that may be carried out.
#[must_use]
pub fn violations(plan: &Plan, snapshot: &Snapshot) -> Vec<Violation> {
    let check = Check { plan, snapshot };
    let mut found: Vec<Violation> = plan.actions.iter().filter_map(|action| check.action(action)).collect();
    found.extend(check.capacity_left());
    found.extend(check.contradictions());
    found.extend(check.totals());
    found
}

struct Check<'a> {
    plan: &'a Plan,
    snapshot: &'a Snapshot,
}

impl Check<'_> {
    fn action(&self, action: &Action) -> Option<Violation> {
        match action {
            Action::SetDesired { group, from, to, .. } => self.growth(group, *from, *to),
            Action::RevertDesired { group, from, to, .. } => self.revert(group, *from, *to),
            // A note commits nobody to anything.
            Action::NoteInstances { .. } => None,
            Action::ClearIdle { node, .. }
            | Action::MarkIdle { node, .. }
            | Action::ClearGone { node, .. }
            | Action::MarkGone { node, .. }
            | Action::ClearNotReady { node }
            | Action::MarkNotReady { node, .. } => self.node(&node.name).err(),
            Action::DeleteNode { node, instance, .. } => self.deletion(&node.name, instance),
            Action::Uncordon { node, .. } => self.node(&node.name).map_or_else(Some, |node| {
                let is_ours = node.cordoned_by_us().is_some() || node.has_stale_mark();
                (!is_ours).then(|| Violation::NotOurs(node.name.clone()))
            }),
            Action::Cordon { node, .. } => self.departure(&node.name, false),
            Action::StartDrain { node, .. } => self.not_ours(&node.name, false).or_else(|| self.takes_room(&node.name)),
            Action::Evict { node, since, pods, .. } => {
                self.not_ours(&node.name, since.is_some()).or_else(|| self.evictions(&node.name, pods))
            }
            Action::TerminateUnhealthy { group, instance, node, .. } => self.unhealthy(group, instance, node.as_ref()),
            Action::Terminate { node, instance, group, .. } => match self.instance(group, instance) {
                None => Some(Violation::Unknown(instance.clone())),
                Some(_) => self.departure(&node.name, true),
            },
        }
    }

    fn growth(&self, id: &GroupId, from: i64, to: i64) -> Option<Violation> {
        let Some(group) = self.group(id) else { return Some(Violation::Unknown(id.to_string())) };
        let live: i64 =
            group.instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.weight).sum();
        if to > group.max {
            return Some(Violation::AboveMax(id.clone()));
        }
        (from != group.desired || to <= from || to < live).then(|| Violation::NotGrowth(id.clone()))
    }

    /// Capacity is taken back only down to what lives and to the minimum, and only where AWS can choose no victim.
    fn revert(&self, id: &GroupId, from: i64, to: i64) -> Option<Violation> {
        let Some(group) = self.group(id) else { return Some(Violation::Unknown(id.to_string())) };
        let live = || group.instances.iter().filter(|instance| instance.lifecycle.is_live());
        let has_victim = !group.protects_new_instances || live().any(|instance| !instance.protected);
        let weight: i64 = live().map(|instance| instance.weight).sum();
        if to < group.min {
            return Some(Violation::BelowMin(id.clone()));
        }
        (from != group.desired || to >= from || to < weight || has_victim).then(|| Violation::UnsafeRevert(id.clone()))
    }

    /// A node may go when nothing holds it and nobody but us has a say over it.
    fn departure(&self, name: &str, must_be_cordoned: bool) -> Option<Violation> {
        self.not_ours(name, must_be_cordoned).or_else(|| self.is_held(name).then(|| Violation::Busy(name.to_owned())))
    }

    /// An instance ends without having been cordoned only where nothing runs: it is no node, or its node is not Ready and empty, or
    /// not Ready and on a machine that does nothing any more.
    fn unhealthy(&self, group: &GroupId, instance: &str, node: Option<&NodeRef>) -> Option<Violation> {
        if self.instance(group, instance).is_none() {
            return Some(Violation::Unknown(instance.to_owned()));
        }
        let found = self.snapshot.nodes.iter().find(|node| node.instance_id() == Some(instance));
        let mut checks = self.snapshot.machine_checks.iter().filter(|check| check.instance == instance);
        let is_broken = checks.any(|check| check.health.is_broken());
        match (found, node) {
            (Some(found), _) if !is_broken && self.is_held(&found.name) => Some(Violation::Busy(found.name.clone())),
            (Some(found), _)
                if found.is_ready() || node.is_none() || found.protecting_mark().is_some() || found.is_detached() =>
            {
                Some(Violation::NotOurs(found.name.clone()))
            }
            (Some(_), _) | (None, None) => None,
            (None, Some(node)) => self
                .node(&node.name)
                .map_or_else(Some, |found| self.is_held(&found.name).then(|| Violation::Busy(found.name.clone()))),
        }
    }

    /// A Node object is deleted only when an earlier run marked it, the cloud still says that its instance is no more, and no group
    /// has the instance.
    fn deletion(&self, name: &str, instance: &str) -> Option<Violation> {
        let node = match self.node(name) {
            Ok(node) => node,
            Err(violation) => return Some(violation),
        };
        let is_marked = node.gone_since().is_some_and(|since| since < self.snapshot.taken_at);
        let is_named = node.ec2_place().is_some_and(|(_, id)| id == instance);
        let is_gone = self.snapshot.machine_checks.iter().any(|check| check.instance == instance && check.health.is_gone());
        let mut members = self.snapshot.groups.iter().flat_map(|group| &group.instances);
        let is_member = members.any(|member| member.id == instance);
        let is_kept = node.protecting_mark().is_some() || node.is_detached();
        let is_proven = is_marked && is_named && is_gone && !is_member && !is_kept && !node.is_ready();
        (!is_proven).then(|| Violation::NotOurs(name.to_owned()))
    }

    /// Whether somebody else has a say over a node, or it is not cordoned by us as it must be.
    fn not_ours(&self, name: &str, must_be_cordoned: bool) -> Option<Violation> {
        let node = match self.node(name) {
            Ok(node) => node,
            Err(violation) => return Some(violation),
        };
        let by_us = node.cordoned_by_us().is_some();
        let is_persons = node.unschedulable && !by_us;
        let is_own = self
            .snapshot
            .cluster
            .own_pod
            .as_ref()
            .is_some_and(|own| self.snapshot.pods.iter().any(|pod| pod.id() == *own && pod.node.as_deref() == Some(name)));
        if is_persons || is_own || node.protecting_mark().is_some() || node.is_detached() || by_us != must_be_cordoned {
            return Some(Violation::NotOurs(name.to_owned()));
        }
        None
    }

    /// What is evicted could take the room on which a pending pod counts.
    fn takes_room(&self, node: &str) -> Option<Violation> {
        let is_awaited = self.plan.pods.iter().any(|pod| pod.verdict.awaits_node());
        is_awaited.then(|| Violation::TakesRoom(node.to_owned()))
    }

    /// Everything that holds the node and is not leaving is evicted, and nothing that its controller would not make again, unless
    /// it says that it may be.
    fn evictions(&self, node: &str, pods: &[Eviction]) -> Option<Violation> {
        let own = self.snapshot.cluster.own_pod.as_ref();
        let on_node = self.snapshot.pods.iter().filter(|pod| pod.node.as_deref() == Some(node));
        let holds = |pod: &&Pod| holds_its_node(pod, self.snapshot.spec(pod), own, self.plan.policy.expendable_below);
        let staying: Vec<&Pod> = on_node.filter(holds).filter(|pod| pod.deletion_deadline.is_none()).collect();
        if staying.iter().any(|pod| pods.iter().all(|eviction| eviction.uid != pod.uid)) {
            return Some(Violation::Busy(node.to_owned()));
        }
        let wrong = pods.iter().find(|eviction| {
            !staying.iter().any(|pod| pod.id() == eviction.pod && pod.uid == eviction.uid && may_be_evicted(pod))
        });
        wrong.map(|eviction| Violation::NotEvictable(eviction.pod.to_string()))
    }

    fn is_held(&self, node: &str) -> bool {
        let own = self.snapshot.cluster.own_pod.as_ref();
        let on_node = self.snapshot.pods.iter().filter(|pod| pod.node.as_deref() == Some(node));
        on_node.into_iter().any(|pod| holds_its_node(pod, self.snapshot.spec(pod), own, self.plan.policy.expendable_below))
    }

    /// Terminations and changes of the desired capacity of each group together.
    fn capacity_left(&self) -> Vec<Violation> {
        let mut removed: BTreeMap<&GroupId, i64> = BTreeMap::new();
        let mut asked: BTreeSet<&GroupId> = BTreeSet::new();
        for action in &self.plan.actions {
            match action {
                Action::Terminate { group, instance, .. }
                | Action::TerminateUnhealthy { group, instance, decrement: true, .. } => {
                    *removed.entry(group).or_default() += self.instance(group, instance).map_or(1, |instance| instance.weight);
                }
                Action::SetDesired { group, .. } | Action::RevertDesired { group, .. } => {
                    asked.insert(group);
                }
                Action::TerminateUnhealthy { decrement: false, .. }
                | Action::NoteInstances { .. }
                | Action::ClearIdle { .. }
                | Action::MarkIdle { .. }
                | Action::ClearGone { .. }
                | Action::MarkGone { .. }
                | Action::ClearNotReady { .. }
                | Action::MarkNotReady { .. }
                | Action::DeleteNode { .. }
                | Action::Uncordon { .. }
                | Action::Cordon { .. }
                | Action::StartDrain { .. }
                | Action::Evict { .. } => {}
            }
        }
        let too_few =
            removed.iter().filter(|(id, weight)| self.group(id).is_some_and(|group| group.desired - **weight < group.min));
        let both = removed.keys().filter(|id| asked.contains(*id));
        too_few
            .map(|(id, _)| Violation::BelowMin((*id).clone()))
            .chain(both.map(|id| Violation::GrowsAndShrinks((*id).clone())))
            .collect()
    }

    /// One step a node: it is uncordoned, cordoned, drained or terminated.
    fn contradictions(&self) -> Vec<Violation> {
        let mut seen = BTreeSet::new();
        let steps = self.plan.actions.iter().filter_map(|action| match action {
            Action::Uncordon { node, .. }
            | Action::Cordon { node, .. }
            | Action::StartDrain { node, .. }
            | Action::Evict { node, since: Some(_), .. }
            | Action::TerminateUnhealthy { node: Some(node), .. }
            | Action::DeleteNode { node, .. }
            | Action::Terminate { node, .. } => Some(&node.name),
            Action::Evict { since: None, .. }
            | Action::TerminateUnhealthy { node: None, .. }
            | Action::NoteInstances { .. }
            | Action::ClearIdle { .. }
            | Action::MarkIdle { .. }
            | Action::ClearGone { .. }
            | Action::MarkGone { .. }
            | Action::ClearNotReady { .. }
            | Action::MarkNotReady { .. }
            | Action::SetDesired { .. }
            | Action::RevertDesired { .. } => None,
        });
        steps.filter(|node| !seen.insert(*node)).map(|node| Violation::Contradiction(node.clone())).collect()
    }

    fn totals(&self) -> Vec<Violation> {
        let added: u32 = self
            .plan
            .actions
            .iter()
            .filter_map(|action| if let Action::SetDesired { nodes, .. } = action { Some(*nodes) } else { None })
            .sum();
        let gone = self
            .plan
            .actions
            .iter()
            .filter(|action| {
                matches!(action, Action::Terminate { .. } | Action::TerminateUnhealthy { .. } | Action::DeleteNode { .. })
            })
            .count();
        let managed = self.snapshot.nodes.len();
        #[expect(clippy::cast_precision_loss, reason = "counts of nodes are far below 2^52")]
        let too_many_gone = gone as f64 >= managed as f64 * self.plan.policy.max_scale_in_fraction + 1.0;
        let too_many_new = added > self.plan.policy.max_scale_up;
        too_many_new
            .then_some(Violation::TooManyNew(added))
            .into_iter()
            .chain(too_many_gone.then_some(Violation::TooManyGone(gone)))
            .collect()
    }

    fn group(&self, id: &GroupId) -> Option<&Group> {
        self.snapshot.groups.iter().find(|group| group.id == *id)
    }

    fn instance(&self, group: &GroupId, id: &str) -> Option<&Instance> {
        self.group(group)?.instances.iter().find(|instance| instance.id == id)
    }

    fn node(&self, name: &str) -> Result<&Node, Violation> {
        self.snapshot.nodes.iter().find(|node| node.name == name).ok_or_else(|| Violation::Unknown(name.to_owned()))
    }
}

/// A running job is never evicted, nor anything that nobody would make again, unless it says so itself.
fn may_be_evicted(pod: &Pod) -> bool {
    let annotation = |key: &str| pod.drain_annotations.get(key).map(String::as_str);
    let replaced = ["ReplicaSet", "ReplicationController", "StatefulSet"];
    let is_replaced = pod.owner.as_ref().is_some_and(|owner| replaced.contains(&owner.kind.as_str()));
    let safe = annotation("cluster-autoscaler.kubernetes.io/safe-to-evict");
    let is_kept = pod.labels.get("openai/do-not-drain").is_some_and(|value| value == "true")
        || annotation("karpenter.sh/do-not-disrupt") == Some("true")
        || annotation("ec2-autoscale/do-not-evict").is_some_and(|value| value != "false")
        || safe == Some("false");
    !is_kept && (is_replaced || safe == Some("true"))
}
