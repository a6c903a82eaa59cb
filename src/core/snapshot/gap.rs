//! Facts that could not be read. A missing fact forbids an action; it never ends the run and is never guessed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GroupId;

/// A fact that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// What is missing.
    pub fact: MissingFact,
    /// Why, in one line, with the way out.
    pub error: String,
}

/// What could not be read. (An unreadable region is in `Region::unreadable`.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code", deny_unknown_fields)]
pub enum MissingFact {
    /// The scaling activities of a group: whether it fails is unknown, so it does not grow.
    Activities {
        /// The group.
        group: GroupId,
    },
    /// What a group launches: its template is unknown unless a node of it is there. When AWS did not answer, there is
    /// `Launches` beside it.
    LaunchOptions {
        /// The group.
        group: GroupId,
    },
    /// What a machine type offers that a group of a region names: EC2 knows none of that name.
    MachineTypes {
        /// The region.
        region: String,
    },
    /// What groups of a region launch: AWS did not answer.
    Launches {
        /// The region.
        region: String,
    },
    /// The ids of a region's zones: a pod that selects a zone by its id finds none in a group without a node there.
    ZoneIds {
        /// The region.
        region: String,
    },
    /// What spot instances cost in a region, and which requests for them wait: nothing is warned of.
    Spot {
        /// The region.
        region: String,
    },
    /// How the instances are whose nodes are not Ready: none with pods on it ends, and no leftover Node is deleted.
    MachineChecks {
        /// The region.
        region: String,
    },
    /// Kubernetes objects of one kind. Without the DaemonSets no group grows.
    Objects {
        /// Plural name, such as `persistentvolumeclaims`.
        resource: String,
    },
    /// What `apply` asked for lately: whether capacity is coming is unknown beyond what AWS shows.
    GrowthNotes,
    /// The UID of `kube-system` or the AWS account.
    Identity,
    /// Whether another autoscaler works here.
    ForeignLeases,
}

impl MissingFact {
    /// Whether the run is incomplete without it. A group that names a template or a type which is not there is left alone until
    /// somebody mends it: the run has done what there was to do.
    #[must_use]
    pub fn leaves_a_run_incomplete(&self) -> bool {
        match self {
            Self::LaunchOptions { .. } | Self::MachineTypes { .. } => false,
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
            Self::ZoneIds { region } => {
                write!(f, "the ids of the zones of {region} could not be read, so pods that select one may find no group there")
            }
            Self::Spot { region } => {
                write!(
                    f,
                    "prices and requests of spot instances in {region} could not be read, so no maximum price is compared"
                )
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
