//! How instances are paid for, and what spot instances cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UsdPerHour;

/// How instances are paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Purchase {
    /// They are on-demand instances.
    OnDemand,
    /// They are spot instances, perhaps with a highest price.
    Spot {
        /// The highest price in US dollars per hour; absent when there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_price: Option<UsdPerHour>,
    },
    /// They are on demand up to a base; above it a percentage is on demand and the rest spot.
    Mixed {
        /// The capacity that is always on demand, in the group's own unit.
        on_demand_base: i64,
        /// The percentage on demand above the base.
        on_demand_percentage: i64,
        /// The highest spot price in US dollars per hour; absent when there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_price: Option<UsdPerHour>,
    },
}

impl Purchase {
    /// Whether the next instance may be a spot instance.
    #[must_use]
    pub fn may_be_spot(&self) -> bool {
        match self {
            Self::OnDemand => false,
            Self::Spot { .. } => true,
            Self::Mixed { on_demand_percentage, .. } => *on_demand_percentage < 100,
        }
    }

    /// Returns the highest price of a spot instance.
    #[must_use]
    pub fn max_price(&self) -> Option<UsdPerHour> {
        match self {
            Self::OnDemand => None,
            Self::Spot { max_price } | Self::Mixed { max_price, .. } => *max_price,
        }
    }
}

/// What a spot instance costs at present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotPrice {
    /// The price in US dollars per hour.
    pub price: UsdPerHour,
    /// The machine type.
    pub machine_type: String,
    /// The zone.
    pub zone: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_price_is_read_in_the_spelling_of_any_cloud() {
        for spelling in ["0.05", "0.050000", ".05"] {
            let purchase: Purchase =
                serde_json::from_value(json!({"kind": "spot", "max_price": spelling})).expect("a purchase");
            assert_eq!(purchase.max_price(), Some(UsdPerHour::from_micros(50_000)), "{spelling}");
            assert_eq!(serde_json::to_value(&purchase).expect("plain data"), json!({"kind": "spot", "max_price": "0.05"}));
        }
    }
}
