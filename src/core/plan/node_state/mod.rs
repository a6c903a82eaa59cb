//! What a node is doing: the first state that applies, in the order of the rules. States that
//! forbid to touch a node come before what it does.

mod is_leftover;
mod spares;
mod utilization;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::drain::{self, Budgets, Drainability, EvictionCost, PodInTheWay};
use super::fleet::{Fleet, GroupEntry, NodeEntry, NodeIx};
use super::report::{Leftover, NodeState};
use super::scale_up::ScaleUp;
use super::situation::Situation;
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::snapshot::{Lifecycle, MissingFact, Pod, ReadyStatus};

pub(crate) use is_leftover::leftover;
pub(crate) use utilization::utilization;

/// The states of the nodes in one plan, and what they follow from.
pub(crate) struct NodeStates<'a> {
    pub(crate) situation: &'a Situation<'a>,
    pub(crate) scale_up: &'a ScaleUp,
}

/// Returns the state that a rule is about, if the node is in it.
type StateRule = fn(&NodeStates<'_>, NodeIx, &NodeEntry<'_>) -> Option<NodeState>;

/// The rules by precedence: what forbids to touch a node comes before what the node is doing.
const RULES: [StateRule; 17] = [
    region_unreadable,
    contested,
    left_behind,
    unmanaged,
    instance_terminated,
    detached,
    protected,
    cordoned_by_person,
    dead,
    starting,
    draining,
    own_node,
    group_min_size,
    busy_unschedulable,
    busy,
    pod_pending,
    launch_hr_grace_period,
];

/// The rules for nodes to which none of the others applies. Between the two, spares are chosen
/// (`type-grace-period`).
const RULES_OF_FREE_NODES: [StateRule; 4] = [grace_period, under_utilized, idle_unschedulable, idle_schedulable];

impl<'a> NodeStates<'a> {
    pub(crate) fn fleet(&self) -> &'a Fleet<'a> {
        &self.situation.fleet
    }

    pub(crate) fn budgets(&self) -> &'a Budgets<'a> {
        &self.situation.budgets
    }

    /// Returns the state of every node.
    pub(crate) fn all(&self) -> IndexVec<NodeIx, NodeState> {
        let entries = &self.fleet().nodes;
        let first = |rules: &[StateRule], node: NodeIx| rules.iter().find_map(|rule| rule(self, node, &entries[node]));
        let mut states: IndexVec<NodeIx, Option<NodeState>> = entries.numbers().map(|node| first(&RULES, node)).collect();
        let spares: BTreeSet<NodeIx> = spares::spares(self, &states);
        for (node, state) in states.iter_numbered_mut().filter(|(_, state)| state.is_none()) {
            *state = if spares.contains(&node) { self.spare(&entries[node]) } else { first(&RULES_OF_FREE_NODES, node) };
        }
        let known =
            |state: Option<NodeState>| state.expect("the last rule always applies: a node to which no other applies is idle");
        states.into_iter().map(known).collect()
    }

    /// Returns how long the node has been idle: since the time in its taint, or from now on.
    fn idle(&self, entry: &NodeEntry<'_>) -> Seconds {
        Seconds::between(self.idle_from(entry), self.fleet().now())
    }

    fn idle_from(&self, entry: &NodeEntry<'_>) -> Timestamp {
        entry.node.idle_since().unwrap_or(self.fleet().now())
    }

    fn group(&self, entry: &NodeEntry<'_>) -> Option<&GroupEntry<'_>> {
        self.fleet().group_of(entry)
    }

    fn spare(&self, entry: &NodeEntry<'_>) -> Option<NodeState> {
        let policy = &self.group(entry)?.policy;
        let (threshold, spares) = (policy.type_idle_threshold, policy.type_idle_count);
        Some(NodeState::TypeGracePeriod { idle: self.idle(entry), threshold, spares })
    }

    /// Returns the pods that keep a node, each with the verdict of the rules of draining.
    fn verdicts<'e>(&self, entry: &NodeEntry<'e>) -> Vec<(&'e Pod, Drainability)> {
        entry.holders.iter().map(|&pod| (pod, drain::of_pod(self.fleet(), entry, pod, self.budgets()))).collect()
    }

