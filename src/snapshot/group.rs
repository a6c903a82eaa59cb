//! Auto Scaling Groups, their instances and what happened to them lately.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Labels, Resources, Taint};
use crate::duration::Seconds;

/// A group's region and name: unique within an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupId {
    /// The region.
    pub region: String,
    /// The name within it.
    pub name: String,
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.region)
    }
}

/// A group this run manages.
///
/// `min`, `max` and `desired` are in the group's own unit: instances, or weights where the launch options have weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Region and name.
    pub id: GroupId,
    /// Which rule of discovery made it ours.
    pub managed_by: Membership,
    /// Least capacity.
    pub min: i64,
    /// Most capacity.
    pub max: i64,
    /// Capacity asked for.
    pub desired: i64,
    /// The zones it launches in.
    #[serde(default)]
    pub zones: Vec<String>,
    /// What it may launch, in the order of its overrides. Empty when that could not be read.
    #[serde(default)]
    pub launch_options: Vec<LaunchOption>,
    /// Spot, on demand, or both.
    pub purchase: Purchase,
    /// Its instances, in every state of their life.
    #[serde(default)]
    pub instances: Vec<Instance>,
    /// Whether a launch configuration says what it launches, which AWS keeps only for those who have one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub launch_configuration: bool,
    /// What is known of its spot instances beside [`Group::purchase`].
    #[serde(default, skip_serializing_if = "SpotFacts::is_empty")]
    pub spot: SpotFacts,
    /// What happened lately, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activities: Vec<Activity>,
    /// Processes that are switched off.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub suspended: BTreeSet<Process>,
    /// Whether it is being deleted.
    #[serde(default)]
    pub being_deleted: bool,
    /// Whether new instances are protected from scale-in.
    #[serde(default)]
    pub protects_new_instances: bool,
    /// What its tags say about its nodes.
    #[serde(default)]
    pub tags: TagFacts,
    /// The other cluster that a `kubernetes.io/cluster/<name>` tag names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_cluster: Option<String>,
}

/// Which rule of discovery made a group ours (`--cluster-name`, `--group-tag`, `--group`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// Tag `KubernetesCluster` with an accepted role tag.
    ClusterTag,
    /// The two discovery tags of Cluster Autoscaler.
    ClusterAutoscalerTags,
    /// Every `--group-tag`.
    GroupTag,
    /// `--group`.
    Named,
}

/// One machine type a group may launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LaunchOption {
    /// Name of an entry of `Snapshot::machine_types` of the group's region.
    pub machine_type: String,
    /// How much of the group's capacity one such instance is.
    pub weight: i64,
    /// The machine image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Size of the root volume in GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_volume_gib: Option<i64>,
    /// How many EFA network interfaces the template asks for.
    #[serde(default)]
    pub efa_interfaces: i64,
}

/// How instances are paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Purchase {
    /// On demand.
    OnDemand,
    /// Spot, perhaps with a highest price in USD an hour.
    Spot {
        /// The highest price, as AWS writes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_price: Option<String>,
    },
    /// On demand up to a base, then by percentage, the rest spot.
    Mixed {
        /// Capacity that is always on demand.
        on_demand_base: i64,
        /// Percentage on demand above the base.
        on_demand_percentage: i64,
        /// The highest price for the rest, as AWS writes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_price: Option<String>,
    },
}

impl Purchase {
    /// Whether a next instance may be a spot instance.
    #[must_use]
    pub fn may_be_spot(&self) -> bool {
        match self {
            Self::OnDemand => false,
            Self::Spot { .. } => true,
            Self::Mixed { on_demand_percentage, .. } => *on_demand_percentage < 100,
        }
    }

    /// The highest price of a spot instance in USD an hour, as AWS writes it.
    #[must_use]
    pub fn max_price(&self) -> Option<&str> {
        match self {
            Self::OnDemand => None,
            Self::Spot { max_price } | Self::Mixed { max_price, .. } => max_price.as_deref(),
        }
    }
}

impl Group {
    /// Whether the next instance will be a spot instance. Of what is above the base a percentage is on demand, rounded up
    /// (Auto Scaling user guide, "Allocation strategies for multiple instance types").
    #[must_use]
    pub fn next_is_spot(&self) -> bool {
        let Purchase::Mixed { on_demand_base, on_demand_percentage, .. } = self.purchase else {
            return self.purchase.may_be_spot();
        };
        let live = || self.instances.iter().filter(|instance| instance.lifecycle.is_live());
        let weight = |instance: &Instance| instance.weight.max(1);
        let on_demand: i64 = live().filter(|instance| !instance.spot).map(weight).sum();
        let above_base = (live().map(weight).sum::<i64>() + 1 - on_demand_base).max(0);
        on_demand >= on_demand_base + (above_base * on_demand_percentage + 99) / 100
    }
}

