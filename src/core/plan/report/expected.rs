//! The report on pods that are about to exist.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::places::ExpectedPlaces;
use super::pod::PodVerdict;
use super::room_for::RoomFor;
use crate::plan::reason::count;

/// The report on pods that an object is about to have, and that count with `--expect-job-pods`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedReport {
    /// The object.
    #[serde(flatten)]
    pub room_for: RoomFor,
    /// How many of its pods are expected.
    pub pods: u32,
    /// Where they would be.
    #[serde(flatten)]
    pub places: ExpectedPlaces,
    /// The whole report as one sentence.
    pub message: String,
}

impl ExpectedReport {
    /// Reports on the pods that an object is about to have, by their verdicts.
    pub(crate) fn new<'v>(room_for: RoomFor, pods: u32, verdicts: impl Iterator<Item = &'v PodVerdict>) -> Self {
        let places = ExpectedPlaces::of(0, verdicts);
        let mut parts = places.parts();
        let without = pods.saturating_sub(places.pods());
        if without > 0 {
            parts.push(format!("{without} would have no place"));
        }
        let message = format!("{} expected of {}: {}", count(u64::from(pods), "pod"), room_for.kind, parts.join(", "));
        Self { room_for, pods, places, message }
    }
}
