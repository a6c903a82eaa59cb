//! Two reports side by side: the same trace, start and world under two sets of flags.

use schemars::JsonSchema;
use serde::Serialize;

use super::document::Report;
use super::figure::{Figure, Unit};

/// The name of the format this version writes.
pub const COMPARISON_SCHEMA: &str = "ec2-autoscale/simulation-comparison/v1";

/// What `simulate --compare -o json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// Always [`COMPARISON_SCHEMA`].
    #[schemars(extend("const" = COMPARISON_SCHEMA))]
    pub schema: String,
    /// The first.
    pub a: Side,
    /// The second.
    pub b: Side,
    /// Figure by figure, those that matter most first.
    pub differences: Vec<Difference>,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Side {
    /// The flags as they were written.
    pub flags: String,
    /// What came of it.
    pub report: Report,
}

/// A figure in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// Which.
    pub figure: Figure,
    /// Of which resource, where it is one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What the numbers count.
    pub unit: Unit,
    /// In the first; absent where it has no meaning or is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<i64>,
    /// In the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<i64>,
    /// The second less the first; absent where one of them is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<i64>,
    /// The difference in thousandths of the first; absent where that is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference_per_mille: Option<i64>,
}

impl Comparison {
    /// Compares two sides.
    #[must_use]
    pub fn new(a: Side, b: Side) -> Self {
        let differences = differences(&a.report, &b.report);
        Self { schema: COMPARISON_SCHEMA.to_owned(), a, b, differences }
    }
}

/// Returns the differences. A figure that neither side knows is left out.
fn differences(a: &Report, b: &Report) -> Vec<Difference> {
    let (of_a, of_b) = (a.figures(), b.figures());
    let known =
        |line: &&super::FigureLine| of_a.iter().all(|of_a| (of_a.figure, &of_a.resource) != (line.figure, &line.resource));
    // One side may never have had a node with some device.
    let mut keys: Vec<_> =
        of_a.iter().chain(of_b.iter().filter(known)).map(|line| (line.figure, line.resource.clone())).collect();
    keys.sort_by_key(|(figure, _)| *figure);
    let amount = |lines: &[super::FigureLine], key: &(Figure, Option<String>)| {
        lines.iter().find(|line| (line.figure, &line.resource) == (key.0, &key.1)).and_then(|line| line.amount)
    };
    let difference = |key: (Figure, Option<String>)| {
        let (a, b) = (amount(&of_a, &key), amount(&of_b, &key));
        Some(Difference::new(key, a.or(b)?.unit, a.map(|a| a.number), b.map(|b| b.number)))
    };
    keys.into_iter().filter_map(difference).collect()
}

impl Difference {
    fn new((figure, resource): (Figure, Option<String>), unit: Unit, a: Option<i64>, b: Option<i64>) -> Self {
        let difference = a.zip(b).map(|(a, b)| b.saturating_sub(a));
        let per_mille = difference.zip(a).and_then(|(difference, a)| per_mille(difference, a));
        Self { figure, resource, unit, a, b, difference, difference_per_mille: per_mille }
    }
}

/// Rounds to the nearest thousandth, halves away from 0.
fn per_mille(difference: i64, of: i64) -> Option<i64> {
    let (scaled, of) = (i128::from(difference) * 1000, i128::from(of));
    let half = of / 2 * i128::from(difference.signum());
    i64::try_from((scaled + half).checked_div(of)?).ok()
}
