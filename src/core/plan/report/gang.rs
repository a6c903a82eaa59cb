//! The report on a gang.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::places::ExpectedPlaces;
use super::pod::{PodReport, PodVerdict, write_incomplete, write_without_room};
use crate::plan::gangs::GangEntry;
use crate::snapshot::{GangName, Name};

/// The report on a gang of which pods wait for a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GangReport {
    /// Its namespace.
    pub namespace: Name,
    /// Its kind and name.
    pub gang: GangName,
    /// How many of its pods start together at least.
    pub min: u32,
    /// How many of its pods exist, or are expected to (`--expect-job-pods`).
    pub pods: u32,
    /// Where its pods are expected. Those that run count as pods on nodes that are there.
    #[serde(flatten)]
    pub places: ExpectedPlaces,
    /// What becomes of it.
    pub outcome: GangOutcome,
    /// The whole report as one sentence.
    pub message: String,
}

/// What becomes of a gang.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GangOutcome {
    /// As many pods as start together run already; the others wait.
    Runs,
    /// As many pods as start together have a place.
    HasRoom,
    /// It waits for pods that do not exist yet, or that gates hold back.
    Incomplete,
    /// Too few pods have a place, so that none of those that wait gets one.
    WithoutRoom,
}

impl GangReport {
    /// Reports on a gang, by the reports on those of its pods that have no node, and the verdicts
    /// on those that do not exist.
    pub(crate) fn new(entry: &GangEntry<'_>, unbound: &[&PodReport], absent: &[&PodVerdict]) -> Self {
        let verdicts = unbound.iter().map(|report| &report.verdict).chain(absent.iter().copied());
        let places = ExpectedPlaces::of(entry.bound, verdicts);
        let outcome = match () {
            () if entry.bound >= entry.needed() => GangOutcome::Runs,
            () if entry.is_incomplete() => GangOutcome::Incomplete,
            () if places.pods() >= entry.needed() => GangOutcome::HasRoom,
            () => GangOutcome::WithoutRoom,
        };
        let report = Self {
            namespace: entry.gang.namespace.clone(),
            gang: entry.gang.id.clone(),
            min: entry.gang.min,
            pods: entry.members,
            places,
            outcome,
            message: String::new(),
        };
        let mut message = String::new();
        report.write(unbound, &mut message).expect("a string takes all that is written");
        Self { message, ..report }
    }

    fn write(&self, unbound: &[&PodReport], f: &mut impl fmt::Write) -> fmt::Result {
        for report in unbound {
            match &report.verdict {
                PodVerdict::GangIncomplete { min, pods, gated, .. } => return write_incomplete(*min, *pods, *gated, f),
                PodVerdict::GangWithoutRoom { min, places, refusals, .. } => {
                    return write_without_room(*min, *places, refusals, f);
                }
                _ => {}
            }
        }
        write!(f, "{} of {} pods, {} at least", self.places.pods(), self.pods, self.min)?;
        let parts = self.places.parts();
        if parts.is_empty() { Ok(()) } else { write!(f, ": {}", parts.join(", ")) }
    }
}
