//! Groups of machines and their instances.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Activity, Advice, AutomaticChanges, Cannot, LaunchDetails, Lifecycle, LifecycleHooks, NodeFormula, NodeGroupFacts,
    PlacementGroup, Purchase, ReservedUse, SpotPrice, TagFacts, Weight, ZoneChoice, ZoneStrategy,
};

/// A group's region and name, which are unique within an account.
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

/// A group that this run manages.
///
/// `min`, `max` and `desired` are in the group's own unit: instances, or weights where the launch
/// options have weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Region and name.
    pub id: GroupId,
    /// The rule of discovery that made it ours.
    pub managed_by: Membership,
    /// The least capacity.
    pub min: i64,
    /// The most capacity.
    pub max: i64,
    /// The desired capacity.
    pub desired: i64,
    /// The zones in which it launches.
    #[serde(default)]
    pub zones: Vec<String>,
    /// What it may launch, in the order of its overrides; empty when that could not be read.
    #[serde(default)]
    pub launch_options: Vec<LaunchOption>,
    /// How much pods may request of a new node, where no live node and no tag shows it.
    #[serde(default, skip_serializing_if = "NodeFormula::is_default")]
    pub node_formula: NodeFormula,
    /// How its instances are paid for: spot, on demand, or both.
    pub purchase: Purchase,
    /// Its instances, in every state of their life.
    #[serde(default)]
    pub instances: Vec<Instance>,
    /// The lowest present price of its types in its zones; absent where it has no highest price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_spot_price: Option<SpotPrice>,
    /// How what it launches uses reservations.
    #[serde(default, skip_serializing_if = "ReservedUse::is_none")]
    pub reserved: ReservedUse,
    /// The placement group into which it launches; absent where it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementGroup>,
    /// Its scaling activities, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activities: Vec<Activity>,
    /// What it cannot do at present.
    #[serde(default, skip_serializing_if = "Cannot::is_empty")]
    pub cannot: Cannot,
    /// Whether the cloud ends instances of its own choice to even out the zones.
    #[serde(default)]
    pub rebalances_zones: bool,
    /// What the cloud does when a launch fails in a zone.
    #[serde(default, skip_serializing_if = "ZoneStrategy::is_default")]
    pub zone_strategy: ZoneStrategy,
    /// Whether it launches in a zone that is named.
    #[serde(default, skip_serializing_if = "ZoneChoice::is_unread")]
    pub zone_choice: ZoneChoice,
    /// Whether what it launches from now on is [`Instance::protected`].
    #[serde(default)]
    pub launches_protected: bool,
    /// What a person should change about its set-up, in the words of its cloud.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<Advice>,
    /// What changes it without this run.
    #[serde(default, skip_serializing_if = "AutomaticChanges::is_empty")]
    pub automatic: AutomaticChanges,
    /// How long lifecycle hooks hold its instances.
    #[serde(default, skip_serializing_if = "LifecycleHooks::are_none")]
    pub hooks: LifecycleHooks,
    /// What its tags state about its nodes.
    #[serde(default)]
    pub tags: TagFacts,
    /// What the cloud itself gives to its nodes.
    #[serde(default, skip_serializing_if = "NodeGroupFacts::is_empty")]
    pub node_group: NodeGroupFacts,
    /// The other cluster that a `kubernetes.io/cluster/<name>` tag names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_cluster: Option<String>,
}

impl Group {
    /// Returns its instances that count as capacity.
    pub fn live(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(|instance| instance.lifecycle.is_live())
    }

    /// Returns its live capacity, in the group's own unit.
    #[must_use]
    pub fn live_weight(&self) -> i64 {
        self.live().map(|instance| instance.weight.get()).sum()
    }

    /// Returns the most that an instance counts which is launched next, whichever type it is of.
    #[must_use]
    pub fn weight_of_a_node(&self) -> i64 {
        Weight::largest(self.launch_options.iter().map(|option| option.weight)).get()
    }

    /// Whether the next instance will be a spot instance.
    #[must_use]
    pub fn next_is_spot(&self) -> bool {
        self.is_spot_after(0)
    }

