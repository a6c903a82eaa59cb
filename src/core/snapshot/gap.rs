//! Facts that could not be read. A missing fact forbids an action; it neither ends the run nor is
//! guessed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChangeSource, GroupId};

/// A fact that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The missing fact.
    pub fact: MissingFact,
    /// Why it could not be read, in one line, and what can be done about it.
    pub error: String,
}

/// A fact that could not be read. (An unreadable region is in `Region::unreadable`.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code", deny_unknown_fields)]
pub enum MissingFact {
    /// The scaling activities of a group. It is unknown whether launches fail, so the group does
    /// not grow.
    Activities {
        /// The group.
        group: GroupId,
    },
    /// What a group launches. Its template is unknown, except where it has a node. When the cloud
    /// did not answer, there is `Launches` beside it.
    LaunchOptions {
        /// The group.
        group: GroupId,
    },
    /// What a machine type offers that a group of a region names: the cloud has no type of that
    /// name.
    MachineTypes {
        /// The region.
        region: String,
    },
    /// What the groups of a region launch, since the cloud did not answer.
    Launches {
        /// The region.
        region: String,
    },
    /// The machine images that the groups of a region launch. Operating system and volumes of a new
    /// node are known only as far as launch templates, tags and instances show them.
    Images {
        /// The region.
        region: String,
    },
    /// The zones of the subnets of groups that have several in one zone. The cloud chooses among
    /// them.
    Subnets {
        /// The region.
        region: String,
    },
    /// How the placement groups of a region place machines. Nothing is planned by their limits.
    PlacementGroups {
        /// The region.
        region: String,
    },
    /// What the cloud gives to the nodes of the managed node groups of a region, and whether it is
    /// replacing them. Of an empty group only its tags say what labels and taints its nodes have.
    NodeGroups {
        /// The region.
        region: String,
    },
    /// What changes the groups of a region without this run.
    AutomaticChanges {
        /// The region.
        region: String,
        /// What of it is unknown.
        of: ChangeSource,
    },
    /// The reservations of a region, or which of them belong to a list that a group names. A group
    /// that launches into reservations alone is treated as any other, and it is not known when the
    /// machines in them end.
    Reservations {
        /// The region.
        region: String,
    },
    /// The ids of a region's zones. A pod that selects a zone by its id finds none in a group
    /// without a node there.
    ZoneIds {
        /// The region.
        region: String,
    },
    /// What spot instances of a region cost, and which spot requests wait. Nothing is reported
    /// about either.
    Spot {
        /// The region.
        region: String,
    },
    /// How much more the account may launch in a region. Growth may exceed its quota.
    Quota {
        /// The region.
        region: String,
    },
    /// The state of the instances whose nodes are not Ready. None with pods on it is ended, and no
    /// leftover Node is deleted.
    MachineChecks {
        /// The region.
        region: String,
    },
    /// Kubernetes objects of one kind. No group grows without the DaemonSets.
    Objects {
        /// The plural name of the kind, such as `persistentvolumeclaims`.
        resource: String,
    },
    /// What `apply` requested lately. Whether capacity is coming is known only as far as the cloud
    /// shows it.
    GrowthNotes,
    /// The UID of `kube-system`, or the account.
    Identity,
    /// Whether another autoscaler is active in the cluster.
    ForeignLeases,
}

impl MissingFact {
    /// Whether the run is incomplete without it. A group that names a template or a type which does
    /// not exist is left alone until a person corrects it: the run has done all it could. What
    /// makes only the templates of empty groups better is no loss, either.
    #[must_use]
    pub fn leaves_a_run_incomplete(&self) -> bool {
        match self {
            Self::LaunchOptions { .. }
            | Self::MachineTypes { .. }
            | Self::Images { .. }
            | Self::Subnets { .. }
            | Self::PlacementGroups { .. }
            | Self::NodeGroups { .. }
            | Self::AutomaticChanges { .. }
            | Self::Reservations { .. }
            | Self::Quota { .. } => false,
            Self::Activities { .. }
            | Self::Launches { .. }
            | Self::ZoneIds { .. }
            | Self::Spot { .. }
            | Self::MachineChecks { .. }
            | Self::Objects { .. }
            | Self::GrowthNotes
            | Self::Identity
            | Self::ForeignLeases => true,
        }
    }
}

impl fmt::Display for MissingFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activities { group } => {
                write!(f, "the scaling activities of {group} could not be read, so it does not grow in this run")
            }
            Self::LaunchOptions { group } => write!(f, "what {group} launches could not be read"),
            Self::MachineTypes { region } => {
                write!(
                    f,
                    "not every instance type of {region} is known; a group of an unknown one grows only beside a live node"
                )
            }
            Self::Launches { region } => {
                write!(
                    f,
                    "what groups of {region} launch could not be read in full; such a group grows only beside a live node"
                )
            }
            Self::Images { region } => {
                write!(
                    f,
                    "the machine images of {region} could not be read, so a new node's operating system and volumes may not be known"
                )
            }
            Self::Subnets { region } => {
                write!(
                    f,
                    "the subnets of {region} could not be read, so the cloud chooses the subnet where a group has several in a zone"
                )
            }
            Self::PlacementGroups { region } => {
                write!(f, "the placement groups of {region} could not be read, so more may be requested than they take")
            }
            Self::NodeGroups { region } => {
                write!(
                    f,
                    "the node groups of {region} could not be read, so labels and taints of empty ones are known by tags alone, \
                     and whether they are being updated is not"
                )
            }
            Self::AutomaticChanges { region, of } => write!(f, "in {region} {of}"),
            Self::Reservations { region } => {
                write!(
                    f,
                    "the reservations of {region} could not be read in full, so free places in them are not preferred, and when \
                     they end is not known"
                )
            }
            Self::ZoneIds { region } => {
                write!(f, "the ids of the zones of {region} could not be read, so pods that select one may find no group there")
            }
            Self::Spot { region } => {
                write!(
                    f,
                    "prices and requests of spot instances in {region} could not be read, so no maximum price is compared"
                )
            }
            Self::Quota { region } => {
                write!(f, "how much more may be launched in {region} could not be read, so growth may exceed the quota")
            }
            Self::MachineChecks { region } => {
                write!(
                    f,
                    "how the instances of nodes in {region} that are not Ready are could not be read, so those with pods on them stay"
                )
            }
            Self::Objects { resource } => write!(f, "{resource} could not be listed"),
            Self::GrowthNotes => {
                f.write_str("the Lease that notes earlier requests could not be read, so nothing is bought in this run")
            }
            Self::Identity => f.write_str("the identity of the cluster could not be read in full"),
            Self::ForeignLeases => f.write_str("whether another autoscaler works in this cluster could not be read"),
        }
    }
}
