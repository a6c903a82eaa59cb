//! How instances are paid for, and what spot instances cost.

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
        /// The highest price, as the cloud writes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_price: Option<String>,
    },
    /// On demand up to a base, then by percentage, the rest spot.
    Mixed {
        /// Capacity that is always on demand.
        on_demand_base: i64,
        /// Percentage on demand above the base.
        on_demand_percentage: i64,
        /// The highest price for the rest, as the cloud writes it.
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

    /// The highest price of a spot instance in USD an hour, as the cloud writes it.
    #[must_use]
    pub fn max_price(&self) -> Option<&str> {
        match self {
            Self::OnDemand => None,
            Self::Spot { max_price } | Self::Mixed { max_price, .. } => max_price.as_deref(),
        }
    }
}

/// What a spot instance costs at present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotPrice {
    /// USD an hour, as the cloud writes it.
    pub price: String,
    /// The machine type.
    pub machine_type: String,
    /// The zone.
    pub zone: String,
}
