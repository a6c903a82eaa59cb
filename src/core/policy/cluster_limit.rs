//! `--max-nodes-total`, `--max-cpu`, `--max-memory` and `--max-hourly-cost`: how large the whole
//! cluster may grow.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::snapshot::{CPU, MEMORY, Quantity, UsdPerHour, amount};

/// What is limited of the whole cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterLimit {
    /// `--max-nodes-total`: its nodes.
    Nodes,
    /// `--max-cpu`: what pods may request of their cpu, in millicores.
    Cpu,
    /// `--max-memory`: what pods may request of their memory, in bytes.
    Memory,
    /// `--max-hourly-cost`: what its groups cost, in millionths of a dollar per hour.
    HourlyCost,
}

impl ClusterLimit {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nodes, Self::Cpu, Self::Memory, Self::HourlyCost];

    /// Returns an amount of it, as it could be given on the command line.
    #[must_use]
    pub fn amount(self, number: i64) -> String {
        match self {
            Self::Nodes => number.to_string(),
            Self::Cpu => amount(CPU, number),
            Self::Memory => amount(MEMORY, number),
            Self::HourlyCost => dollars(number).to_string(),
        }
    }

    /// Reads an amount of it: nodes, cores, GiB where no unit of Kubernetes (`500Gi`, `4Ti`)
    /// follows, or dollars per hour.
    ///
    /// # Errors
    /// Names what would be understood.
    pub fn parse(self, text: &str) -> Result<i64, &'static str> {
        let quantity = || Quantity::parse(text).ok();
        let (read, expected) = match self {
            Self::Nodes => (text.parse().ok(), "write a whole number of nodes"),
            Self::Cpu => (quantity().map(Quantity::milli_value), "write a number of cores"),
            Self::Memory => {
                let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                let unit = if plain { "Gi" } else { "" };
                let quantity = Quantity::parse(&format!("{text}{unit}")).ok();
                (quantity.map(Quantity::value), "write a number of GiB, or a quantity such as 4Ti")
            }
            Self::HourlyCost => {
                let plain = text.trim_start_matches('$').trim_end_matches("/h");
                (plain.parse().ok().map(micros), "write dollars an hour, such as 12.50")
            }
        };
        read.filter(|number| *number >= 0).ok_or(expected)
    }
}

impl fmt::Display for ClusterLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nodes => "--max-nodes-total",
            Self::Cpu => "--max-cpu",
            Self::Memory => "--max-memory",
            Self::HourlyCost => "--max-hourly-cost",
        })
    }
}

/// Returns an amount of money as it is limited.
#[must_use]
pub fn micros(amount: UsdPerHour) -> i64 {
    i64::try_from(amount.micros()).unwrap_or(i64::MAX)
}

fn dollars(micros: i64) -> UsdPerHour {
    UsdPerHour::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_nodes_cores_and_gib() {
        use ClusterLimit::{Cpu, HourlyCost, Memory, Nodes};
        for (limit, text, read) in [
            (Nodes, "12", Some(12)),
            (Nodes, "1k", None),
            (Cpu, "64", Some(64_000)),
            (Cpu, "1k", Some(1_000_000)),
            (Cpu, "2500m", Some(2500)),
            (Cpu, "-1", None),
            (Memory, "4", Some(4 << 30)),
            (Memory, "0.5", Some(1 << 29)),
            (Memory, "4Ti", Some(4 << 40)),
            (Memory, "4GB", None),
            (Memory, "", None),
            (HourlyCost, "12.5", Some(12_500_000)),
            (HourlyCost, "$0.192/h", Some(192_000)),
            (HourlyCost, "-1", None),
            (HourlyCost, "12 USD", None),
        ] {
            assert_eq!(limit.parse(text).ok(), read, "{limit} {text}");
        }
        assert_eq!([Memory.amount(4 << 40), Nodes.amount(1), Cpu.amount(2500)], ["4Ti", "1", "2500m"]);
        assert_eq!(HourlyCost.amount(12_500_000), "$12.50/h");
    }
}
