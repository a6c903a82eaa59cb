//! How instances are paid for, and what is known of spot instances beside.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How instances are paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Purchase {
    /// On demand.
    OnDemand,
    /// Spot, perhaps with a highest price in USD an hour.
    Spot {
        /// The highest price, as AWS writes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_price: Option<String>,
    },
    /// On demand up to a base, then by percentage, the rest spot.
    Mixed {
        /// Capacity that is always on demand.
        on_demand_base: i64,
        /// Percentage on demand above the base.
        on_demand_percentage: i64,
        /// The highest price for the rest, as AWS writes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_price: Option<String>,
    },
}

impl Purchase {
    /// Whether a next instance may be a spot instance.
    #[must_use]
    pub fn may_be_spot(&self) -> bool {
        match self {
            Self::OnDemand => false,
            Self::Spot { .. } => true,
            Self::Mixed { on_demand_percentage, .. } => *on_demand_percentage < 100,
        }
    }

    /// The highest price of a spot instance in USD an hour, as AWS writes it.
    #[must_use]
    pub fn max_price(&self) -> Option<&str> {
        match self {
            Self::OnDemand => None,
            Self::Spot { max_price } | Self::Mixed { max_price, .. } => max_price.as_deref(),
        }
    }
}

/// What is known of a group's spot instances beside how they are paid for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotFacts {
    /// The lowest of the newest prices of its types in its zones, where it has a highest price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_price: Option<SpotPrice>,
    /// Requests of the old kind that wait, each with what to call it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<SpotRequest>,
}

impl SpotFacts {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a spot instance costs at present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotPrice {
    /// USD an hour, as AWS writes it.
    pub price: String,
    /// The machine type.
    pub machine_type: String,
    /// The zone.
    pub zone: String,
}

/// A spot request of the old kind, which a launch configuration with a price makes, and which waits by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotRequest {
    /// For example `sir-08b93456`.
    pub id: String,
    /// When it was made.
    pub since: Timestamp,
    /// AWS's words on why it waits.
    pub status: String,
}
