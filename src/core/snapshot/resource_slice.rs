//! The devices that drivers publish (dynamic resource allocation).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NodeSelectorTerm, Quantity};
use crate::well_known::resources::DEVICE_CLASS;

/// A DeviceClass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceClass {
    /// The name.
    pub name: String,
    /// Expressions in CEL that a device of the class has to meet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<String>,
    /// The resource by which containers may request devices of the class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_resource: Option<String>,
    /// When it was created: of two classes with one resource the newer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

impl DeviceClass {
    /// Returns the class that serves a resource: the one that the resource names, or the newest of
    /// those that name the resource.
    #[must_use]
    pub fn of_resource<'a>(classes: &'a [Self], resource: &str) -> Option<&'a Self> {
        if let Some(name) = resource.strip_prefix(DEVICE_CLASS) {
            return classes.iter().find(|class| class.name == name);
        }
        let serving = classes.iter().filter(|class| class.extended_resource.as_deref() == Some(resource));
        serving.min_by_key(|class| (Reverse(class.created_at), &class.name))
    }
}

/// A ResourceSlice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceSlice {
    /// The name, by which the slices of a pool are ordered.
    pub name: String,
    /// The driver.
    pub driver: String,
    /// The name of the pool.
    pub pool: String,
    /// The generation of the pool: slices of older ones are out of date.
    #[serde(default)]
    pub generation: i64,
    /// How many slices the pool has in this generation.
    pub slices: i64,
    /// The nodes that reach the devices.
    pub reach: DeviceReach,
    /// The devices, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// Sets of counters that devices of the pool share, each by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shared_counters: BTreeMap<String, BTreeMap<String, Quantity>>,
}

/// The nodes that reach devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceReach {
    /// One node, by name.
    Node(String),
    /// Those of which one term matches.
    Nodes(Vec<NodeSelectorTerm>),
    /// Every node.
    AllNodes,
    /// Each device states its own (`perDeviceNodeSelection`).
    EachItsOwn,
}

/// A device of a ResourceSlice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The name within its pool.
    pub name: String,
    /// What selectors and constraints compare, by name; without a domain it is of the driver's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, DeviceAttribute>,
    /// How much it has, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capacity: BTreeMap<String, DeviceCapacity>,
    /// Its taints with the effects `NoSchedule` and `NoExecute`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<DeviceTaint>,
    /// What it takes of counters of its pool: by set, then by counter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumes: Vec<CountersTaken>,
    /// Whether several claims may share it (`allowMultipleAllocations`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_shared: bool,
    /// The nodes that reach it, where its slice leaves that to each device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<DeviceReach>,
    /// Whether it is only ready after binding (`bindingConditions`), which is not modelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_binding_conditions: bool,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceAttribute {
    /// A number.
    Int(i64),
    /// A truth.
    Bool(bool),
    /// A text.
    String(String),
    /// A version, as semver.org has it.
    Version(String),
    /// A list, or a kind that is not known; kube-scheduler fails on it unless an alpha feature is
    /// on.
    Unsupported,
}

/// How much of something a device has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceCapacity {
    /// The whole of it.
    pub value: Quantity,
    /// What a claim takes that requests none of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Quantity>,
    /// The amounts that a claim may take; requests are rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<ValidAmounts>,
}

/// The amounts of a capacity that a claim may take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ValidAmounts {
    /// One of these, in ascending order.
    Values(Vec<Quantity>),
    /// Those of a range.
    Range {
        /// The least.
        min: Quantity,
        /// The most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Quantity>,
        /// The step, from the least on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<Quantity>,
    },
}

/// A taint of a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceTaint {
    /// The key.
    pub key: String,
    /// The value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The effect.
    pub effect: String,
}

/// What a device takes of one set of counters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountersTaken {
    /// The set.
    pub set: String,
    /// How much of each of its counters.
    pub counters: BTreeMap<String, Quantity>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_class_serves_a_resource_and_every_class_its_own_name() {
        let known: Vec<DeviceClass> = serde_json::from_value(json!([
            { "name": "old", "extended_resource": "nvidia.com/gpu", "created_at": "2026-01-01T00:00:00Z" },
            { "name": "new", "extended_resource": "nvidia.com/gpu", "created_at": "2026-02-01T00:00:00Z" },
            { "name": "bare" },
        ]))
        .expect("classes");
        let of = |resource: &str| DeviceClass::of_resource(&known, resource).map(|class| class.name.as_str());
        assert_eq!(of("nvidia.com/gpu"), Some("new"));
        assert_eq!(of("deviceclass.resource.kubernetes.io/bare"), Some("bare"));
        assert_eq!(of("deviceclass.resource.kubernetes.io/none"), None);
        assert_eq!(of("example.com/gpu"), None);
    }
}
