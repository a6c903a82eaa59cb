//! The things that a group cannot do at present, and why.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The things that a group cannot do at present, each with the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cannot {
    /// Why it launches nothing; absent when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch: Option<Hindrance>,
    /// Why it ends no instance by name; absent when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove: Option<Hindrance>,
    /// Why it ends no instance by name to launch another in its place; absent when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<Hindrance>,
}

impl Cannot {
    /// Returns what a group cannot do that replaces an instance by removing it and launching
    /// another.
    #[must_use]
    pub fn launch_or_remove(launch: Option<Hindrance>, remove: Option<Hindrance>) -> Self {
        let replace = remove.clone().or_else(|| launch.clone());
        Self { launch, remove, replace }
    }

    /// Whether the whole group is being deleted.
    #[must_use]
    pub fn is_being_deleted(&self) -> bool {
        self.launch == Some(Hindrance::BeingDeleted)
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a group cannot do something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "because", deny_unknown_fields)]
pub enum Hindrance {
    /// The whole group is being deleted.
    BeingDeleted,
    /// A person suspended this part of the cloud's work.
    Suspended {
        /// The cloud's name for the suspended process.
        process: String,
    },
    /// A service of the cloud operates the group, and nobody else may change it.
    OperatedBy {
        /// The cloud's name for the service.
        service: String,
    },
    /// The cloud replaces the nodes of the group, and the old ones go by its own hand.
    Updating,
    /// The cloud manages the nodes of the group, and they are in a state in which it launches none.
    NotActive {
        /// The cloud's name for the state.
        state: String,
    },
    /// The cloud works on another change of the group.
    Busy {
        /// The cloud's name for the state.
        state: String,
    },
    /// The cloud does not offer it for such a group.
    NotOffered {
        /// Why, as the end of a sentence.
        reason: String,
    },
}

impl Hindrance {
    /// Returns the hindrance of a process that a person suspended.
    #[must_use]
    pub fn suspended(process: &str) -> Self {
        Self::Suspended { process: process.to_owned() }
    }

    /// Whether requested capacity does not come because of it. The capacity that a group requested
    /// before it was deleted counts as coming while the request is young.
    #[must_use]
    pub fn keeps_capacity_away(&self) -> bool {
        match self {
            Self::BeingDeleted | Self::OperatedBy { .. } | Self::Updating | Self::Busy { .. } => false,
            Self::Suspended { .. } | Self::NotActive { .. } | Self::NotOffered { .. } => true,
        }
    }
}

impl fmt::Display for Hindrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeingDeleted => f.write_str("the group is being deleted"),
            Self::Suspended { process } => write!(f, "the process {process} is suspended"),
            Self::OperatedBy { service } => write!(f, "only {service}, which operates the group, may change it"),
            Self::Updating => f.write_str("the cloud is replacing the nodes of the group"),
            Self::NotActive { state } => write!(f, "the cloud says that its nodes are {state}"),
            Self::Busy { state } => write!(f, "the cloud is busy with another update of the group ({state})"),
            Self::NotOffered { reason } => write!(f, "the cloud does not offer it: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_takes_both() {
        let (launch, remove) = (|| Some(Hindrance::suspended("Launch")), || Some(Hindrance::suspended("Terminate")));
        assert_eq!(Cannot::launch_or_remove(launch(), None).replace, launch());
        assert_eq!(Cannot::launch_or_remove(launch(), remove()).replace, remove());
        assert!(Cannot::launch_or_remove(None, None).is_empty());
    }
}
