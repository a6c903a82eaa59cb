//! What becomes of the pods of nodes that a what-if takes away.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::added::{NotPlaced, not_placed};
use super::places::ExpectedPlaces;
use super::pod::PodReport;
use crate::plan::reason::count;
use crate::snapshot::{ObjectName, TakenAway, TakenKind};

/// What becomes of the pods of what is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WithoutReport {
    /// Whether it is a node or a group.
    pub kind: TakenKind,
    /// The name of the node or group.
    pub name: String,
    /// How many of its pods their controllers make again.
    pub pods: u32,
    /// Where these are expected.
    #[serde(flatten)]
    pub places: ExpectedPlaces,
    /// The others of them, by the reason why they are not placed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_placed: Vec<NotPlaced>,
    /// The pods that nobody makes again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<ObjectName>,
    /// The whole report as one sentence.
    pub message: String,
}

/// Reports on everything that is taken away.
pub(crate) fn without_reports(without: &[TakenAway], pods: &[PodReport]) -> Vec<WithoutReport> {
    if without.is_empty() {
        return Vec::new();
    }
    let by_name: BTreeMap<&ObjectName, &PodReport> = pods.iter().map(|report| (&report.pod, report)).collect();
    without.iter().map(|taken| of_taken(taken, &by_name)).collect()
}

fn of_taken(taken: &TakenAway, by_name: &BTreeMap<&ObjectName, &PodReport>) -> WithoutReport {
    let reports: Vec<&PodReport> = taken.pods.iter().filter_map(|pod| by_name.get(pod).copied()).collect();
    let report = WithoutReport {
        kind: taken.kind,
        name: taken.name.clone(),
        pods: u32::try_from(reports.len()).unwrap_or(u32::MAX),
        places: ExpectedPlaces::of(0, reports.iter().map(|report| &report.verdict)),
        not_placed: not_placed(&reports),
        lost: taken.lost.clone(),
        message: String::new(),
    };
    WithoutReport { message: report.to_string(), ..report }
}

impl fmt::Display for WithoutReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "without {} {}: ", self.kind, self.name)?;
        let mut parts = self.places.parts();
        parts.extend(self.not_placed.iter().map(|NotPlaced { pods, message }| format!("{pods} can't be placed: {message}")));
        match self.pods {
            0 => f.write_str("no pod has to move")?,
            pods => write!(f, "{} made again – {}", count(u64::from(pods), "pod"), parts.join(", "))?,
        }
        match &self.lost[..] {
            [] => Ok(()),
            [one] => write!(f, "; {one} ends with it, and nobody makes it again"),
            [first, others @ ..] => {
                write!(f, "; {first} and {} end with it, and nobody makes them again", count(others.len() as u64, "other pod"))
            }
        }
    }
}