/// What is known of a group's spot instances beside how they are paid for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotFacts {
    /// The lowest of the newest prices of its types in its zones, where it has a highest price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_price: Option<SpotPrice>,
    /// Requests of the old kind that wait, each with what to call it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<SpotRequest>,
}

impl SpotFacts {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a spot instance costs at present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotPrice {
    /// USD an hour, as AWS writes it.
    pub price: String,
    /// The machine type.
    pub machine_type: String,
    /// The zone.
    pub zone: String,
}

/// A spot request of the old kind, which a launch configuration with a price makes, and which waits by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotRequest {
    /// For example `sir-08b93456`.
    pub id: String,
    /// When it was made.
    pub since: Timestamp,
    /// AWS's words on why it waits.
    pub status: String,
}

/// One instance of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// For example `i-0123456789abcdef0`.
    pub id: String,
    /// Its zone.
    pub zone: String,
    /// Its machine type.
    pub machine_type: String,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// Whether AWS leaves it alone when it scales in by itself.
    #[serde(default)]
    pub protected: bool,
    /// When it was launched, if EC2 told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launched_at: Option<Timestamp>,
    /// What it counts in the group's capacity.
    pub weight: i64,
    /// The machine image it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Its private DNS name and addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Whether it is a spot instance.
    #[serde(default)]
    pub spot: bool,
}

/// Where an instance is in its life within a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lifecycle {
    /// Being launched (any `Pending` state).
    Pending,
    /// Doing its work.
    InService,
    /// Being terminated (any `Terminating` state).
    Terminating,
    /// Gone.
    Terminated,
    /// Leaving the group, alive.
    Detached,
    /// Set aside by a person.
    Standby,
    /// In the warm pool.
    Warm,
}

impl Lifecycle {
    /// Whether it counts as capacity: `Pending*` and `InService`.
    #[must_use]
    pub fn is_live(self) -> bool {
        match self {
            Self::Pending | Self::InService => true,
            Self::Terminating | Self::Terminated | Self::Detached | Self::Standby | Self::Warm => false,
        }
    }
}

/// One scaling activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// The activity's id.
    pub id: String,
    /// Launch or termination.
    pub kind: ActivityKind,
    /// How it ended.
    pub status: ActivityStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// AWS's own words on how it ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When somebody set the desired capacity that this activity answers, if its cause says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<Timestamp>,
    /// Whether the message speaks of missing capacity or a limit; a cancelled launch counts as failed only then.
    #[serde(default)]
    pub capacity_problem: bool,
    /// The zone of a launch: where it succeeded, or the one its failure is about. Absent when that is unknown, and when a failure
    /// concerns the whole group, as a limit or a bad image does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The machine type of a launch: what was launched, or what its failure is about. Absent as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<String>,
    /// Whether its cause is an instance refresh.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_instance_refresh: bool,
}

impl Activity {
    /// Whether it failed. Our own or a person's change of desired also cancels launches, so that "cancelled" alone says
    /// nothing.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        match self.status {
            ActivityStatus::Failed => true,
            ActivityStatus::Cancelled => self.capacity_problem,
            ActivityStatus::InProgress | ActivityStatus::Successful => false,
        }
    }
}

/// The launch that failed when no newer one succeeded or is under way: AWS cannot fill what was asked for.
#[must_use]
pub fn failing_launch(activities: &[Activity]) -> Option<&Activity> {
    let launches = || activities.iter().filter(|activity| activity.kind == ActivityKind::Launch);
    if launches().any(|activity| activity.status == ActivityStatus::InProgress) {
        return None;
    }
    // Of two that began together the one that succeeded counts: the group may be about to be filled.
    let newest = launches().max_by_key(|activity| (activity.started_at, !activity.has_failed(), &activity.id))?;
    newest.has_failed().then_some(newest)
}

/// What a scaling activity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityKind {
    /// Launches an instance.
    Launch,
    /// Terminates one.
    Terminate,
    /// Anything else.
    Other,
}

