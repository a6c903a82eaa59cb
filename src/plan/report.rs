//! One line for every input: what the plan says of each pending pod, node, instance and group.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reason::{GroupRefusal, GrowReason, GrowthBlock, count};
use crate::duration::{Seconds, moment};
use crate::scheduler::Plugin;
use crate::snapshot::{GroupId, MissingFact, ObjectName, Rejection, Resources, Taint};

/// What the plan says of one unbound pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PodReport {
    /// The pod.
    #[serde(flatten)]
    pub pod: ObjectName,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: PodVerdict,
    /// The verdict as a sentence.
    pub message: String,
}

/// What becomes of an unbound pod. Placements are *expected*: the scheduler decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum PodVerdict {
    /// Fits on a node that is there.
    FitsExisting {
        /// The node.
        node: String,
    },
    /// Room is being made for it by preemption.
    Nominated {
        /// The node.
        node: String,
    },
    /// Fits on capacity already asked for.
    FitsUpcoming {
        /// The group.
        group: GroupId,
        /// When that capacity counts as failed.
        overdue_at: Timestamp,
        /// `taken_at` of the snapshot.
        now: Timestamp,
    },
    /// Fits on a node that this plan uncordons.
    FitsUncordoned {
        /// The node.
        node: String,
    },
    /// Fits on a node that this plan adds.
    FitsNew {
        /// The group.
        group: GroupId,
        /// Which of the group's new nodes, from 1.
        new_node: u32,
    },
    /// A region that could not be read might serve it.
    WaitsForRegion {
        /// The regions.
        regions: Vec<String>,
        /// Until when it waits before others are asked.
        until: Timestamp,
        /// `taken_at` of the snapshot.
        now: Timestamp,
    },
    /// No scheduler has looked at it yet.
    NotYetScheduled,
    /// It is being deleted.
    Terminating,
    /// Its scheduling gates are closed.
    Gated {
        /// The gates.
        gates: Vec<String>,
    },
    /// Another scheduler's.
    OtherScheduler {
        /// That scheduler.
        scheduler: String,
    },
    /// `--pod-namespace` leaves it out.
    OtherNamespace,
    /// Below `--min-priority`.
    LowPriority {
        /// Its priority.
        priority: i32,
        /// The limit.
        min_priority: i32,
    },
    /// A DaemonSet's: it belongs to one node, and a new node would not help it.
    DaemonSet,
    /// It uses constraints this version cannot judge, so nothing is bought for it.
    NotModelled {
        /// The scheduler plugins that would judge them.
        plugins: Vec<Plugin>,
    },
    /// No group helps it.
    CannotHelp {
        /// Why not, group by group.
        refusals: Vec<GroupRefusal>,
    },
}

impl PodVerdict {
    /// Whether it is expected to be placed.
    #[must_use]
    pub fn is_helped(&self) -> bool {
        match self {
            Self::FitsExisting { .. }
            | Self::Nominated { .. }
            | Self::FitsUpcoming { .. }
            | Self::FitsUncordoned { .. }
            | Self::FitsNew { .. } => true,
            Self::WaitsForRegion { .. }
            | Self::NotYetScheduled
            | Self::Terminating
            | Self::Gated { .. }
            | Self::OtherScheduler { .. }
            | Self::OtherNamespace
            | Self::LowPriority { .. }
            | Self::DaemonSet
            | Self::NotModelled { .. }
            | Self::CannotHelp { .. } => false,
        }
    }

    /// Whether the pod is pending for want of a node and this plan does nothing for it.
    #[must_use]
    pub fn is_unhelped(&self) -> bool {
        matches!(self, Self::NotModelled { .. } | Self::CannotHelp { .. })
    }
}

