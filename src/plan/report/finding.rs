//! Something wrong that a person should know.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TemplateDifference, Unlike};
use crate::duration::{Seconds, moment};
use crate::plan::reason::{GrowthBlock, count};
use crate::policy::ClusterLimit;
use crate::snapshot::{ForeignAutoscaler, GroupId, MissingFact, ObjectName, Process, Rejection, amount};

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
    /// A limit on the size of the whole cluster was hit.
    ClusterLimitHit {
        /// The limit.
        limit: ClusterLimit,
        /// How much it allows.
        most: i64,
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
    /// A group launches by a launch configuration.
    LaunchConfiguration {
        /// The group.
        group: GroupId,
    },
    /// A process of a group is suspended.
    ProcessSuspended {
        /// The group.
        group: GroupId,
        /// The process.
        process: Process,
    },
    /// AWS replaces the instances of a group one by one.
    InstanceRefresh {
        /// The group.
        group: GroupId,
    },
    /// A spot request of the old kind waits.
    SpotRequestWaits {
        /// The group.
        group: GroupId,
        /// The request's id.
        request: String,
        /// Since when.
        since: Timestamp,
        /// AWS's words on why.
        status: String,
    },
    /// Pods of a group of several zones use volumes that one zone alone can mount.
    ZonalVolumes {
        /// The group.
        group: GroupId,
        /// One of the pods.
        pod: ObjectName,
    },
    /// Tags, launch template or formula say otherwise than the live nodes are.
    TemplateDiffers {
        /// The group.
        group: GroupId,
        /// In what.
        differences: Vec<TemplateDifference>,
    },
    /// A group launches types of very different size: the plan counts on the least of them, and the larger ones are wasted.
    MixedSizes {
        /// The group.
        group: GroupId,
        /// The resource in which they differ most.
        resource: String,
        /// The type with the least of it.
        smallest: String,
        /// How much: millicores for `cpu`, whole units for everything else.
        least: i64,
        /// The type with the most of it.
        largest: String,
        /// How much.
        most: i64,
    },
    /// Two groups launch the same types, and `--balance-similar-groups` does not spread nodes over them.
    NotBalanced {
        /// The group.
        group: GroupId,
        /// The one that it resembles.
        other: GroupId,
        /// The one thing in which they differ.
        unlike: Unlike,
    },
    /// What machines of a group cost is not known although prices were given.
    PriceMissing {
        /// The group.
        group: GroupId,
        /// The types without a price.
        machine_types: Vec<String>,
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
    /// A node could not be emptied in three times `--drain-timeout`; it is given back.
    DrainGivenUp {
        /// The node.
        node: String,
        /// Since when it was drained.
        since: Timestamp,
        /// One of the pods that are left.
        example: ObjectName,
        /// `taken_at` of the snapshot.
        now: Timestamp,
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
        autoscaler: ForeignAutoscaler,
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
    /// The group it is about, if it is about one.
    #[must_use]
    pub fn group(&self) -> Option<&GroupId> {
        match self {
            Self::GroupNotManaged { group, .. }
            | Self::GroupBlocked { group, .. }
            | Self::BadTag { group, .. }
            | Self::DesiredAboveMax { group, .. }
            | Self::Unprotected { group }
            | Self::LaunchConfiguration { group }
            | Self::ProcessSuspended { group, .. }
            | Self::InstanceRefresh { group }
            | Self::SpotRequestWaits { group, .. }
            | Self::ZonalVolumes { group, .. }
            | Self::TemplateDiffers { group, .. }
            | Self::MixedSizes { group, .. }
            | Self::NotBalanced { group, .. }
            | Self::PriceMissing { group, .. }
            | Self::NeverRegistered { group, .. }
            | Self::MissingFact { fact: MissingFact::Activities { group } | MissingFact::LaunchOptions { group }, .. } => {
                Some(group)
            }
            Self::RegionUnreadable { .. }
            | Self::MissingFact { .. }
            | Self::MassFailure { .. }
            | Self::MaxScaleUpHit { .. }
            | Self::ClusterLimitHit { .. }
            | Self::DeadNode { .. }
            | Self::DrainGivenUp { .. }
            | Self::ForeignAutoscaler { .. }
            | Self::UnmanagedNodes { .. } => None,
        }
    }

    /// Whether the run is incomplete because of it (exit code 3).
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        match self {
            Self::RegionUnreadable { .. } | Self::MissingFact { .. } | Self::MassFailure { .. } => true,
            Self::MaxScaleUpHit { .. }
            | Self::ClusterLimitHit { .. }
            | Self::GroupNotManaged { .. }
            | Self::GroupBlocked { .. }
            | Self::BadTag { .. }
            | Self::DesiredAboveMax { .. }
            | Self::Unprotected { .. }
            | Self::LaunchConfiguration { .. }
            | Self::ProcessSuspended { .. }
            | Self::InstanceRefresh { .. }
            | Self::SpotRequestWaits { .. }
            | Self::ZonalVolumes { .. }
            | Self::TemplateDiffers { .. }
            | Self::MixedSizes { .. }
            | Self::NotBalanced { .. }
            | Self::PriceMissing { .. }
            | Self::NeverRegistered { .. }
            | Self::DeadNode { .. }
            | Self::DrainGivenUp { .. }
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
            Self::ClusterLimitHit { limit, most, pods } => write!(
                f,
                "{limit} {} leaves {} pending; raise the limit, or wait until nodes have gone",
                limit.amount(*most),
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
            Self::LaunchConfiguration { group } => write!(
                f,
                "{group} launches by a launch configuration, which AWS does not develop any more; give it a launch template"
            ),
            Self::ProcessSuspended { group, process } => write!(
                f,
                "{group}: the process {} is suspended, so {}; resume it with aws autoscaling resume-processes",
                process.name(),
                process.loss()
            ),
            Self::InstanceRefresh { group } => {
                write!(f, "{group}: an instance refresh is under way; none of its nodes goes until it is over or cancelled")
            }
            Self::SpotRequestWaits { group, request, since, status } => write!(
                f,
                "{group}: spot request {request} waits since {}: {status}; cancel it with aws ec2 cancel-spot-instance-requests \
                 --region {} --spot-instance-request-ids {request}",
                since.strftime("%F %H:%M UTC"),
                group.region
            ),
            Self::ZonalVolumes { group, pod } => write!(
                f,
                "{group} launches in several zones, and pods such as {pod} have volumes in one of them; make a group for each zone"
            ),
            Self::TemplateDiffers { group, differences } => {
                write!(
                    f,
                    "{group}: its live nodes are not what its tags or its launch template say: {}; correct the tags or replace the \
                     nodes",
                    some_of(differences)
                )
            }
            Self::MixedSizes { group, resource, smallest, least, largest, most } => write!(
                f,
                "{group} mixes types of very different size: {smallest} has {} {resource}, {largest} {}; pods are planned for the \
                 least of each: make a group for each size",
                amount(resource, *least),
                amount(resource, *most)
            ),
            Self::NotBalanced { group, other, unlike } => {
                write!(f, "{group} is not balanced with {other}, which launches the same: {unlike}; make them alike")
            }
            Self::PriceMissing { group, machine_types } => write_missing_price(f, group, machine_types),
            Self::NeverRegistered { group, instances, limit } => write!(
                f,
                "{group}: {} did not become a node within {limit}; look at the console output of one, and at the image and user data",
                count(u64::from(*instances), "instance")
            ),
            Self::DrainGivenUp { node, since, example, now } => write!(
                f,
                "the drain of {node} is given up: since {} it could not be emptied, {example} is still there; `explain node {node}` \
                 says what keeps its pods",
                moment(*since, *now)
            ),
            Self::DeadNode { node, since } => write_dead_node(f, node, *since),
            Self::ForeignAutoscaler { autoscaler, holder } => {
                write!(
                    f,
                    "{autoscaler} is at work in this cluster (its Lease is held by {holder}); two autoscalers undo each other: stop one"
                )
            }
            Self::UnmanagedNodes { nodes, example } => {
                write!(
                    f,
                    "{}, {example} among them, belong to no managed group and are left alone; tag their group to have it managed",
                    count(u64::from(*nodes), "node")
                )
            }
        }
    }
}

fn write_dead_node(f: &mut fmt::Formatter<'_>, node: &str, since: Timestamp) -> fmt::Result {
    let since = since.strftime("%F %H:%M UTC");
    write!(f, "{node} is not Ready since {since}; look at its kubelet and at the status checks of its instance")
}

fn write_missing_price(f: &mut fmt::Formatter<'_>, group: &GroupId, machine_types: &[String]) -> fmt::Result {
    write!(
        f,
        "{group}: no price of {} in {} is known; add it to the file of --prices, or ask EC2 with --spot-prices where it is a spot \
         price",
        first_of(machine_types),
        group.region
    )
}

/// The first of the differences, and how many more there are.
fn some_of(differences: &[TemplateDifference]) -> String {
    shown(differences, "; ", "; and")
}

/// The first of some names, and how many more there are.
fn first_of(names: &[String]) -> String {
    shown(names, ", ", " and")
}

fn shown(list: &[impl ToString], between: &str, before_the_rest: &str) -> String {
    const SHOWN: usize = 3;
    let shown = list.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(between);
    match list.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}{before_the_rest} {more} more"),
    }
}
