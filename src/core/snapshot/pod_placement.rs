//! The rules of a pod on where it may be placed: tolerations, node affinity, spreading and pod
//! affinity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LabelSelector;

/// A taint that a pod accepts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Toleration {
    /// The taint's key; absent with `Exists` when every key is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How the value is compared.
    pub operator: TolerationOperator,
    /// The value that it is compared with.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The effect; absent when every effect is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<super::TaintEffect>,
}

/// How a toleration compares values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TolerationOperator {
    /// The values are the same.
    Equal,
    /// Any value.
    Exists,
    /// The taint's number is below the toleration's.
    Lt,
    /// The taint's number is above the toleration's.
    Gt,
}

/// One alternative of a required node affinity. A node matches it when every requirement holds; an
/// empty term matches no node.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSelectorTerm {
    /// Requirements on labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<NodeSelectorRequirement>,
    /// Requirements on fields; Kubernetes knows only `metadata.name`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_fields: Vec<NodeSelectorRequirement>,
}

/// One requirement of a node selector term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSelectorRequirement {
    /// The label or field.
    pub key: String,
    /// How the label or field is compared.
    pub operator: NodeSelectorOperator,
    /// The values that it is compared with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// How a node selector requirement compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodeSelectorOperator {
    /// It has one of the values.
    In,
    /// It has none of the values, or is absent.
    NotIn,
    /// It is present.
    Exists,
    /// It is absent.
    DoesNotExist,
    /// It is a larger whole number.
    Gt,
    /// It is a smaller whole number.
    Lt,
}

/// A topology spread constraint with `whenUnsatisfiable: DoNotSchedule`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologySpread {
    /// The label whose values are the domains.
    pub topology_key: String,
    /// By how many pods a domain may exceed the least filled one.
    pub max_skew: i32,
    /// The least number of domains; while there are fewer, the minimum counts as 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_domains: Option<i32>,
    /// The pods that are counted; absent when none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// The labels whose value on the pod is added to the selector.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_label_keys: Vec<String>,
    /// Whether nodes that the pod's affinity excludes are left out (`Honor`, the default).
    pub honor_node_affinity: bool,
    /// Whether nodes with untolerated taints are left out (not by default).
    pub honor_node_taints: bool,
}

/// A required pod affinity or anti-affinity term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodAffinityTerm {
    /// The label whose values are the domains.
    pub topology_key: String,
    /// The pods that it is about; absent when it is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// The namespaces by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// The namespaces by label; an empty selector means all of them. With neither, the pod's own
    /// namespace is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
}