impl fmt::Display for PodVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FitsExisting { node } => write!(f, "fits on {node}; the scheduler is expected to place it there"),
            Self::Nominated { node } => write!(f, "waits for room on {node}, where lower-priority pods are leaving"),
            Self::FitsUpcoming { group, overdue_at, now } => {
                write!(f, "waits for a node that {group} is launching; overdue at {}", moment(*overdue_at, *now))
            }
            Self::FitsUncordoned { node } => write!(f, "fits on {node}, which becomes schedulable again"),
            Self::FitsNew { group, new_node } => write!(f, "fits on new node {new_node} of {group}"),
            Self::WaitsForRegion { regions, until, now } => {
                write!(f, "waiting: region {} unreadable; others are asked at {}", regions.join(", "), moment(*until, *now))
            }
            Self::NotYetScheduled => f.write_str("no scheduler has looked at it yet"),
            Self::Terminating => f.write_str("is being deleted"),
            Self::Gated { gates } => write!(f, "waits for its scheduling gates {}", gates.join(", ")),
            Self::OtherScheduler { scheduler } => write!(f, "is placed by {scheduler}, not by a --scheduler-name"),
            Self::OtherNamespace => f.write_str("is in a namespace that no --pod-namespace names"),
            Self::LowPriority { priority, min_priority } => {
                write!(f, "has priority {priority}, below --min-priority {min_priority}")
            }
            Self::DaemonSet => f.write_str("belongs to a DaemonSet and to one node; a new node would not help it"),
            Self::NotModelled { plugins } => {
                f.write_str("not-modelled: ")?;
                for (position, plugin) in plugins.iter().enumerate() {
                    write!(f, "{}{plugin}", if position == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::CannotHelp { refusals } if refusals.is_empty() => f.write_str("no group is managed"),
            Self::CannotHelp { refusals } => write_refusals(refusals, f),
        }
    }
}

/// `a, b: at its maximum 3; c: …`: groups with the same words stand together.
fn write_refusals(refusals: &[GroupRefusal], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut by_words: Vec<(String, Vec<&str>)> = Vec::new();
    for GroupRefusal { group, refusal } in refusals {
        let words = refusal.to_string();
        match by_words.iter_mut().find(|(known, _)| *known == words) {
            Some((_, groups)) => groups.push(&group.name),
            None => by_words.push((words, vec![&group.name])),
        }
    }
    for (position, (words, groups)) in by_words.iter().enumerate() {
        write!(f, "{}{}: {words}", if position == 0 { "" } else { "; " }, groups.join(", "))?;
    }
    Ok(())
}

/// What the plan says of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeReport {
    /// The node's name.
    pub node: String,
    /// Its group, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Its state.
    #[serde(flatten)]
    pub state: NodeState,
    /// What this plan does with it.
    pub decision: NodeDecision,
    /// State and decision as a sentence.
    pub message: String,
}

/// What this plan does with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodeDecision {
    /// Nothing.
    Keep,
    /// It becomes schedulable again.
    Uncordon,
    /// It is cordoned, to be terminated by a later run.
    Cordon,
    /// It is terminated.
    Terminate,
}

/// What a node is doing: one state each, in the order of precedence of `reference/drain.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum NodeState {
    /// No managed group owns it.
    Unmanaged,
    /// Its region could not be read, so it is not touched.
    RegionUnreadable {
        /// The region.
        region: String,
    },
    /// Its instance is ending or gone.
    InstanceTerminated,
    /// A person took it out (label `ec2-autoscale/detached`), or its instance is in Standby.
    Detached,
    /// An annotation or label forbids its removal.
    Protected {
        /// Which.
        mark: String,
    },
    /// Cordoned, and not by us.
    CordonedByPerson,
    /// Not Ready for `--dead-after`.
    Dead {
        /// Since when.
        since: Timestamp,
        /// `taken_at` of the snapshot.
        now: Timestamp,
    },
    /// Not Ready yet, still tainted as starting, or too young.
    Starting {
        /// Its age.
        age: Seconds,
        /// Before this age it is left alone.
        until: Seconds,
    },
    /// This run's own pod is on it.
    OwnNode,
    /// Its group is at its minimum.
    AsgMinSize {
        /// The minimum.
        min: i64,
    },
    /// Cordoned by us, and pods run on it again.
    BusyUnschedulable {
        /// How many.
        pods: u32,
    },
    /// Pods run on it.
    Busy {
        /// How many.
        pods: u32,
        /// One of them, by namespace and name.
        example: String,
    },
    /// Pending pods are expected on it.
    PodPending {
        /// How many.
        pods: u32,
    },
    /// Idle, not yet for long enough.
    GracePeriod {
        /// For how long.
        idle: Seconds,
        /// How long it takes.
        threshold: Seconds,
    },
    /// Idle and cordoned by us.
    IdleUnschedulable {
        /// Since when it is cordoned.
        cordoned_at: Timestamp,
        /// Why it does not go in this run, if it does not.
        held_by: Option<Hold>,
        /// `taken_at` of the snapshot.
        now: Timestamp,
    },
    /// Idle for long enough.
    IdleSchedulable {
        /// For how long.
        idle: Seconds,
        /// Why it does not go in this run, if it does not.
        held_by: Option<Hold>,
    },
}