    /// Whether the instance is a spot instance that is launched after `before` others. Above the
    /// base a percentage is on demand, rounded up. The others count as one each, as long as they
    /// are not there.
    #[must_use]
    pub fn is_spot_after(&self, before: u32) -> bool {
        let Purchase::Mixed { on_demand_base, on_demand_percentage, .. } = self.purchase else {
            return self.purchase.may_be_spot();
        };
        let live_weight = self.live_weight();
        let needed = |capacity: i64| {
            let above_base = (capacity - on_demand_base).max(0);
            on_demand_base + (above_base * on_demand_percentage + 99) / 100
        };
        let mut on_demand: i64 = self.live().filter(|instance| !instance.spot).map(|instance| instance.weight.get()).sum();
        let is_spot = |on_demand: i64, place: u32| on_demand >= needed(live_weight + i64::from(place) + 1);
        for place in 0..before {
            on_demand += i64::from(!is_spot(on_demand, place));
        }
        is_spot(on_demand, before)
    }
}

/// The rule of discovery that made a group ours (`--cluster-name`, `--group-tag`, `--group`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// It has the tag `KubernetesCluster` and an accepted role tag.
    ClusterTag,
    /// It has the two discovery tags of Cluster Autoscaler.
    ClusterAutoscalerTags,
    /// It has every tag of `--group-tag`.
    GroupTag,
    /// `--group` names it.
    Named,
    /// It has an accepted role and a maximum of its own.
    RoleAndMaximum,
}

/// A machine type that a group may launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LaunchOption {
    /// The name of an entry of `Snapshot::machine_types` of the group's region.
    pub machine_type: String,
    /// How much one such instance counts in the group's capacity.
    pub weight: Weight,
    /// The machine image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The version of its set-up that the group launches now, such as `lt-0123456789abcdef0:7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_version: Option<String>,
    /// The size in GiB of the volume that holds containers and their files: the root volume, or a
    /// volume of its own where the image has one for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_volume_gib: Option<i64>,
    /// How many EFA network interfaces the template requests.
    #[serde(default)]
    pub efa_interfaces: i64,
    /// What else the template and its image change about the machine.
    #[serde(default, skip_serializing_if = "LaunchDetails::is_empty")]
    pub details: LaunchDetails,
}

/// One instance of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Its id, such as `i-0123456789abcdef0`.
    pub id: String,
    /// Its zone.
    pub zone: String,
    /// Its machine type.
    pub machine_type: String,
    /// Its stage of life.
    pub lifecycle: Lifecycle,
    /// Whether the cloud spares it when it removes instances of its own choice.
    #[serde(default)]
    pub protected: bool,
    /// When it was launched; absent when the cloud does not state it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launched_at: Option<Timestamp>,
    /// How much it counts in the group's capacity.
    pub weight: Weight,
    /// The machine image that it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The version of the set-up from which it was launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_version: Option<String>,
    /// Its private DNS name and its addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Whether it is a spot instance.
    #[serde(default)]
    pub spot: bool,
    /// The id of the reservation that it uses; absent where it uses none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<String>,
}

/// A group that this run saw and does not manage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectedGroup {
    /// Region and name.
    pub id: GroupId,
    /// Why it is not managed.
    pub rejection: Rejection,
}

/// Why a group is not managed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code", deny_unknown_fields)]
pub enum Rejection {
    /// It has no tag of this cluster.
    NoClusterTag,
    /// It has the cluster tag but no accepted role tag, which is nearly always a mistake.
    NoRoleTag {
        /// The role tags that it has, as `key=value`.
        found: Vec<String>,
    },
    /// It has the cluster tag and the role of something other than a worker, such as a control
    /// plane.
    OtherRole {
        /// Its role tag, as `key=value`.
        role: String,
    },
    /// It has the tag `ec2-autoscale/enabled=false`.
    OptedOut,
    /// It belongs to another cluster.
    OtherCluster {
        /// The name of that cluster.
        cluster: String,
    },
    /// It has no maximum of its own, so that it may not grow by itself.
    NoMaximum,
    /// Another autoscaler is in charge of it.
    OtherAutoscaler {
        /// What shows that, such as `auto_scaling_enabled=true`.
        label: String,
    },
}

impl Rejection {
    /// Whether a person most likely meant the group to be managed.
    #[must_use]
    pub fn looks_like_a_mistake(&self) -> bool {
        match self {
            Self::NoRoleTag { .. } | Self::OtherAutoscaler { .. } => true,
            Self::NoClusterTag | Self::OtherRole { .. } | Self::OptedOut | Self::OtherCluster { .. } | Self::NoMaximum => false,
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
            Self::NoMaximum => f.write_str("has no maximum of its own; set one, or name the group with --group name:min:max"),
            Self::OtherAutoscaler { label } => {
                write!(f, "is left to the autoscaler that its label {label} puts in charge; two would undo each other's work")
            }
        }
    }
}
