//! What a ResourceClaim requests: devices of a class, alternatives, and rules among the devices.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Quantity;

/// The `spec.devices` of a ResourceClaim.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceNeeds {
    /// What is requested, in the order in which it is allocated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<DeviceRequest>,
    /// Rules among the devices of the claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<DeviceConstraint>,
    /// What else the claim states that no rule here reads, such as `derivedAttributes`. Nothing is
    /// bought for a pod with such a claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_modelled: Vec<String>,
}

/// An entry of `spec.devices.requests`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceRequest {
    /// The entry's name.
    pub name: String,
    /// What it wants: one alternative (`exactly`), or several of which the first that can be had is
    /// allocated (`firstAvailable`).
    pub alternatives: Vec<DeviceAlternative>,
}

/// Devices that a request may be given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceAlternative {
    /// The name of an entry of `firstAvailable`; absent with `exactly`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The DeviceClass.
    pub class: String,
    /// Expressions in CEL that a device has to meet, beside those of the class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<String>,
    /// How many devices.
    pub count: DeviceCount,
    /// Whether it only looks after devices that others may use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin_access: bool,
    /// The taints of devices that it accepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<DeviceToleration>,
    /// How much of the capacity of each device it wants, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capacity: BTreeMap<String, Quantity>,
}

/// How many devices a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceCount {
    /// So many.
    Exactly(u64),
    /// All that match, of which there has to be at least one.
    All,
}

/// A taint of devices that a request accepts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceToleration {
    /// The taint's key; empty when every key is accepted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// The taint's value; absent when every value is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The effect; absent when every effect is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}

/// A rule among the devices of a claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceConstraint {
    /// The requests, or `request/alternative`, whose devices it is about; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<String>,
    /// What the devices have to have in common, or not.
    pub rule: AttributeRule,
    /// The attribute, with its domain.
    pub attribute: String,
}

/// How a constraint compares an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeRule {
    /// All devices have the same value (`matchAttribute`).
    Match,
    /// No two devices have the same value (`distinctAttribute`).
    Distinct,
}
