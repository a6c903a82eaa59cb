//! Something wrong that a person should know.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TemplateDifference, Unlike};
use crate::duration::Seconds;
use crate::plan::growth_block::GrowthBlock;
use crate::policy::ClusterLimit;
use crate::snapshot::{Advice, AdviceCode, ForeignAutoscaler, GroupId, MissingFact, ObjectName, Rejection};

/// Something wrong that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it is.
    #[serde(flatten)]
    pub code: FindingCode,
    /// One sentence with names and the way out.
    pub message: String,
}

impl From<FindingCode> for Finding {
    fn from(code: FindingCode) -> Self {
        Self { message: code.to_string(), code }
    }
}

impl Finding {
    /// Returns an advice on a group as a finding.
    #[must_use]
    pub fn advised(group: &GroupId, advice: &Advice) -> Self {
        let code = FindingCode::Advice { code: advice.code, group: group.clone() };
        Self { code, message: advice.message.clone() }
    }
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
    /// The account knows none of the cluster's Ready nodes: kubeconfig and AWS account may not belong together.
    AccountUnknown {
        /// UID of the cluster's `kube-system` namespace.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cluster: Option<String>,
        /// The account's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// One of the Ready nodes.
        example: String,
        /// Whether groups grow all the same (`--first-nodes`).
        grows: bool,
    },
    /// A clock disagrees with the API server's.
    ClockOff {
        /// Whose.
        clock: Clock,
        /// Seconds by which it is ahead; negative when behind.
        ahead: i64,
        /// Whether nothing is removed because of it.
        stops_removals: bool,
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
    /// No group is managed for its tags `--group-tag`.
    GroupTagMatchesNothing {
        /// The tags, as `KEY` or `KEY=VALUE`.
        tags: Vec<String>,
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
    /// The cloud replaces the instances of a group one by one.
    InstanceRefresh {
        /// The group.
        group: GroupId,
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
    /// Old instances of a group that are no nodes here, beside others that are.
    Strangers {
        /// The group.
        group: GroupId,
        /// How many.
        instances: u32,
        /// What nobody is older than that is still expected (twice `--instance-init-time`).
        limit: Seconds,
    },
    /// Several Nodes are one and the same instance, or a Node could be several.
    Contested {
        /// A Node.
        node: String,
        /// The other; the same where it could be several instances.
        other: String,
    },
    /// A DaemonSet whose pod is too large for any node of a group.
    DaemonSetFitsNowhere {
        /// The group.
        group: GroupId,
        /// The DaemonSet.
        daemon_set: ObjectName,
    },
    /// A volume has been said to be made for a node for so long that it does not keep the node any more.
    SelectedNodeIgnored {
        /// The claim.
        claim: ObjectName,
        /// The node.
        node: String,
    },
    /// The pod of this run may preempt other pods.
    RunPreempts {
        /// The pod.
        pod: ObjectName,
    },
    /// The pod of this run is on a node that the run should be free to remove.
    RunOnWorker {
        /// The node.
        node: String,
    },
    /// A node is not Ready for so long that it looks dead, and a pod that may still run keeps it.
    SilentNode {
        /// The node.
        node: String,
        /// Since when it is not Ready.
        since: Timestamp,
        /// One of its pods.
        pod: ObjectName,
    },
    /// The independent check of the plan refuses a step: a fault of the program, which costs that step alone.
    StepRefused {
        /// The step, in words.
        step: String,
        /// The rule that it breaks, in words.
        rule: String,
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
    /// A group should be set up otherwise, as its cloud knows it. The code is that of the advice;
    /// the words are in [`Finding::message`].
    #[serde(untagged)]
    Advice {
        /// What it is about.
        code: AdviceCode,
        /// The group.
        group: GroupId,
    },
}

/// A clock that is compared with the API server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// That of the machine the run is on.
    Machine,
    /// The cloud's.
    Cloud,
}