impl NodeState {
    /// The state's code, as in JSON.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unmanaged => "unmanaged",
            Self::RegionUnreadable { .. } => "region-unreadable",
            Self::InstanceTerminated => "instance-terminated",
            Self::Detached => "detached",
            Self::Protected { .. } => "protected",
            Self::CordonedByPerson => "cordoned-by-person",
            Self::Dead { .. } => "dead",
            Self::Starting { .. } => "starting",
            Self::OwnNode => "own-node",
            Self::AsgMinSize { .. } => "asg-min-size",
            Self::BusyUnschedulable { .. } => "busy-unschedulable",
            Self::Busy { .. } => "busy",
            Self::PodPending { .. } => "pod-pending",
            Self::GracePeriod { .. } => "grace-period",
            Self::IdleUnschedulable { .. } => "idle-unschedulable",
            Self::IdleSchedulable { .. } => "idle-schedulable",
        }
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmanaged => f.write_str("no managed group owns it"),
            Self::RegionUnreadable { region } => write!(f, "region {region} could not be read, so it is not touched"),
            Self::InstanceTerminated => f.write_str("its instance is ending or gone; the cloud controller removes the node"),
            Self::Detached => f.write_str("detached: left alone"),
            Self::Protected { mark } => write!(f, "kept by {mark}"),
            Self::CordonedByPerson => f.write_str("cordoned by a person: left alone"),
            Self::Dead { since, now } => write!(f, "not Ready since {}", moment(*since, *now)),
            Self::Starting { age, until } => write!(f, "starting, {age} of {until}"),
            Self::OwnNode => f.write_str("this run's own pod is on it"),
            Self::AsgMinSize { min } => write!(f, "idle, but its group is at its minimum {min}"),
            Self::BusyUnschedulable { pods } => write!(f, "cordoned by us, but {} on it", pods_run(*pods)),
            Self::Busy { pods: 1, example } => write!(f, "{example} runs on it"),
            Self::Busy { pods, example } => write!(f, "{} on it, {example} among them", pods_run(*pods)),
            Self::PodPending { pods } => write!(f, "{} expected on it", count(u64::from(*pods), "pending pod")),
            Self::GracePeriod { idle, threshold } => write!(f, "idle {idle} of {threshold}"),
            Self::IdleUnschedulable { cordoned_at, held_by, now } => {
                write!(f, "idle, cordoned by us at {}", moment(*cordoned_at, *now))?;
                write_hold(held_by.as_ref(), f)
            }
            Self::IdleSchedulable { idle, held_by } => {
                write!(f, "idle {idle}")?;
                write_hold(held_by.as_ref(), f)
            }
        }
    }
}

fn pods_run(pods: u32) -> String {
    if pods == 1 { "1 pod runs".to_owned() } else { format!("{pods} pods run") }
}

fn write_hold(hold: Option<&Hold>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    hold.map_or(Ok(()), |hold| write!(f, "; {hold}"))
}

/// Why a node that could go does not go in this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Hold {
    /// `--no-scale-in`.
    ScaleInOff,
    /// `--only-group` names others.
    NotSelected,
    /// Its group scales up in this same plan.
    GroupGrows,
    /// `--max-scale-in-fraction` is used up.
    ScaleInLimit {
        /// How many nodes may go in one run.
        limit: u32,
    },
    /// The cordon is younger than `--cordon-settle`.
    CordonSettles {
        /// How long it takes.
        settle: Seconds,
    },
    /// AWS has a say: the group's `Terminate` process is suspended, or more instances live than desired.
    GroupUnsettled {
        /// What.
        detail: String,
    },
    /// Too many nodes look dead: nothing is removed.
    MassFailure,
    /// An unprotected busy instance in another zone could be taken by AZRebalance.
    AzRebalanceWouldKill,
    /// Its group has another owner.
    OtherCluster,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ScaleInOff => f.write_str("scale-in is switched off (--no-scale-in)"),
            Self::NotSelected => f.write_str("--only-group leaves it alone"),
            Self::GroupGrows => f.write_str("its group scales up in this plan"),
            Self::ScaleInLimit { limit } => {
                write!(f, "waits: at most {} may go in one run (--max-scale-in-fraction)", count(u64::from(*limit), "node"))
            }
            Self::CordonSettles { settle } => write!(f, "waits until the cordon is {settle} old"),
            Self::GroupUnsettled { detail } => f.write_str(detail),
            Self::MassFailure => f.write_str("nothing is removed while so many nodes look dead"),
            Self::AzRebalanceWouldKill => {
                f.write_str("az-rebalance-would-kill: AWS could even the zones out by terminating a busy instance")
            }
            Self::OtherCluster => f.write_str("its group belongs to another cluster"),
        }
    }
}

