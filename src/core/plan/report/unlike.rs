//! Differences between groups that launch the same machines.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::snapshot::{Taint, amount};

/// One difference because of which `--balance-similar-groups` keeps two groups apart, with the
/// value of the group and that of the other one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "in")]
pub enum Unlike {
    /// The tag `ec2-autoscale/priority`.
    Priority {
        /// The priority of the group.
        own: i64,
        /// The priority of the other.
        other: i64,
    },
    /// One launches spot instances, the other on demand.
    Purchase {
        /// Whether the group's next instance may be a spot instance.
        own_spot: bool,
    },
    /// One launches in a single zone, the other in several.
    Zones {
        /// How many zones the group has.
        own: u32,
        /// How many zones the other has.
        other: u32,
    },
    /// A label of new nodes. There is no value where they have none, and several where it depends
    /// on the zone or type.
    Label {
        /// The label.
        key: String,
        /// Its values in the group.
        own: Vec<String>,
        /// Its values in the other.
        other: Vec<String>,
    },
    /// The taints of new nodes.
    Taints {
        /// The taints in the group.
        own: Vec<Taint>,
        /// The taints in the other.
        other: Vec<Taint>,
    },
    /// What pods may request of a new node: different devices, or amounts that differ by more than
    /// a twentieth.
    Amount {
        /// The resource.
        resource: String,
        /// The amount in the group: millicores for `cpu`, whole units for everything else.
        own: i64,
        /// The amount in the other, in the same unit.
        other: i64,
    },
}

impl fmt::Display for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = |values: &[String]| if values.is_empty() { "absent".to_owned() } else { values.join(" or ") };
        let taints = |taints: &[Taint]| match taints {
            [] => "none".to_owned(),
            taints => taints.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        match self {
            Self::Priority { own, other } => write!(f, "its priority is {own} instead of {other}"),
            Self::Purchase { own_spot: true } => f.write_str("it launches spot instances, and the other on demand"),
            Self::Purchase { own_spot: false } => f.write_str("it launches on demand, and the other spot instances"),
            Self::Zones { own, other } => {
                write!(f, "it launches in {own} instead of {other} zones, over which the cloud itself spreads instances")
            }
            Self::Label { key, own, other } => write!(f, "its label {key} is {} instead of {}", values(own), values(other)),
            Self::Taints { own, other } => write!(f, "its taints are {} instead of {}", taints(own), taints(other)),
            Self::Amount { resource, own, other } => {
                write!(f, "a new node of it has {} {resource} instead of {}", amount(resource, *own), amount(resource, *other))
            }
        }
    }
}
