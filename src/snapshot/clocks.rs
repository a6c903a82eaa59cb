//! How far the clocks of a run disagree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Seconds by which other clocks are ahead of the API server's; negative when behind. A snapshot's `taken_at` is by the API
/// server's clock wherever that could be measured, since that clock wrote the times of pods and nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    /// The clock of the machine that the run is on; absent when the API server sent no `Date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<i64>,
    /// The cloud's clock, the region's that is furthest off; absent when either sent no `Date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<i64>,
}

impl Clocks {
    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
