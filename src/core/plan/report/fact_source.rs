//! The source of a fact about a node that does not exist yet.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::reason::count;

/// The source of a fact about a node that does not exist yet, the most certain first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum FactSource {
    /// The newest settled nodes of the group: what most of them agree on.
    LiveNodes {
        /// How many nodes.
        nodes: u32,
    },
    /// A Ready node of the same type and image elsewhere.
    SameTypeElsewhere {
        /// The node.
        node: String,
    },
    /// The cloud's own set-up of the group's nodes.
    NodeGroup,
    /// A tag of the group.
    Tag {
        /// The tag's key.
        key: String,
    },
    /// The group's launch template or launch configuration, with its overrides.
    LaunchTemplate,
    /// The machine image.
    Image,
    /// The group itself: its region and zones, and its instances where the launch template could
    /// not be read.
    Group,
    /// The cloud's description of the machine type.
    MachineType,
    /// The cloud's list of zones.
    ZoneList,
    /// The kubelet or the cloud controller gives it to every node.
    WellKnown,
    /// A flag, or the group's tag of that name.
    Setting {
        /// The flag's name, such as `max-pods`.
        name: String,
    },
    /// The templates of the DaemonSets, and the static pods of other nodes.
    DaemonSets,
    /// The formula of the cloud's images, applied to what the machine type offers.
    Formula,
}

impl FactSource {
    /// Returns the less certain of two sources: what is made of several facts is only as certain as
    /// the least certain of them.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        if other.doubt() > self.doubt() { other } else { self }
    }

    fn doubt(&self) -> u8 {
        match self {
            Self::LiveNodes { .. } => 0,
            Self::SameTypeElsewhere { .. } => 1,
            Self::NodeGroup | Self::Tag { .. } => 2,
            Self::LaunchTemplate
            | Self::Image
            | Self::Group
            | Self::MachineType
            | Self::ZoneList
            | Self::WellKnown
            | Self::DaemonSets
            | Self::Setting { .. } => 3,
            Self::Formula => 4,
        }
    }
}

impl fmt::Display for FactSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LiveNodes { nodes } => write!(f, "{} of the group", count(u64::from(*nodes), "live node")),
            Self::SameTypeElsewhere { node } => write!(f, "node {node} of the same type and image"),
            Self::NodeGroup => f.write_str("the cloud's set-up of the group's nodes"),
            Self::Tag { key } => write!(f, "tag {key}"),
            Self::LaunchTemplate => f.write_str("the launch template"),
            Self::Image => f.write_str("the machine image"),
            Self::Group => f.write_str("the group itself"),
            Self::MachineType => f.write_str("the cloud's description of the type"),
            Self::ZoneList => f.write_str("the cloud's list of zones"),
            Self::WellKnown => f.write_str("every node has it"),
            Self::Setting { name } => write!(f, "setting {name}"),
            Self::DaemonSets => f.write_str("the templates of the DaemonSets"),
            Self::Formula => f.write_str("the formula of the cloud's images"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_sources_the_less_certain_counts() {
        let live = || FactSource::LiveNodes { nodes: 2 };
        let tag = || FactSource::Tag { key: "k".into() };
        assert_eq!(live().or_worse(tag()), tag());
        assert_eq!(tag().or_worse(live()), tag());
        assert_eq!(FactSource::MachineType.or_worse(FactSource::Formula), FactSource::Formula);
        assert_eq!(live().or_worse(FactSource::LiveNodes { nodes: 1 }), live(), "of equals the first");
    }
}
