//! A grid of policies on the same trace and start: what each costs and how long pods wait, and
//! which of them no other beats in both.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::Report;
use super::figure::{Amount, Figure, Unit};
use crate::duration::Seconds;

/// The name of the format this version writes.
pub const SWEEP_SCHEMA: &str = "ec2-autoscale/simulation-sweep/v1";

/// What `simulate --sweep -o json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sweep {
    /// Always [`SWEEP_SCHEMA`].
    #[schemars(extend("const" = SWEEP_SCHEMA))]
    pub schema: String,
    /// A number that follows from the start, the work and the flags, by which parts of one sweep
    /// are known.
    pub fingerprint: String,
    /// When the simulations begin.
    pub started_at: Timestamp,
    /// The flags that vary.
    pub axes: Vec<SweepAxis>,
    /// Which part this is; absent where it is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<SweepPart>,
    /// The policies, in the order of the grid: the last axis varies first.
    pub points: Vec<SweepPoint>,
}

/// A flag that varies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SweepAxis {
    /// Its name, without the dashes.
    pub flag: String,
    /// Its values.
    pub values: Vec<String>,
}

/// A part of a sweep: every so many-th point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SweepPart {
    /// Its number, from 0: it holds the points whose place leaves this remainder.
    pub number: u32,
    /// How many parts there are.
    pub of: u32,
}

/// One policy of a sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SweepPoint {
    /// Its place in the grid, from 0.
    pub place: u32,
    /// The values of the flags that vary, in the order of the axes.
    pub values: Vec<String>,
    /// Whether no other point is at least as cheap and lets pods wait no longer, and is better in
    /// one of them. Of a part it holds among the points of the part.
    pub on_frontier: bool,
    /// How long all pods had no node, those that never got one to the end.
    pub waited: Seconds,
    /// How many pods came.
    pub pods: u32,
    /// The figures of its report that are known.
    pub figures: Vec<PointFigure>,
}

/// A figure of a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PointFigure {
    /// Which.
    pub figure: Figure,
    /// Of which resource, where it is one of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What the number counts.
    pub unit: Unit,
    /// The number.
    pub value: i64,
}

/// Why parts cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is no part.
    #[error("there is no part to put together")]
    Nothing,
    /// A document is another.
    #[error("document {place} is {schema:?}, not {SWEEP_SCHEMA:?}")]
    OtherSchema {
        /// Its place among the documents, from 1.
        place: usize,
        /// What it states.
        schema: String,
    },
    /// A document is of another sweep.
    #[error("document {place} is of another sweep than the first: its flags, its start or its work differ")]
    OtherSweep {
        /// Its place among the documents, from 1.
        place: usize,
    },
    /// A point is in two documents.
    #[error("point {point} is in document {place} and in an earlier one; pass each part once")]
    Twice {
        /// The place of the point.
        point: u32,
        /// The place of the document, from 1.
        place: usize,
    },
    /// Points are in no document.
    #[error("{missing} of {all} points are missing, the first of them in part {part} of {of}; pass that part as well")]
    Missing {
        /// How many.
        missing: u32,
        /// How many there are in all.
        all: u32,
        /// The part that holds the first of them, from 0.
        part: u32,
        /// How many parts there are.
        of: u32,
    },
}

impl Sweep {
    /// Makes a sweep, or a part of one, of its points in any order.
    #[must_use]
    pub fn new(
        fingerprint: String,
        started_at: Timestamp,
        axes: Vec<SweepAxis>,
        part: Option<SweepPart>,
        mut points: Vec<SweepPoint>,
    ) -> Self {
        points.sort_by_key(|point| point.place);
        mark_frontier(&mut points);
        Self { schema: SWEEP_SCHEMA.to_owned(), fingerprint, started_at, axes, part, points }
    }

