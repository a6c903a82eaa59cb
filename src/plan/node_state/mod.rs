//! What is this node doing? The first state that holds, in the order of `reference/drain.md`.

use super::fleet::{Fleet, GroupEntry, NodeEntry};
use super::report::NodeState;
use super::scale_up::ScaleUp;
use crate::duration::Seconds;
use crate::snapshot::{Lifecycle, ReadyStatus};

/// What the states of one plan are judged by.
pub(crate) struct Judge<'a> {
    pub(crate) fleet: &'a Fleet<'a>,
    pub(crate) scale_up: &'a ScaleUp,
}

/// A rule: the state, if the node is in it.
type Rule = fn(&Judge<'_>, usize, &NodeEntry<'_>) -> Option<NodeState>;

/// The order is that of precedence: what forbids a touch comes before what the node is doing.
const RULES: [Rule; 16] = [
    region_unreadable,
    unmanaged,
    instance_terminated,
    detached,
    protected,
    cordoned_by_person,
    dead,
    starting,
    own_node,
    asg_min_size,
    busy_unschedulable,
    busy,
    pod_pending,
    grace_period,
    idle_unschedulable,
    idle_schedulable,
];

impl Judge<'_> {
    /// The state of a node.
    pub(crate) fn state(&self, index: usize) -> NodeState {
        let entry = &self.fleet.nodes[index];
        let state = RULES.iter().find_map(|rule| rule(self, index, entry));
        state.expect("a node that no other rule claims is idle: the last rule always answers")
    }

    /// How long the node has been idle: since the taint says, else from now on.
    fn idle(&self, entry: &NodeEntry<'_>) -> Seconds {
        entry.node.idle_since().map_or(Seconds(0), |since| Seconds::between(since, self.fleet.now()))
    }

    fn group(&self, entry: &NodeEntry<'_>) -> Option<&GroupEntry<'_>> {
        self.fleet.group_of(entry)
    }
}

fn region_unreadable(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let region = judge.fleet.unreadable_region_of(entry.node)?;
    Some(NodeState::RegionUnreadable { region: region.to_owned() })
}

fn unmanaged(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    judge.group(entry).is_none().then_some(NodeState::Unmanaged)
}

fn instance_terminated(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let lifecycle = judge.fleet.instance_of(entry)?.lifecycle;
    matches!(lifecycle, Lifecycle::Terminating | Lifecycle::Terminated).then_some(NodeState::InstanceTerminated)
}

fn detached(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let lifecycle = judge.fleet.instance_of(entry)?.lifecycle;
    let set_aside = matches!(lifecycle, Lifecycle::Detached | Lifecycle::Standby | Lifecycle::Warm);
    (set_aside || entry.node.is_detached()).then_some(NodeState::Detached)
}

fn protected(_: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    entry.node.protecting_mark().map(|mark| NodeState::Protected { mark: mark.to_owned() })
}

fn cordoned_by_person(_: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    (entry.node.unschedulable && entry.node.cordoned_by_us().is_none()).then_some(NodeState::CordonedByPerson)
}

fn dead(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    if entry.node.ready.status == ReadyStatus::True || judge.fleet.is_starting(entry) {
        return None;
    }
    let since = entry.node.ready.since.unwrap_or(entry.node.created_at);
    let limit = judge.group(entry)?.policy.dead_after;
    let now = judge.fleet.now();
    (Seconds::between(since, now) >= limit).then_some(NodeState::Dead { since, now })
}

/// Not what it will be yet, or too young for its idleness to mean anything.
fn starting(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let policy = &judge.group(entry)?.policy;
    let age = judge.fleet.age(entry.node);
    if judge.fleet.is_starting(entry) {
        return Some(NodeState::Starting { age, until: policy.instance_init_time });
    }
    (age < policy.min_node_age && entry.holders.is_empty()).then_some(NodeState::Starting { age, until: policy.min_node_age })
}

/// The node this very run is on.
fn own_node(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let own = judge.fleet.snapshot.cluster.own_pod.as_ref()?;
    entry.pods.iter().any(|pod| pod.namespace == own.namespace && pod.name == own.name).then_some(NodeState::OwnNode)
}

fn asg_min_size(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let group = judge.group(entry)?;
    let weight = judge.fleet.instance_of(entry)?.weight.max(1);
    let is_at_min = group.group.desired - weight < group.group.min;
    // A busy cordon of ours is taken back even at the minimum, so that state goes first.
    let is_leftover = entry.node.cordoned_by_us().is_some() && !entry.holders.is_empty();
    (is_at_min && !is_leftover).then_some(NodeState::AsgMinSize { min: group.group.min })
}

fn busy_unschedulable(_: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let pods = u32::try_from(entry.holders.len()).unwrap_or(u32::MAX);
    (pods > 0 && entry.node.cordoned_by_us().is_some()).then_some(NodeState::BusyUnschedulable { pods })
}

fn busy(_: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let pods = u32::try_from(entry.holders.len()).unwrap_or(u32::MAX);
    let example = entry.holders.iter().min_by_key(|pod| (&pod.namespace, &pod.name))?.id().to_string();
    Some(NodeState::Busy { pods, example })
}

/// Pods are expected here, by this plan or by the scheduler's own preemption.
fn pod_pending(judge: &Judge<'_>, index: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let placed = judge.scale_up.expected_on.get(&index).or_else(|| judge.scale_up.uncordon.get(&index)).copied().unwrap_or(0);
    let pods = placed + u32::try_from(entry.nominated.len()).unwrap_or(u32::MAX);
    (pods > 0).then_some(NodeState::PodPending { pods })
}

fn grace_period(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let threshold = judge.group(entry)?.policy.idle_threshold;
    let idle = judge.idle(entry);
    (entry.node.cordoned_by_us().is_none() && idle < threshold).then_some(NodeState::GracePeriod { idle, threshold })
}

fn idle_unschedulable(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let cordoned_at = entry.node.cordoned_by_us()?;
    Some(NodeState::IdleUnschedulable { cordoned_at, held_by: None, now: judge.fleet.now() })
}

#[expect(clippy::unnecessary_wraps, reason = "a rule like the others; as the last one it always answers")]
fn idle_schedulable(judge: &Judge<'_>, _: usize, entry: &NodeEntry<'_>) -> Option<NodeState> {
    Some(NodeState::IdleSchedulable { idle: judge.idle(entry), held_by: None })
}
