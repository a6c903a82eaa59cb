//! Limits on parts of the cluster that are objects of it: the CapacityQuotas of
//! `autoscaling.x-k8s.io`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LabelSelector, Name};

/// A CapacityQuota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityQuota {
    /// Its name.
    pub name: Name,
    /// The nodes that it is about; an empty one selects all.
    pub selector: LabelSelector,
    /// `spec.limits.resources`: the most of `nodes`, or of a resource, in whole units, but of cpu
    /// in millicores.
    pub resources: BTreeMap<String, i64>,
}
