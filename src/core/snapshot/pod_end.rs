//! When the last pod that ended on a node did so.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When the last pod ended that had run on a node and would have kept it. Such a pod may have come
/// and gone between two runs, neither of which saw it. It is read only for nodes that carry our
/// mark of idleness, since batch clusters keep hundreds of thousands of finished pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodEnd {
    /// The node.
    pub node: String,
    /// When the pod ended.
    pub at: Timestamp,
}