/// What the plan says of an instance that has no node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceReport {
    /// The instance.
    pub instance: String,
    /// Its group.
    pub group: GroupId,
    /// Its state.
    #[serde(flatten)]
    pub state: InstanceState,
    /// The state as a sentence.
    pub message: String,
}

/// What an instance without a node is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum InstanceState {
    /// Expected to become a node.
    Joining {
        /// Its age; absent while AWS does not tell.
        age: Option<Seconds>,
        /// How long it may take.
        limit: Seconds,
    },
    /// Should have become a node by now.
    NeverRegistered {
        /// Its age.
        age: Seconds,
        /// How long it may take.
        limit: Seconds,
    },
    /// Ending.
    Terminating,
    /// Set aside by a person.
    Standby,
    /// In the warm pool.
    Warm,
}

impl fmt::Display for InstanceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joining { age: Some(age), limit } => write!(f, "joining, {age} of {limit}"),
            Self::Joining { age: None, limit } => write!(f, "joining, {limit} at most"),
            Self::NeverRegistered { age, limit } => {
                write!(f, "never became a node: {age} old, expected within {limit} (--instance-init-time)")
            }
            Self::Terminating => f.write_str("terminating"),
            Self::Standby => f.write_str("in Standby: left alone"),
            Self::Warm => f.write_str("in the warm pool: left alone"),
        }
    }
}

/// What the plan says of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupReport {
    /// Region and name.
    #[serde(flatten)]
    pub group: GroupId,
    /// Least capacity.
    pub min: i64,
    /// Most capacity.
    pub max: i64,
    /// Desired capacity now.
    pub desired: i64,
    /// Desired capacity once this plan is carried out.
    pub desired_after: i64,
    /// Live instances now.
    pub live: u32,
    /// Nodes that were asked for and are not Ready yet.
    pub upcoming: u32,
    /// Nodes this plan adds.
    pub added: u32,
    /// Nodes this plan terminates.
    pub removed: u32,
    /// Nodes this plan cordons, to be terminated by a later run.
    pub cordoned: u32,
    /// Why it grows, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grows: Option<GrowReason>,
    /// Why it cannot grow, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<GrowthBlock>,
    /// What a new node of it would offer, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateReport>,
    /// All of it as a sentence.
    pub message: String,
}

impl GroupReport {
    /// Whether this plan changes its capacity.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.added > 0 || self.removed > 0 || self.cordoned > 0
    }
}

/// What a new node of a group would look like, and where each fact came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateReport {
    /// Instance types, in the order of the group.
    pub machine_types: Vec<String>,
    /// Zones it may launch in.
    pub zones: Vec<String>,
    /// What pods may request of it.
    pub allocatable: Resources,
    /// What the DaemonSets take of that.
    pub daemon_requests: Resources,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// Where the amounts came from.
    pub source: TemplateSource,
}

/// Where the amounts of a template came from, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum TemplateSource {
    /// The least of the Ready nodes of the group.
    LiveNodes {
        /// How many.
        nodes: u32,
    },
    /// A Ready node of the same type and image elsewhere.
    SameTypeElsewhere {
        /// The node.
        node: String,
    },
    /// The formula of the EKS optimised images.
    Formula,
}

impl fmt::Display for TemplateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LiveNodes { nodes } => write!(f, "{} of the group", count(u64::from(*nodes), "live node")),
            Self::SameTypeElsewhere { node } => write!(f, "node {node} of the same type and image"),
            Self::Formula => f.write_str("the instance type's data and the formula of the EKS optimised images"),
        }
    }
}

/// Something wrong that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it is.
    #[serde(flatten)]
    pub code: FindingCode,
    /// One sentence with names and the way out.
    pub message: String,
}

