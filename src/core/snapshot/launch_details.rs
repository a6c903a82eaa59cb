//! What a launch template and its image change about a machine of some type.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Architecture;

/// What a launch template and its image change about a machine, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LaunchDetails {
    /// The operating system of the image; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<OperatingSystem>,
    /// The architecture of the image; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<Architecture>,
    /// The processors that the template leaves of those of the type.
    #[serde(skip_serializing_if = "CpuLayout::is_of_the_type")]
    pub cpu: CpuLayout,
    /// How many volumes it has from its start; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<i64>,
    /// How many network interfaces it has from its start; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_interfaces: Option<i64>,
}

impl LaunchDetails {
    /// Whether nothing is known to differ from what the type offers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How many processors a launch template leaves; what it does not state is as the type has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CpuLayout {
    /// The cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<i64>,
    /// The threads of each core; 1 means that a core is one processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads_per_core: Option<i64>,
}

impl CpuLayout {
    /// Whether the template leaves the processors as the type has them.
    #[must_use]
    pub fn is_of_the_type(&self) -> bool {
        *self == Self::default()
    }
}

/// An operating system, in the words of the label `kubernetes.io/os`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperatingSystem {
    /// `linux`.
    Linux,
    /// `windows`.
    Windows,
}

impl OperatingSystem {
    /// Returns the system that a value of that label names.
    #[must_use]
    pub fn of_label(value: &str) -> Option<Self> {
        [Self::Linux, Self::Windows].into_iter().find(|system| system.label() == value)
    }

    /// Returns the value of the label `kubernetes.io/os`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::LaunchOption;

    #[test]
    fn an_option_of_an_older_document_has_no_details_and_writes_none() {
        let document = json!({ "machine_type": "m5.large", "weight": 1, "efa_interfaces": 0 });
        let mut option: LaunchOption = serde_json::from_value(document.clone()).expect("an option");
        assert!(option.details.is_empty());
        assert_eq!(serde_json::to_value(&option).expect("JSON"), document);
        option.details.cpu.threads_per_core = Some(1);
        option.details.operating_system = Some(OperatingSystem::Windows);
        let written = serde_json::to_value(&option).expect("JSON");
        assert_eq!(written["details"], json!({ "operating_system": "windows", "cpu": { "threads_per_core": 1 } }));
        assert_eq!(serde_json::from_value::<LaunchOption>(written).expect("what was written"), option);
    }
}
