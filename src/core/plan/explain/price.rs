//! What a new node of a group costs, and the source of the price.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::bill::NodePrice;
use crate::plan::fleet::{Fleet, GroupIx, Prices};
use crate::plan::group_health::GroupHealth;
use crate::snapshot::{Market, PriceSource, UsdPerHour};

/// What the next node of a group costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum PriceFact {
    /// It is known.
    Known {
        /// How much.
        usd_per_hour: UsdPerHour,
        /// The list price, where one's own rate differs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list_usd_per_hour: Option<UsdPerHour>,
        /// Whether it may turn out cheaper, since the cloud chooses the type and the zone.
        at_most: bool,
        /// The dearest type.
        machine_type: String,
        /// How it will be paid for.
        market: Market,
        /// The market whose price is used: the one on demand, where no spot price is known.
        priced_as: Market,
        /// The source of the price.
        source: PriceSource,
    },
    /// It uses a reservation, which is paid for in any case.
    Reserved,
    /// Prices were given, but none for these types.
    Unknown {
        /// The types.
        machine_types: Vec<String>,
    },
}

impl PriceFact {
    /// Returns what the next node of a group costs, where any prices were given.
    pub(super) fn of(fleet: &Fleet<'_>, index: GroupIx, health: &GroupHealth) -> Option<Self> {
        let prices: &Prices<'_> = fleet.prices.as_ref()?;
        if fleet.reserved.is_next_reserved(fleet, index) {
            return Some(Self::Reserved);
        }
        let group = &fleet.groups[index];
        Some(match prices.of_next_node(group, health) {
            Ok(NodePrice { price, market, at_most, .. }) => Self::Known {
                usd_per_hour: price.usd_per_hour,
                list_usd_per_hour: price.list_usd_per_hour,
                at_most,
                machine_type: price.machine_type.clone(),
                market,
                priced_as: price.market,
                source: price.source,
            },
            Err(missing) => Self::Unknown { machine_types: missing.into_iter().map(str::to_owned).collect() },
        })
    }
}

impl fmt::Display for PriceFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known { usd_per_hour, list_usd_per_hour, at_most, machine_type, market, priced_as, source } => {
                let at_most = if *at_most { " at most" } else { "" };
                write!(f, "{usd_per_hour}{at_most} ({machine_type} {market}")?;
                if market != priced_as {
                    write!(f, ", of which only the price {priced_as} is known")?;
                }
                if let Some(list) = list_usd_per_hour {
                    write!(f, "; list {list}")?;
                }
                write!(f, "; {source})")
            }
            Self::Reserved => f.write_str("nothing: it uses a reservation, which is paid for in any case"),
            Self::Unknown { machine_types } => write!(f, "no price of {} is known", machine_types.join(", ")),
        }
    }
}
