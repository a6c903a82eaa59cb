//! Why it is not known what a new node of a group offers.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why it is not known what a new node of a group offers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum TemplateProblem {
    /// The group names no zone.
    NoZone,
    /// The launch template of the group could not be read, and the group has no node that shows
    /// what it launches.
    LaunchTemplateUnread,
    /// A machine type of the group is neither described by the cloud nor by tags of the group.
    MachineTypeUnknown {
        /// The machine type.
        machine_type: String,
        /// The region of the group.
        region: String,
    },
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoZone => f.write_str("the group names no zone"),
            Self::LaunchTemplateUnread => f.write_str("its launch template could not be read and it has no node"),
            Self::MachineTypeUnknown { machine_type, region } => {
                write!(f, "instance type {machine_type} is unknown in {region}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::GrowthBlock;

    #[test]
    fn a_plan_holds_the_code_beside_the_words() {
        let detail = "the group names no zone";
        let written = json!({ "code": "template-unknown", "problem": { "code": "no-zone" }, "detail": detail });
        let block = GrowthBlock::template_unknown(TemplateProblem::NoZone);
        assert_eq!(serde_json::to_value(&block).expect("JSON"), written);
        let earlier: GrowthBlock =
            serde_json::from_value(json!({ "code": "template-unknown", "detail": detail })).expect("a plan without the code");
        assert_eq!(earlier.to_string(), block.to_string());
    }
}
