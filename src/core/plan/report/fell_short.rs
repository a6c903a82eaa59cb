//! What becomes of a gang of which launches fell short.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of the nodes that came for a gang while others did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FellShort {
    /// They are kept, and the rest is bought elsewhere.
    RestElsewhere,
    /// All of the gang has a place elsewhere, and they are given back.
    AllElsewhere,
    /// The gang has no room anywhere, and they are given back.
    NoRoom,
}