    /// Whether a node with pods may be considered for draining: it is open, well, not too young,
    /// and every fact is known.
    pub(crate) fn may_be_drained(&self, entry: &NodeEntry<'_>) -> bool {
        let Some(group) = self.group(entry) else { return false };
        let is_old_enough = self.fleet().age(entry.node) >= group.policy.min_node_age;
        let is_well = entry.node.is_ready() && !entry.node.unschedulable;
        drain::drains(&group.policy) && is_old_enough && is_well && !entry.holders.is_empty() && !self.lacks_facts()
    }

    /// Whether facts are missing: a budget that could not be read might forbid every eviction.
    fn lacks_facts(&self) -> bool {
        self.fleet().snapshot.gaps.iter().any(|gap| match &gap.fact {
            MissingFact::Objects { resource } => resource == "poddisruptionbudgets",
            MissingFact::Activities { .. }
            | MissingFact::LaunchOptions { .. }
            | MissingFact::MachineTypes { .. }
            | MissingFact::Launches { .. }
            | MissingFact::MachineChecks { .. }
            | MissingFact::ZoneIds { .. }
            | MissingFact::GrowthNotes
            | MissingFact::Identity
            | MissingFact::ForeignLeases
            | MissingFact::Spot { .. } => false,
        })
    }

    /// Returns what it costs to empty a node that `--consolidate` may empty however much it is
    /// used: all its pods are movable, and none is expected.
    pub(crate) fn consolidatable(&self, node: NodeIx) -> Option<EvictionCost> {
        let entry = &self.fleet().nodes[node];
        let is_wanted = self.group(entry).is_some_and(|group| group.policy.consolidate) && self.may_be_drained(entry);
        let is_free = || pod_pending(self, node, entry).or_else(|| launch_hr_grace_period(self, node, entry)).is_none();
        let verdicts = (is_wanted && is_free()).then(|| self.verdicts(entry))?;
        (!verdicts.iter().any(|(_, verdict)| verdict.in_the_way())).then(|| cost_of(&verdicts))
    }

    fn is_under_utilized(&self, entry: &NodeEntry<'_>) -> bool {
        let limit = self.group(entry).map_or(0.0, |group| group.policy.drain_utilization);
        limit > 0.0 && self.may_be_drained(entry) && utilization::is_below(&utilization(self.fleet(), entry), limit)
    }
}

fn region_unreadable(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let region = nodes.fleet().unreadable_region_of(entry.node)?;
    Some(NodeState::RegionUnreadable { region: region.to_owned() })
}

/// Applies when two Nodes are one instance, or one could be several: nobody knows what runs where.
fn contested(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let other = &nodes.fleet().nodes[entry.rival?];
    Some(NodeState::Contested { other: other.node.name.clone() })
}

/// Applies to the Node that a gone instance left behind. It belongs to no group any more. The proof
/// that it was ours comes before that.
fn left_behind(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let machine = leftover(nodes.fleet(), entry)?.check.health;
    let leftover = Leftover { machine, since: entry.node.gone_since(), now: nodes.fleet().now() };
    Some(NodeState::InstanceTerminated { leftover: Some(leftover) })
}

fn unmanaged(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    nodes.group(entry).is_none().then_some(NodeState::Unmanaged)
}

fn instance_terminated(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let lifecycle = nodes.fleet().instance_of(entry)?.lifecycle;
    let is_ending = matches!(lifecycle, Lifecycle::Terminating | Lifecycle::Terminated);
    is_ending.then_some(NodeState::InstanceTerminated { leftover: None })
}

fn detached(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let lifecycle = nodes.fleet().instance_of(entry)?.lifecycle;
    let set_aside = matches!(lifecycle, Lifecycle::Detached | Lifecycle::Standby | Lifecycle::Warm);
    (set_aside || entry.node.is_detached()).then_some(NodeState::Detached)
}

