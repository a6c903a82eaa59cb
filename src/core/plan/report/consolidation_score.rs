//! How much emptying a node saves for what it disrupts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The share of the fleet's price that is saved ÷ the share of its disruption that is caused, in
/// thousandths. An average node scores 1000. Karpenter's `consolidationPolicy: Balanced` divides
/// the same shares, of a NodePool (`designs/balanced-consolidation.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ConsolidationScore(pub u64);

impl ConsolidationScore {
    /// Returns the score that a person wrote as a number such as 0.5.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the flag takes no negative number, and rounds"
    )]
    pub fn written(number: f64) -> Self {
        Self((number * 1000.0).round() as u64)
    }
}

impl fmt::Display for ConsolidationScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(thousandths) = self;
        write!(f, "{}.{:02}", thousandths / 1000, thousandths % 1000 / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_compared_with_three_digits_and_shown_with_two() {
        let (written, below) = (ConsolidationScore::written(0.5), ConsolidationScore(499));
        assert!(below < written && written == ConsolidationScore(500));
        assert_eq!([below, written, ConsolidationScore(12_050)].map(|score| score.to_string()), ["0.49", "0.50", "12.05"]);
    }
}