    /// Puts the parts of a sweep together, in any order. The result is what the whole would be.
    ///
    /// # Errors
    /// When they are not the parts of one sweep, each once.
    pub fn merged(parts: Vec<Self>) -> Result<Self, MergeError> {
        let Some(first) = parts.first() else { return Err(MergeError::Nothing) };
        let of = first.part.map_or(1, |part| part.of);
        let (fingerprint, started_at, axes) = (first.fingerprint.clone(), first.started_at, first.axes.clone());
        let (mut points, mut seen) = (Vec::new(), BTreeSet::new());
        for (place, part) in (1..).zip(parts) {
            if part.schema != SWEEP_SCHEMA {
                return Err(MergeError::OtherSchema { place, schema: part.schema });
            }
            if part.fingerprint != fingerprint || part.axes != axes || part.part.map_or(1, |part| part.of) != of {
                return Err(MergeError::OtherSweep { place });
            }
            if let Some(twice) = part.points.iter().find(|point| !seen.insert(point.place)) {
                return Err(MergeError::Twice { point: twice.place, place });
            }
            points.extend(part.points);
        }
        let all = size(&axes);
        let missing = || (0..all).filter(|place| !seen.contains(place));
        match missing().next() {
            Some(first) => {
                let missing = u32::try_from(missing().count()).unwrap_or(u32::MAX);
                Err(MergeError::Missing { missing, all, part: first % of.max(1), of })
            }
            None => Ok(Self::new(fingerprint, started_at, axes, None, points)),
        }
    }

    /// Whether money is measured in dollars: the price of every point is known. Otherwise it is
    /// measured in node-hours.
    #[must_use]
    pub fn has_prices(&self) -> bool {
        have_prices(&self.points)
    }

    /// Returns what a point costs: in dollars, or else in node-hours.
    #[must_use]
    pub fn money(&self, point: &SweepPoint) -> Amount {
        let (unit, number) =
            if self.has_prices() { (Unit::MicroUsd, Figure::Cost) } else { (Unit::InstanceSeconds, Figure::NodeHours) };
        Amount { unit, number: point.value(number).unwrap_or_default() }
    }
}

impl SweepPoint {
    /// Returns a point with the figures of its report.
    #[must_use]
    pub fn new(place: u32, values: Vec<String>, report: &Report) -> Self {
        let known = |line: super::FigureLine| {
            let Amount { unit, number } = line.amount?;
            Some(PointFigure { figure: line.figure, resource: line.resource, unit, value: number })
        };
        let figures = report.figures().into_iter().filter_map(known).collect();
        Self { place, values, on_frontier: false, waited: report.pods.waited, pods: report.pods.came, figures }
    }

    /// Returns a figure that is not of a resource.
    #[must_use]
    pub fn value(&self, figure: Figure) -> Option<i64> {
        self.figures.iter().find(|known| known.figure == figure).map(|known| known.value)
    }

    /// Returns a figure with its unit.
    #[must_use]
    pub fn amount(&self, figure: Figure) -> Option<Amount> {
        let known = self.figures.iter().find(|known| known.figure == figure)?;
        Some(Amount { unit: known.unit, number: known.value })
    }
}

/// Returns how many points a grid has.
#[must_use]
pub fn size(axes: &[SweepAxis]) -> u32 {
    axes.iter().fold(1, |size: u32, axis| size.saturating_mul(u32::try_from(axis.values.len()).unwrap_or(u32::MAX)))
}

/// Returns the values of a point of a grid, one per axis.
#[must_use]
pub fn values_at(axes: &[SweepAxis], place: u32) -> Vec<String> {
    let mut rest = usize::try_from(place).unwrap_or(usize::MAX);
    let mut values = Vec::with_capacity(axes.len());
    for axis in axes.iter().rev() {
        values.push(axis.values[rest % axis.values.len()].clone());
        rest /= axis.values.len();
    }
    values.reverse();
    values
}

fn have_prices(points: &[SweepPoint]) -> bool {
    !points.is_empty() && points.iter().all(|point| point.value(Figure::Cost).is_some())
}