fn protected(_: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    entry.node.protecting_mark().map(|mark| NodeState::Protected { mark: mark.to_owned() })
}

fn cordoned_by_person(_: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    (entry.node.unschedulable && entry.node.cordoned_by_us().is_none()).then_some(NodeState::CordonedByPerson)
}

/// Applies to a node that has been not Ready for so long that it looks dead, and has no pod that
/// might still be running there. A kubelet that is only cut off continues its jobs, unless the
/// cloud states that its machine does nothing any more.
fn dead(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let since = silent_since(nodes, entry)?;
    let machine = nodes.fleet().machine_check(entry).map(|check| check.health).filter(|health| health.is_broken());
    let is_empty = entry.holders.is_empty() && nodes.fleet().pod_perhaps_bound_elsewhere(entry).is_none();
    let is_dead = machine.is_some() || is_empty;
    is_dead.then_some(NodeState::Dead { since, machine, now: nodes.fleet().now() })
}

/// Returns since when runs have seen a node not Ready without a break, if that is `--dead-after` or
/// longer. The time in the condition is of an unknown clock.
fn silent_since(nodes: &NodeStates<'_>, entry: &NodeEntry<'_>) -> Option<Timestamp> {
    looks_dead(nodes.fleet(), entry)?;
    let (since, limit) = (entry.node.silent_since()?, nodes.group(entry)?.policy.dead_after);
    (Seconds::between(since, nodes.fleet().now()) >= limit).then_some(since)
}

