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
    /// Nothing was read of what the group launches, as no decision of this run needed it.
    NotLookedAt,
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
            Self::NotLookedAt => f.write_str("what it launches was not looked at, as nothing needs a new node"),
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

    /// A run with nothing to do says of each group what it did not look at, and warns of nothing.
    #[test]
    fn what_was_not_looked_at_is_no_trouble_of_a_group() {
        let mut snapshot = crate::demo::snapshot();
        snapshot.pods.retain(|pod| pod.node.is_some());
        snapshot.groups.iter_mut().for_each(|group| group.activities.clear());
        snapshot.looked_at.launches_left_out = true;
        let plan = crate::plan::plan(&snapshot, &crate::policy::Policy::default());
        let unseen = GrowthBlock::template_unknown(TemplateProblem::NotLookedAt);
        let (left_out, others): (Vec<_>, Vec<_>) =
            plan.groups.iter().partition(|group| group.blocked.as_ref() == Some(&unseen));
        assert!(!left_out.is_empty() && others.iter().all(|group| group.blocked.is_some() && group.template.is_none()));
        assert!(left_out.iter().all(|group| !group.message.contains("not looked at") && group.added == 0));
        assert!(plan.findings.iter().all(|finding| !finding.message.contains("not looked at")), "{:?}", plan.findings);
        assert!(plan.looked_at.launches_left_out);
    }

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
