//! Settings that are one of a few names.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use strum::{Display, EnumString, VariantNames};

/// How the scheduler chooses among the nodes that a pod fits (`scoringStrategy` of the
/// NodeResourcesFit plugin).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display, EnumString, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum SchedulerScoring {
    /// The emptiest node: the scheduler's own default, which spreads pods.
    #[default]
    LeastAllocated,
    /// The fullest node that still fits.
    MostAllocated,
}

/// How many nodes are bought for the pods of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display, EnumString, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Packing {
    /// As for `scheduler`; as for `dense` where `price` is among the expanders, which is for those
    /// who would rather wait than pay more.
    #[default]
    Auto,
    /// As few as hold them when packed tightly. The scheduler does not pack so tightly: some pods
    /// may wait for another run.
    Dense,
    /// Up to a tenth more, so that as few as possible wait for another run the way the scheduler
    /// will place them.
    Scheduler,
}

/// How new nodes are requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display, EnumString, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum LaunchWay {
    /// Each in a zone that the plan chooses, where the group can do that; otherwise as for
    /// `set-desired`.
    #[default]
    Auto,
    /// By the desired capacity of the group: the cloud chooses the zones, and answers nothing.
    SetDesired,
}

/// When capacity is taken back that was requested of a group and that the cloud cannot launch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema, Display, EnumString, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum RevertUnfilled {
    /// Never.
    Never,
    /// Once no pod waits for the group any more: until then the cloud serves them as soon as it
    /// can.
    #[default]
    WhenServed,
    /// Always.
    Always,
}

impl<'de> Deserialize<'de> for RevertUnfilled {
    /// Reads the name, or the switch that it was in earlier documents.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Switch(bool),
            Name(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Switch(true) => Ok(Self::Always),
            Written::Switch(false) => Ok(Self::Never),
            Written::Name(name) => name.parse().map_err(|_| D::Error::unknown_variant(&name, Self::VARIANTS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_earlier_document_has_a_switch() {
        for (written, expected) in [
            (json!(true), RevertUnfilled::Always),
            (json!(false), RevertUnfilled::Never),
            (json!("when-served"), RevertUnfilled::WhenServed),
        ] {
            assert_eq!(serde_json::from_value::<RevertUnfilled>(written).expect("a way"), expected);
        }
        assert!(serde_json::from_value::<RevertUnfilled>(json!("soon")).is_err());
    }
}