/// How a scaling activity ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityStatus {
    /// It has not.
    InProgress,
    /// Well.
    Successful,
    /// Badly.
    Failed,
    /// It was called off.
    Cancelled,
}

/// A process of an Auto Scaling Group that can be suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Process {
    /// Adds instances.
    Launch,
    /// Removes instances.
    Terminate,
    /// Evens the zones out.
    AzRebalance,
    /// Replaces unhealthy instances.
    ReplaceUnhealthy,
    /// Finds instances unhealthy.
    HealthCheck,
}

impl Process {
    /// AWS's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Launch => "Launch",
            Self::Terminate => "Terminate",
            Self::AzRebalance => "AZRebalance",
            Self::ReplaceUnhealthy => "ReplaceUnhealthy",
            Self::HealthCheck => "HealthCheck",
        }
    }

    /// What does not happen while it is suspended.
    #[must_use]
    pub fn loss(self) -> &'static str {
        match self {
            Self::Launch => "the group cannot grow",
            Self::Terminate => "its nodes cannot go",
            Self::AzRebalance => "its zones are not evened out",
            Self::ReplaceUnhealthy => "broken instances are not replaced",
            Self::HealthCheck => "AWS does not notice broken instances",
        }
    }
}

/// What a group's tags say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagFacts {
    /// Labels of its nodes.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The tag that states a label, where it is not the usual [`LABEL_TAG`] followed by the label.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub label_tags: Labels,
    /// Taints of its nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// Single resources of its nodes.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// Settings that differ for this group, by flag name (`idle-threshold`) or `priority`.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub settings: Labels,
    /// Tags that could not be understood, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// Before the label in the key of a tag that states one; the form of Cluster Autoscaler.
pub const LABEL_TAG: &str = "k8s.io/cluster-autoscaler/node-template/label/";
/// Before the key of a taint.
pub const TAINT_TAG: &str = "k8s.io/cluster-autoscaler/node-template/taint/";
/// Before the name of a resource.
pub const RESOURCE_TAG: &str = "k8s.io/cluster-autoscaler/node-template/resources/";

impl TagFacts {
    /// What a setting says that is a duration, if it is there and understood.
    #[must_use]
    pub fn duration(&self, setting: &str) -> Option<Seconds> {
        self.settings.get(setting)?.parse().ok()
    }

    /// The key of the tag that states a label.
    #[must_use]
    pub fn label_tag(&self, label: &str) -> String {
        self.label_tags.get(label).cloned().unwrap_or_else(|| format!("{LABEL_TAG}{label}"))
    }
}

/// A group that was seen and is not managed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectedGroup {
    /// Region and name.
    pub id: GroupId,
    /// Why not.
    pub rejection: Rejection,
}

/// Why a group is not managed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code", deny_unknown_fields)]
pub enum Rejection {
    /// It has no tag of this cluster.
    NoClusterTag,
    /// It has the cluster tag and no accepted role tag: nearly always a mistake.
    NoRoleTag {
        /// The role tags it does have, as `key=value`.
        found: Vec<String>,
    },
    /// It has the cluster tag, and the role of something that is no worker, such as a control plane.
    OtherRole {
        /// The role tag, as `key=value`.
        role: String,
    },
    /// Tag `ec2-autoscale/enabled=false`.
    OptedOut,
    /// It belongs to another cluster.
    OtherCluster {
        /// That cluster's name.
        cluster: String,
    },
}

impl Rejection {
    /// Whether a person most likely meant the group to be managed.
    #[must_use]
    pub fn looks_like_a_mistake(&self) -> bool {
        match self {
            Self::NoRoleTag { .. } => true,
            Self::NoClusterTag | Self::OtherRole { .. } | Self::OptedOut | Self::OtherCluster { .. } => false,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoClusterTag => f.write_str("lacks the tag KubernetesCluster=<cluster name>"),
            Self::NoRoleTag { found } if found.is_empty() => {
                f.write_str("has the cluster tag but lacks a role tag (KubernetesRole=worker)")
            }
            Self::NoRoleTag { found } => write!(
                f,
                "has the cluster tag but its role tag {} is none of worker, kubernetes-minion, minion",
                found.join(", ")
            ),
            Self::OtherRole { role } => write!(f, "has the role tag {role}, which is no worker's"),
            Self::OptedOut => f.write_str("is opted out by its tag ec2-autoscale/enabled=false"),
            Self::OtherCluster { cluster } => write!(f, "belongs to the cluster {cluster}"),
        }
    }
}