/// Marks the points that no other beats: sorted by money, each has to wait less than all before it.
fn mark_frontier(points: &mut [SweepPoint]) {
    let measure = if have_prices(points) { Figure::Cost } else { Figure::NodeHours };
    let both = |point: &SweepPoint| (point.value(measure).unwrap_or(i64::MAX), point.waited);
    let mut sorted: Vec<(i64, Seconds)> = points.iter().map(both).collect();
    sorted.sort_unstable();
    let mut frontier = BTreeSet::new();
    let mut least = None;
    for (money, waited) in sorted {
        if least.is_none_or(|least| waited < least) {
            frontier.insert((money, waited));
            least = Some(waited);
        }
    }
    for point in points {
        point.on_frontier = frontier.contains(&both(point));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes() -> Vec<SweepAxis> {
        let axis = |flag: &str, values: &[&str]| SweepAxis {
            flag: flag.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        vec![axis("idle-threshold", &["5m", "10m", "30m"]), axis("expander", &["price", "least-waste"])]
    }

    fn point(place: u32, cost: i64, waited: u64) -> SweepPoint {
        let figures = vec![PointFigure { figure: Figure::Cost, resource: None, unit: Unit::MicroUsd, value: cost }];
        let values = values_at(&axes(), place);
        SweepPoint { place, values, on_frontier: false, waited: Seconds(waited), pods: 3, figures }
    }

    fn sweep(part: Option<SweepPart>, points: Vec<SweepPoint>) -> Sweep {
        let at = "2026-11-22T00:00:00Z".parse().expect("a timestamp");
        Sweep::new("f".to_owned(), at, axes(), part, points)
    }

    fn all_points() -> Vec<SweepPoint> {
        [(10, 50), (20, 40), (20, 45), (30, 40), (40, 10), (10, 50)]
            .into_iter()
            .zip(0..)
            .map(|((cost, waited), place)| point(place, cost, waited))
            .collect()
    }

    #[test]
    fn the_last_axis_varies_first() {
        assert_eq!(size(&axes()), 6);
        assert_eq!(values_at(&axes(), 0), ["5m", "price"]);
        assert_eq!(values_at(&axes(), 1), ["5m", "least-waste"]);
        assert_eq!(values_at(&axes(), 5), ["30m", "least-waste"]);
    }

    #[test]
    fn what_another_beats_in_money_and_in_waiting_is_off_the_frontier() {
        let frontier: Vec<bool> = sweep(None, all_points()).points.iter().map(|point| point.on_frontier).collect();
        assert_eq!(frontier, [true, true, false, false, true, true]);
    }

    #[test]
    fn parts_in_any_order_are_the_whole_to_the_byte() {
        let part = |number| {
            let points = all_points().into_iter().filter(|point| point.place % 4 == number).rev().collect();
            let written = serde_json::to_string(&sweep(Some(SweepPart { number, of: 4 }), points)).expect("JSON");
            serde_json::from_str(&written).expect("what was written")
        };
        let merged = Sweep::merged(vec![part(2), part(0), part(3), part(1)]).expect("all parts");
        let json = |sweep: &Sweep| serde_json::to_string(sweep).expect("JSON");
        assert_eq!(json(&merged), json(&sweep(None, all_points())));
        let missing = Sweep::merged(vec![part(0), part(2), part(3)]).expect_err("one is missing");
        assert_eq!(missing, MergeError::Missing { missing: 2, all: 6, part: 1, of: 4 });
        assert_eq!(Sweep::merged(vec![part(0), part(1), part(0)]), Err(MergeError::Twice { point: 0, place: 3 }));
        let mut other: Sweep = part(1);
        other.fingerprint = "g".to_owned();
        assert_eq!(Sweep::merged(vec![part(0), other]), Err(MergeError::OtherSweep { place: 2 }));
    }
}
