//! Reports side by side: the same trace and start under several sets of flags.

use schemars::JsonSchema;
use serde::Serialize;

use super::document::Report;
use super::figure::{Figure, FigureLine, Unit};

/// The name of the format this version writes. In v1 there were two sides, `a` and `b`.
pub const COMPARISON_SCHEMA: &str = "ec2-autoscale/simulation-comparison/v2";

/// What `simulate --compare -o json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// Always [`COMPARISON_SCHEMA`].
    #[schemars(extend("const" = COMPARISON_SCHEMA))]
    pub schema: String,
    /// Two or more; the others are compared with the first.
    pub sides: Vec<Side>,
    /// Figure by figure, those that matter most first.
    pub figures: Vec<ComparedFigure>,
}

/// One of the sides.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Side {
    /// Its name.
    pub name: String,
    /// The flags as they were written.
    pub flags: String,
    /// What came of it.
    pub report: Report,
}

/// A figure of all sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ComparedFigure {
    /// Which.
    pub figure: Figure,
    /// Of which resource, where it is one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What the numbers count.
    pub unit: Unit,
    /// The figure of each side, in their order.
    pub values: Vec<ComparedValue>,
}

/// The figure of one side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ComparedValue {
    /// The value; absent where it has no meaning or is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    /// The value less that of the first side; absent where one of them is, and for the first side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<i64>,
    /// The difference in thousandths of the first side; absent where that is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference_per_mille: Option<i64>,
}

impl Comparison {
    /// Compares sides with the first of them.
    #[must_use]
    pub fn new(sides: Vec<Side>) -> Self {
        let lines: Vec<Vec<FigureLine>> = sides.iter().map(|side| side.report.figures()).collect();
        Self { schema: COMPARISON_SCHEMA.to_owned(), sides, figures: figures(&lines) }
    }

    /// Returns a figure that is not of a resource.
    #[must_use]
    pub fn figure(&self, figure: Figure) -> Option<&ComparedFigure> {
        self.figures.iter().find(|known| known.figure == figure)
    }
}

/// Returns the figures of all sides. One that no side knows is left out.
fn figures(sides: &[Vec<FigureLine>]) -> Vec<ComparedFigure> {
    // One side may never have had a node with some device.
    let mut keys: Vec<(Figure, Option<&str>)> = Vec::new();
    for line in sides.iter().flatten() {
        let key = (line.figure, line.resource.as_deref());
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.sort_by_key(|(figure, _)| *figure);
    keys.into_iter().filter_map(|key| ComparedFigure::new(key, sides)).collect()
}

impl ComparedFigure {
    fn new((figure, resource): (Figure, Option<&str>), sides: &[Vec<FigureLine>]) -> Option<Self> {
        let is_it = |line: &&FigureLine| (line.figure, line.resource.as_deref()) == (figure, resource);
        let amounts: Vec<_> = sides.iter().map(|lines| lines.iter().find(is_it).and_then(|line| line.amount)).collect();
        let unit = amounts.iter().flatten().next()?.unit;
        let numbers = amounts.iter().map(|amount| amount.map(|amount| amount.number));
        let first = numbers.clone().next().flatten();
        let values = numbers.enumerate().map(|(place, value)| ComparedValue::new(value, first.filter(|_| place > 0)));
        Some(Self { figure, resource: resource.map(str::to_owned), unit, values: values.collect() })
    }
}

impl ComparedValue {
    fn new(value: Option<i64>, first: Option<i64>) -> Self {
        let difference = first.zip(value).map(|(first, value)| value.saturating_sub(first));
        let difference_per_mille = difference.zip(first).and_then(|(difference, first)| per_mille(difference, first));
        Self { value, difference, difference_per_mille }
    }
}

/// Rounds to the nearest thousandth, halves away from 0.
fn per_mille(difference: i64, of: i64) -> Option<i64> {
    let (scaled, of) = (i128::from(difference) * 1000, i128::from(of));
    let half = of / 2 * i128::from(difference.signum());
    i64::try_from((scaled + half).checked_div(of)?).ok()
}
