//! Zones of the regions: a zone's name belongs to the account, its id to the place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// The region it is in.
    pub region: String,
    /// For example `us-west-2a`.
    pub name: String,
    /// The same place for every account, such as `usw2-az2`: what the label `topology.k8s.aws/zone-id` says.
    pub id: String,
}
