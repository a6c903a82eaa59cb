//! How much of its group's capacity an instance is.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// How much of its group's capacity an instance is: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Weight(i64);

impl Weight {
    /// The weight of an instance of a group without weights.
    pub const ONE: Self = Self(1);

    /// Returns the weight of a number. Numbers below one count as one.
    #[must_use]
    pub fn new(weight: i64) -> Self {
        Self(weight.max(1))
    }

    /// Returns the weight in the group's unit.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }

    /// Returns the largest of some weights; one if there are none.
    #[must_use]
    pub fn largest(weights: impl Iterator<Item = Self>) -> Self {
        weights.max().unwrap_or(Self::ONE)
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_at_least_one() {
        for (number, weight) in [(-3, 1), (0, 1), (1, 1), (8, 8)] {
            assert_eq!(Weight::new(number).get(), weight, "{number}");
            assert_eq!(serde_json::from_str::<Weight>(&number.to_string()).expect("a number").get(), weight, "{number}");
        }
        assert_eq!(serde_json::to_string(&Weight::new(8)).expect("JSON"), "8");
        assert_eq!(Weight::largest([Weight::ONE, Weight::new(8)].into_iter()), Weight::new(8));
        assert_eq!(Weight::largest(std::iter::empty()), Weight::ONE);
    }
}
