//! `--expander`: how the groups that could help a pod are ranked.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantNames};

/// One rule by which groups are ranked.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, Display, EnumString, VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Expander {
    /// The higher tag `ec2-autoscale/priority`, 0 where there is none.
    Priority,
    /// The region that comes earlier in `--regions`.
    Region,
    /// Groups that launch in one zone only.
    SingleZone,
    /// Groups whose next instance may be a spot instance.
    Spot,
    /// The lowest price for the pods it would take.
    Price,
    /// The least unused share of the nodes bought, devices first.
    LeastWaste,
    /// The most pods on the nodes that it may still add.
    MostPods,
    /// The fewest nodes for the pods.
    LeastNodes,
    /// A random order, see `--seed`.
    Random,
}

impl Expander {
    /// The names of all, as the flag takes them.
    pub const NAMES: &[&str] = Self::VARIANTS;

    /// Whether its ranking of a group differs between pods.
    #[must_use]
    pub fn depends_on_pods(self) -> bool {
        match self {
            Self::Priority | Self::Region | Self::SingleZone | Self::Spot => false,
            Self::Price | Self::LeastWaste | Self::MostPods | Self::LeastNodes | Self::Random => true,
        }
    }
}

/// Expanders in the order in which they decide: each one decides only between groups that are equal
/// for all of those before it. Groups that are equal for all are ordered by their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ExpanderChain(Vec<Expander>);

impl ExpanderChain {
    /// Returns the expanders, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = Expander> {
        self.0.iter().copied()
    }

    /// Returns the expanders before the first one that depends on the pods, and that one.
    pub(crate) fn parts(&self) -> (&[Expander], Option<Expander>) {
        let first = self.0.iter().position(|expander| expander.depends_on_pods()).unwrap_or(self.0.len());
        (&self.0[..first], self.0.get(first).copied())
    }

    /// Returns the same with another expander, or none, in the place of the first one that depends
    /// on the pods.
    pub(crate) fn with_instead(&self, other: Option<Expander>) -> Vec<Expander> {
        let (before, decides) = self.parts();
        let after = self.iter().skip(before.len() + usize::from(decides.is_some()));
        before.iter().copied().chain(other).chain(after.filter(|expander| Some(*expander) != other)).collect()
    }

    /// Whether it decides by prices.
    #[must_use]
    pub fn needs_prices(&self) -> bool {
        self.0.contains(&Expander::Price)
    }
}

impl Default for ExpanderChain {
    fn default() -> Self {
        Self(vec![Expander::Priority, Expander::Region, Expander::SingleZone, Expander::Spot, Expander::LeastWaste])
    }
}

impl fmt::Display for ExpanderChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, expander) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{expander}")?;
        }
        Ok(())
    }
}

/// Why a text is no chain of expanders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpanderError {
    /// No expander has that name.
    #[error("there is no expander {name:?}; write some of {}, separated by commas", all())]
    Unknown {
        /// The unknown name.
        name: String,
    },
    /// An expander that is listed twice could decide nothing the second time.
    #[error("{0} is named twice")]
    Twice(Expander),
}

fn all() -> String {
    Expander::NAMES.join(", ")
}

impl FromStr for ExpanderChain {
    type Err = ExpanderError;

    fn from_str(text: &str) -> Result<Self, ExpanderError> {
        let mut chain = Vec::new();
        for name in text.split(',').map(str::trim) {
            let expander = name.parse().map_err(|_| ExpanderError::Unknown { name: name.to_owned() })?;
            if chain.contains(&expander) {
                return Err(ExpanderError::Twice(expander));
            }
            chain.push(expander);
        }
        Ok(Self(chain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_reads_back_as_it_is_written() {
        let chain: ExpanderChain = " random, price".parse().expect("a chain");
        assert_eq!(chain.to_string(), "random,price");
        assert_eq!(ExpanderChain::default().to_string().parse(), Ok(ExpanderChain::default()));
        assert_eq!(serde_json::to_string(&chain).expect("JSON"), r#"["random","price"]"#);
    }

    #[test]
    fn names_are_known_and_come_once() {
        let error = |text: &str| text.parse::<ExpanderChain>().expect_err(text).to_string();
        assert_eq!(error("spot,region,spot"), "spot is named twice");
        let all = "priority, region, single-zone, spot, price, least-waste, most-pods, least-nodes, random";
        assert_eq!(error("cheap"), format!("there is no expander \"cheap\"; write some of {all}, separated by commas"));
        assert!(error("").starts_with("there is no expander \"\""));
    }
}
