//! Something wrong that a person should know.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Clock, FellShort, SiblingDifference, TemplateDifference, Unhelpful, Unlike};
use crate::duration::Seconds;
use crate::plan::closed_part::ClosedPart;
use crate::plan::growth_block::GrowthBlock;
use crate::plan::reason::{LimitPlace, Refusal};
use crate::policy::{ClusterLimit, GrowthRate, Limited};
use crate::snapshot::{
    Advice, AdviceCode, ForeignAutoscaler, GangName, GroupId, MissingFact, Name, ObjectName, QuotaKind, Rejection, UsdPerHour,
};

/// Something wrong that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it is.
    #[serde(flatten)]
    pub code: FindingCode,
    /// One sentence with names and numbers, and what can be done about it.
    pub message: String,
}

impl From<FindingCode> for Finding {
    fn from(code: FindingCode) -> Self {
        Self { message: code.to_string(), code }
    }
}

impl Finding {
    /// Returns a piece of advice on a group as a finding.
    #[must_use]
    pub fn advised(group: &GroupId, advice: &Advice) -> Self {
        let code = FindingCode::Advice { code: advice.code, group: group.clone() };
        Self { code, message: advice.message.clone() }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum FindingCode {
    /// A region could not be read.
    RegionUnreadable {
        /// The region.
        region: String,
        /// Why it could not be read.
        error: String,
    },
    /// A fact could not be read.
    MissingFact {
        /// The fact.
        fact: MissingFact,
        /// Why it could not be read.
        error: String,
    },
    /// So many nodes look dead that nothing is removed.
    MassFailure {
        /// How many managed nodes look dead.
        dead: u32,
        /// How many managed nodes there are.
        nodes: u32,
    },
    /// The account knows none of the cluster's Ready nodes: the kubeconfig and the account may not
    /// belong together.
    AccountUnknown {
        /// UID of the cluster's `kube-system` namespace.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cluster: Option<String>,
        /// The account's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// One of the Ready nodes.
        example: String,
        /// Whether groups grow nevertheless (`--first-nodes`).
        grows: bool,
    },
    /// A clock disagrees with the API server's.
    ClockOff {
        /// The clock that disagrees.
        clock: Clock,
        /// By how many seconds it is ahead of the API server's; negative when it is behind.
        ahead: i64,
        /// Whether nothing is removed because of it.
        stops_removals: bool,
    },
    /// `--max-scale-up` left pods pending.
    MaxScaleUpHit {
        /// The limit, in nodes per run.
        limit: u32,
        /// How many pods the limit left pending.
        pods: u32,
    },
    /// `--max-growth` left pods pending.
    MaxGrowthHit {
        /// The limit.
        limit: GrowthRate,
        /// How many nodes came within that time or are coming, without those of this plan.
        launched: u32,
        /// How many pods the limit left pending.
        pods: u32,
    },
    /// A limit on the size of the whole cluster left pods pending.
    ClusterLimitHit {
        /// Which limit.
        limit: ClusterLimit,
        /// How much it allows: nodes, millicores, bytes, or millionths of a dollar per hour.
        most: i64,
        /// How many pods the limit left pending.
        pods: u32,
    },
    /// A limit of the policy file, or a CapacityQuota, on a part of the cluster left pods pending.
    NamedLimitHit {
        /// The name of the limit.
        limit: String,
        /// Where it stands.
        #[serde(default)]
        stands_in: LimitPlace,
        /// What it is about.
        of: Limited,
        /// How much it allows: nodes, millionths of a dollar per hour, millicores, bytes or
        /// devices.
        most: i64,
        /// How many pods the limit left pending.
        pods: u32,
    },
    /// A quota of the policy file left pods pending.
    PodQuotaHit {
        /// The name of the quota.
        quota: String,
        /// What it is about.
        of: Limited,
        /// How much it allows: nodes, millionths of a dollar per hour, millicores, bytes or
        /// devices.
        most: i64,
        /// How many pods the quota left pending.
        pods: u32,
    },
    /// A limit keeps a group below its minimum in the policy file.
    BelowPolicyMin {
        /// The group.
        group: GroupId,
        /// The minimum, in the group's own unit.
        min: i64,
        /// How many nodes it lacks beside those that are there, coming or planned.
        lacking: u32,
        /// The limit.
        refusal: Refusal,
    },
    /// The quota of the account left pods pending.
    QuotaHit {
        /// The region of the quota.
        region: String,
        /// What the quota counts.
        of: QuotaKind,
        /// How many pods it left pending.
        pods: u32,
    },
    /// A group that is probably meant to be managed is not.
    GroupNotManaged {
        /// The group.
        group: GroupId,
        /// Why it is not managed.
        rejection: Rejection,
    },
    /// The tags of `--group-tag` find no group that is not found without them.
    GroupTagMatchesNothing {
        /// The tags, as `KEY` or `KEY=VALUE`.
        tags: Vec<String>,
    },
    /// A group cannot grow although pods need it.
    GroupBlocked {
        /// The group.
        group: GroupId,
        /// Why it cannot grow.
        block: GrowthBlock,
    },
    /// A tag of a group is not understood and has no effect.
    BadTag {
        /// The group.
        group: GroupId,
        /// The tag, and the values that are understood.
        problem: String,
    },
    /// The desired capacity of a group is above its maximum.
    DesiredAboveMax {
        /// The group.
        group: GroupId,
        /// The desired capacity, in the group's own unit.
        desired: i64,
        /// The maximum, in the group's own unit.
        max: i64,
    },
    /// The cloud replaces the instances of a group one by one, so none of its nodes is removed.
    InstanceRefresh {
        /// The group.
        group: GroupId,
    },
    /// The cloud ends spot instances of a group that are at risk, with the jobs on them.
    ReplacesAtRisk {
        /// The group.
        group: GroupId,
        /// One of the pods on them that no controller makes again elsewhere.
        example: ObjectName,
    },
    /// The cloud replaces instances of a group at an age that a job on them may outlive.
    ShortLifetime {
        /// The group.
        group: GroupId,
        /// The age.
        limit: Seconds,
        /// The pod that may run longest.
        example: ObjectName,
        /// How long it may run, or has run so far.
        span: Seconds,
    },
    /// A scheduled change of a group's sizes is near, or the cloud will end instances by it.
    ScheduledChange {
        /// The group.
        group: GroupId,
        /// The name of the change.
        action: String,
        /// When it happens.
        at: Timestamp,
        /// The sizes that it sets, in the group's own unit.
        sets: String,
        /// The most to which the group grows until then; absent where it does not limit that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limits: Option<i64>,
        /// The live capacity, where that is more than it leaves and the cloud may end some of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<i64>,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// Machines of a group end soon with their reservation, and pods still run there.
    ReservationEnds {
        /// The group.
        group: GroupId,
        /// The reservation.
        reservation: String,
        /// From when on the cloud ends the machines.
        at: Timestamp,
        /// How many pods still run there; they end with the machines.
        pods: u32,
        /// One of them.
        example: ObjectName,
        /// The nodes on which they run.
        nodes: Vec<String>,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// Machines of a reservation that groups may use are paid for, and nothing uses them.
    ReservedIdle {
        /// The reservation.
        reservation: String,
        /// The machine type.
        machine_type: String,
        /// The zone.
        zone: String,
        /// How many machines are not used once the plan is carried out.
        idle: u32,
        /// How many machines it has room for.
        total: i64,
        /// What so many machines cost on demand; absent where that is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worth: Option<UsdPerHour>,
    },
    /// It is not understood when a scheduled change of a group's sizes happens.
    ScheduleNotUnderstood {
        /// The group.
        group: GroupId,
        /// The name of the change.
        action: String,
        /// The sizes that it sets, in the group's own unit.
        sets: String,
        /// When it recurs, in the cloud's words.
        recurrence: String,
        /// The time zone of the recurrence; absent where it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone: Option<String>,
    },
    /// Pods of a group of several zones use volumes that can be mounted in one zone only.
    ZonalVolumes {
        /// The group.
        group: GroupId,
        /// One of the pods.
        pod: ObjectName,
    },
    /// The tags of a group, its launch template, or the formula for its nodes differ from its live
    /// nodes.
    TemplateDiffers {
        /// The group.
        group: GroupId,
        /// What differs.
        differences: Vec<TemplateDifference>,
    },
    /// Nodes of a group came while pods waited that they should take, and help none of them.
    HelpedNobody {
        /// The group.
        group: GroupId,
        /// Whether they are still there.
        nodes: Unhelpful,
        /// When the first of them was launched.
        launched_at: Timestamp,
        /// How often in a row that has happened.
        times: u32,
        /// How many pods wait.
        pods: u32,
        /// One of the pods.
        example: ObjectName,
        /// Why the nodes do not take them; empty once the nodes are gone.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        lacked: String,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// Nodes came for a gang, and others did not, so that it cannot start on them.
    GangFellShort {
        /// The gang's namespace.
        namespace: Name,
        /// The gang.
        gang: GangName,
        /// How many nodes came that are kept for it, or given back.
        nodes: u32,
        /// The group in which a launch failed.
        group: GroupId,
        /// The part of the group that failed.
        part: ClosedPart,
        /// What becomes of it.
        next: FellShort,
    },
    /// Devices are free in pieces, as many as whole nodes have, and one node would have all of its
    /// own once some pods had moved.
    DevicesInPieces {
        /// The device, such as `nvidia.com/gpu`.
        resource: String,
        /// How many of it are free on nodes where others are in use.
        devices: u64,
        /// How many such nodes there are.
        nodes: u32,
        /// How many whole nodes that would be.
        whole: u64,
        /// The node that would be free.
        freed: String,
        /// The pods that would have to move, which have places on the others.
        moved: Vec<ObjectName>,
    },
    /// The scheduler refuses pods although they fit on a node by all that is modelled.
    PodsRefused {
        /// How many.
        pods: u32,
        /// One of them.
        example: ObjectName,
        /// The node where it should fit.
        node: String,
        /// Since when the scheduler has refused it.
        since: Timestamp,
        /// The scheduler's words, if they were read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// A node lacks what the other nodes of its group have.
    OddSibling {
        /// The group.
        group: GroupId,
        /// The node.
        node: String,
        /// What it lacks.
        lacks: Vec<SiblingDifference>,
    },
    /// A group launches types of very different sizes: pods are planned for the least of each
    /// resource, and the rest of the larger types is wasted.
    MixedSizes {
        /// The group.
        group: GroupId,
        /// The resource in which they differ most.
        resource: String,
        /// The type with the least of it.
        smallest: String,
        /// How much it has: millicores for `cpu`, whole units for everything else.
        least: i64,
        /// The type with the most of it.
        largest: String,
        /// How much it has, in the same unit.
        most: i64,
    },
    /// Two groups launch the same types, and `--balance-similar-groups` does not spread nodes over
    /// them.
    NotBalanced {
        /// The group.
        group: GroupId,
        /// The group that it resembles.
        other: GroupId,
        /// The one difference between them.
        unlike: Unlike,
    },
    /// Prices were given, and none is known for some machines of a group.
    PriceMissing {
        /// The group.
        group: GroupId,
        /// The types without a price.
        machine_types: Vec<String>,
    },
    /// Instances of a group never became nodes.
    NeverRegistered {
        /// The group.
        group: GroupId,
        /// How many.
        instances: u32,
        /// How long an instance may take to become a node.
        limit: Seconds,
    },
    /// Nodes of a group were never Ready, or still have a taint that nodes have only while they
    /// start.
    NeverFinished {
        /// The group.
        group: GroupId,
        /// How many.
        nodes: u32,
        /// One of them.
        example: String,
        /// The taint, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        taint: Option<String>,
        /// How long an instance may take to become a complete node.
        limit: Seconds,
    },
    /// Old instances of a group are not nodes of this cluster, although others of the group are.
    Strangers {
        /// The group.
        group: GroupId,
        /// How many.
        instances: u32,
        /// An instance that is older than this is not expected any more (twice
        /// `--instance-init-time`).
        limit: Seconds,
    },
    /// Several Nodes are the same instance, or one Node could be several instances.
    Contested {
        /// A Node.
        node: String,
        /// The other Node; the same one where it could be several instances.
        other: String,
    },
    /// The pod of a DaemonSet is too large for any node of a group.
    DaemonSetFitsNowhere {
        /// The group.
        group: GroupId,
        /// The DaemonSet.
        daemon_set: ObjectName,
    },
    /// A volume has been awaited on a node for over an hour, so it does not keep the node any more.
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
    /// A node has been not Ready for so long that it looks dead, and a pod that may still run there
    /// keeps it.
    SilentNode {
        /// The node.
        node: String,
        /// Since when it has been not Ready.
        since: Timestamp,
        /// One of its pods that may still run.
        pod: ObjectName,
    },
    /// The independent check of the plan refuses a step. That is a fault of the program, and only
    /// this step is left out.
    StepRefused {
        /// The step in words.
        step: String,
        /// The rule that the step would break, in words.
        rule: String,
    },
    /// A node could not be emptied in three times `--drain-timeout`; it becomes schedulable again.
    DrainGivenUp {
        /// The node.
        node: String,
        /// Since when it has been drained.
        since: Timestamp,
        /// One of the pods that are left.
        example: ObjectName,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// A node looks dead.
    DeadNode {
        /// The node.
        node: String,
        /// Since when it has been not Ready.
        since: Timestamp,
    },
    /// Another autoscaler is active in the cluster.
    ForeignAutoscaler {
        /// Which one.
        autoscaler: ForeignAutoscaler,
        /// Who holds its Lease.
        holder: String,
    },
    /// Nodes still have the taint that Cluster Autoscaler gives to a node which it is about to end,
    /// and none is active.
    TaintLeft {
        /// How many.
        nodes: u32,
        /// One of them.
        example: String,
        /// The taint's key.
        taint: String,
    },
    /// Nodes belong to no managed group.
    UnmanagedNodes {
        /// How many.
        nodes: u32,
        /// One of them.
        example: String,
    },
    /// A group should be set up otherwise. The code is that of the advice; the sentence is in
    /// [`Finding::message`].
    #[serde(untagged)]
    Advice {
        /// What should be changed.
        code: AdviceCode,
        /// The group.
        group: GroupId,
    },
}
