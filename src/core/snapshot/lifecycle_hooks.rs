//! How long lifecycle hooks of a group hold its instances at the begin and at the end of their
//! lives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::Seconds;

/// How long lifecycle hooks hold the instances of a group, unless somebody completes them earlier.
/// Where several hooks hold an instance at once, it is the longest of their times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LifecycleHooks {
    /// From the launch until it may be in service (`Pending:Wait`); absent where nothing holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launching: Option<Seconds>,
    /// From the call that ends it until it is gone (`Terminating:Wait`); absent where nothing holds
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminating: Option<Seconds>,
}

impl LifecycleHooks {
    /// Whether there are none.
    #[must_use]
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}