/// The closed list of findings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum FindingCode {
    /// A region could not be read.
    RegionUnreadable {
        /// The region.
        region: String,
        /// Why.
        error: String,
    },
    /// A fact could not be read.
    MissingFact {
        /// Which.
        fact: MissingFact,
        /// Why.
        error: String,
    },
    /// So many nodes look dead that nothing is removed.
    MassFailure {
        /// How many look dead.
        dead: u32,
        /// Of how many.
        nodes: u32,
    },
    /// The brake on purchases was hit.
    MaxScaleUpHit {
        /// The limit.
        limit: u32,
        /// How many pods it left pending.
        pods: u32,
    },
    /// A group was seen that is probably meant to be managed.
    GroupNotManaged {
        /// The group.
        group: GroupId,
        /// Why not.
        rejection: Rejection,
    },
    /// A group cannot grow although pods need it.
    GroupBlocked {
        /// The group.
        group: GroupId,
        /// Why.
        block: GrowthBlock,
    },
    /// A tag could not be understood.
    BadTag {
        /// The group.
        group: GroupId,
        /// Which, and what would be understood.
        problem: String,
    },
    /// Desired capacity is above the maximum.
    DesiredAboveMax {
        /// The group.
        group: GroupId,
        /// Desired capacity.
        desired: i64,
        /// The maximum.
        max: i64,
    },
    /// AWS may terminate busy nodes while it evens the zones out.
    Unprotected {
        /// The group.
        group: GroupId,
    },
    /// Instances that never became nodes.
    NeverRegistered {
        /// The group.
        group: GroupId,
        /// How many.
        instances: u32,
        /// How long they may take.
        limit: Seconds,
    },
    /// A node looks dead.
    DeadNode {
        /// The node.
        node: String,
        /// Since when it is not Ready.
        since: Timestamp,
    },
    /// Another autoscaler is at work.
    ForeignAutoscaler {
        /// Which.
        autoscaler: crate::snapshot::ForeignAutoscaler,
        /// Who holds its Lease.
        holder: String,
    },
    /// Nodes that no managed group owns.
    UnmanagedNodes {
        /// How many.
        nodes: u32,
        /// One of them.
        example: String,
    },
}

impl FindingCode {
    /// Whether the run is incomplete because of it (exit code 3).
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        match self {
            Self::RegionUnreadable { .. } | Self::MissingFact { .. } | Self::MassFailure { .. } => true,
            Self::MaxScaleUpHit { .. }
            | Self::GroupNotManaged { .. }
            | Self::GroupBlocked { .. }
            | Self::BadTag { .. }
            | Self::DesiredAboveMax { .. }
            | Self::Unprotected { .. }
            | Self::NeverRegistered { .. }
            | Self::DeadNode { .. }
            | Self::ForeignAutoscaler { .. }
            | Self::UnmanagedNodes { .. } => false,
        }
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RegionUnreadable { region, error } => write!(f, "region {region} could not be read: {error}"),
            Self::MissingFact { fact, error } => write!(f, "{fact}: {error}"),
            Self::MassFailure { dead, nodes } => write!(
                f,
                "{dead} of {nodes} managed nodes look dead: more likely a broken view than a broken fleet, so nothing is removed"
            ),
            Self::MaxScaleUpHit { limit, pods } => write!(
                f,
                "--max-scale-up {limit} left {} pending; the next run goes on, or raise the limit",
                count(u64::from(*pods), "pod")
            ),
            Self::GroupNotManaged { group, rejection } => write!(f, "{group} is not managed: it {rejection}"),
            Self::GroupBlocked { group, block } => write!(f, "{group} cannot grow: {block}"),
            Self::BadTag { group, problem } => write!(f, "{group}: {problem}"),
            Self::DesiredAboveMax { group, desired, max } => {
                write!(f, "{group} has desired {desired} above max {max}; raise max or lower desired")
            }
            Self::Unprotected { group } => write!(
                f,
                "{group}: AWS may terminate busy nodes to even the zones out; protect new instances from scale-in or suspend AZRebalance"
            ),
            Self::NeverRegistered { group, instances, limit } => write!(
                f,
                "{group}: {} did not become a node within {limit}; look at the console output of one, and at the image and user data",
                count(u64::from(*instances), "instance")
            ),
            Self::DeadNode { node, since } => write!(f, "{node} is not Ready since {}", since.strftime("%F %H:%M UTC")),
            Self::ForeignAutoscaler { autoscaler, holder } => {
                write!(
                    f,
                    "{autoscaler} is at work in this cluster (its Lease is held by {holder}); two autoscalers undo each other"
                )
            }
            Self::UnmanagedNodes { nodes, example } => {
                write!(
                    f,
                    "{}, {example} among them, belong to no managed group and are left alone",
                    count(u64::from(*nodes), "node")
                )
            }
        }
    }
}