/// Returns since when a node is not Ready, if that is `--dead-after` or longer.
pub(crate) fn looks_dead(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Option<Timestamp> {
    if entry.node.ready.status == ReadyStatus::True || fleet.is_starting(entry) {
        return None;
    }
    let since = entry.node.readiness_since();
    let limit = fleet.group_of(entry)?.policy.dead_after;
    (Seconds::between(since, fleet.now()) >= limit).then_some(since)
}

/// Applies to a node that is not complete yet, or too young for its idleness to mean anything.
fn starting(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let policy = &nodes.group(entry)?.policy;
    let age = nodes.fleet().age(entry.node);
    if nodes.fleet().is_starting(entry) {
        return Some(NodeState::Starting { age, until: policy.instance_init_time });
    }
    (age < policy.min_node_age && entry.holders.is_empty()).then_some(NodeState::Starting { age, until: policy.min_node_age })
}

/// Applies to the node on which this run is.
fn own_node(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let own = nodes.fleet().snapshot.cluster.own_pod.as_ref()?;
    entry.pods.iter().any(|pod| pod.namespace == own.namespace && pod.name == own.name).then_some(NodeState::OwnNode)
}

/// Applies to a drain that an earlier run began. It continues unless its node has to stay: a pod
/// that must not move has come, or its group has shrunk to its minimum. A spent budget does not end
/// it.
fn draining(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let under_way = drain::under_way(nodes.fleet(), entry)?;
    let goes_on = at_min(nodes, entry).is_none()
        && !nodes.lacks_facts()
        && !nodes.verdicts(entry).iter().any(|(_, verdict)| verdict.ends_a_drain());
    let pods = small(entry.holders.len());
    let drain::UnderWay { since, until } = under_way;
    goes_on.then_some(NodeState::Draining { since, pods, until, now: nodes.fleet().now() })
}

fn group_min_size(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    // A cordon of ours on a busy node is taken back even at the minimum, so that this state comes
    // first.
    let is_leftover = entry.node.cordoned_by_us().is_some() && !entry.holders.is_empty();
    at_min(nodes, entry).filter(|_| !is_leftover).map(|min| NodeState::GroupMinSize { min })
}

/// Returns the minimum of a node's group, if the group would fall below it without the node.
fn at_min(nodes: &NodeStates<'_>, entry: &NodeEntry<'_>) -> Option<i64> {
    let group = nodes.group(entry)?.group;
    let weight = nodes.fleet().instance_of(entry)?.weight.get();
    (group.desired - weight < group.min).then_some(group.min)
}

fn busy_unschedulable(_: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let pods = small(entry.holders.len());
    (pods > 0 && entry.node.cordoned_by_us().is_some()).then_some(NodeState::BusyUnschedulable { pods })
}

fn busy(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    if nodes.is_under_utilized(entry) {
        return None;
    }
    let pods = small(entry.holders.len());
    let example = entry.holders.iter().min_by_key(|pod| (&pod.namespace, &pod.name))?.id().to_string();
    Some(NodeState::Busy { pods, example })
}

/// Applies when pods are expected here: by this plan, by the scheduler's own preemption, or because
/// their volume is being made for it.
fn pod_pending(nodes: &NodeStates<'_>, index: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let placed = nodes.scale_up.expected_on.get(&index).or_else(|| nodes.scale_up.uncordon.get(&index)).copied().unwrap_or(0);
    let pods = placed + small(entry.nominated.len() + entry.awaiting_volume.len());
    (pods > 0).then_some(NodeState::PodPending { pods })
}

/// Applies to a node whose hour is paid for, so that it may as well wait for work (machines were
/// once paid by the hour). A node that is cordoned goes all the same.
fn launch_hr_grace_period(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    const HOUR: u64 = 3600;
    let threshold = nodes.fleet().policy.launch_hour_threshold;
    let launched_at = nodes.fleet().instance_of(entry)?.launched_at.unwrap_or(entry.node.created_at);
    let into = Seconds(Seconds::between(launched_at, nodes.fleet().now()).0 % HOUR);
    (entry.node.cordoned_by_us().is_none() && into < threshold).then_some(NodeState::LaunchHrGracePeriod { into, threshold })
}

fn grace_period(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let threshold = nodes.group(entry)?.policy.idle_threshold;
    let idle = nodes.idle(entry);
    let is_open_and_idle = entry.holders.is_empty() && entry.node.cordoned_by_us().is_none();
    (is_open_and_idle && idle < threshold).then_some(NodeState::GracePeriod { idle, threshold })
}

/// Applies to a node whose pods request little of it. Whether they fit elsewhere, all together, is
/// tried where nodes are chosen (`scale_in`).
fn under_utilized(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    if entry.holders.is_empty() {
        return None;
    }
    let utilization = utilization(nodes.fleet(), entry);
    let verdicts = nodes.verdicts(entry);
    let pods = small(verdicts.len());
    let cost = cost_of(&verdicts);
    let in_the_way = verdicts.into_iter().filter(|(_, verdict)| verdict.in_the_way());
    let mut in_the_way: Vec<PodInTheWay> = in_the_way.map(|(pod, verdict)| PodInTheWay::new(pod.id(), verdict)).collect();
    in_the_way.sort_by(|a, b| a.pod.cmp(&b.pod));
    Some(match in_the_way.is_empty() {
        true => NodeState::UnderUtilizedDrainable { utilization, pods, cost },
        false => NodeState::UnderUtilizedUndrainable { utilization, in_the_way },
    })
}

/// Returns what evicting all of them costs.
fn cost_of(verdicts: &[(&Pod, Drainability)]) -> EvictionCost {
    let costs = verdicts.iter().filter_map(|(_, verdict)| match verdict {
        Drainability::Movable { cost, .. } => Some(*cost),
        Drainability::Ignored { .. } | Drainability::Waits { .. } | Drainability::Blocks { .. } => None,
    });
    costs.sum()
}

fn idle_unschedulable(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let cordoned_at = entry.node.cordoned_by_us()?;
    Some(NodeState::IdleUnschedulable { cordoned_at, now: nodes.fleet().now() })
}

#[expect(clippy::unnecessary_wraps, reason = "a rule like the others; the last one always applies")]
fn idle_schedulable(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    Some(NodeState::IdleSchedulable { idle: nodes.idle(entry) })
}
