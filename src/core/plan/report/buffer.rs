//! The report on a CapacityBuffer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::places::ExpectedPlaces;
use super::pod::{PodVerdict, Ruling};
use crate::plan::absent_pods::BufferProblem;
use crate::plan::reason::count;
use crate::snapshot::{BufferShape, CapacityBuffer, Name};

/// The report on a CapacityBuffer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BufferReport {
    /// Its namespace.
    pub namespace: Name,
    /// The name within it.
    pub name: Name,
    /// For how many pods it wants room; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<u32>,
    /// For how many of them there is room on nodes that are Ready now.
    pub on_ready_nodes: u32,
    /// Where they have room. Nodes that are there but not schedulable yet count with those.
    #[serde(flatten)]
    pub places: ExpectedPlaces,
    /// For how many of them there is no room anywhere.
    pub missing: u32,
    /// What becomes of it.
    pub outcome: BufferOutcome,
    /// The whole report as one sentence.
    pub message: String,
}

/// What becomes of a CapacityBuffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BufferOutcome {
    /// Nodes that are Ready have room for all its pods.
    Whole,
    /// There will be room for all its pods: some of it is bought, coming or becomes schedulable.
    Filling,
    /// There is no room for some of its pods.
    Short,
    /// It wants room for no pods.
    Empty,
    /// It has a strategy that is not ours.
    OtherStrategy,
    /// It is not known what its pods are like, or how many there are.
    Unresolved,
}

impl BufferReport {
    /// Reports on a buffer, by the rulings on its pods.
    pub(crate) fn new<'r>(
        buffer: &CapacityBuffer,
        wanted: Result<u32, BufferProblem>,
        rulings: impl Iterator<Item = &'r Ruling> + Clone,
    ) -> Self {
        let places = ExpectedPlaces::of(0, rulings.clone().map(|ruling| &ruling.verdict));
        let is_on_ready = |ruling: &&Ruling| matches!(ruling.verdict, PodVerdict::FitsExisting { .. });
        let on_ready_nodes = u32::try_from(rulings.clone().filter(is_on_ready).count()).unwrap_or(u32::MAX);
        let missing = wanted.map_or(0, |wanted| wanted.saturating_sub(places.pods()));
        let outcome = match wanted {
            Err(BufferProblem::OtherStrategy) => BufferOutcome::OtherStrategy,
            Err(BufferProblem::ShapeUnknown | BufferProblem::NoNumber | BufferProblem::IdleLimits) => BufferOutcome::Unresolved,
            Ok(0) => BufferOutcome::Empty,
            Ok(_) if missing > 0 => BufferOutcome::Short,
            Ok(wanted) if on_ready_nodes < wanted => BufferOutcome::Filling,
            Ok(_) => BufferOutcome::Whole,
        };
        let message = match wanted {
            Err(problem) => why_unresolved(buffer, problem),
            Ok(0) => "wants room for no pods".to_owned(),
            Ok(wanted) => {
                let without = rulings.filter(|ruling| !ruling.verdict.is_helped()).map(|ruling| ruling.message.as_str()).next();
                room(wanted, &places, missing, without)
            }
        };
        Self {
            namespace: buffer.namespace.clone(),
            name: buffer.name.clone(),
            wanted: wanted.ok(),
            on_ready_nodes,
            places,
            missing,
            outcome,
            message,
        }
    }
}

fn room(wanted: u32, places: &ExpectedPlaces, missing: u32, without: Option<&str>) -> String {
    let mut parts = places.parts();
    if let Some(why) = without.filter(|_| missing > 0) {
        parts.push(format!("{missing} without room: {why}"));
    }
    format!("room for {} of {}: {}", places.pods(), count(u64::from(wanted), "pod"), parts.join(", "))
}

fn why_unresolved(buffer: &CapacityBuffer, problem: BufferProblem) -> String {
    match problem {
        BufferProblem::OtherStrategy => {
            format!("left alone: its strategy is {}", buffer.strategy.as_deref().unwrap_or_default())
        }
        BufferProblem::NoNumber => {
            "names no number of pods: neither replicas nor limits, or a percentage of nothing".to_owned()
        }
        BufferProblem::IdleLimits => "its limits name nothing that its pods request".to_owned(),
        BufferProblem::ShapeUnknown => match &buffer.shape {
            BufferShape::Known { .. } => String::new(),
            BufferShape::NoReference => "names not exactly one of podTemplateRef and scalableRef".to_owned(),
            BufferShape::TemplateMissing { name } => format!("PodTemplate {name} is not in its namespace"),
            BufferShape::ScalableMissing { object } => format!("{object} is not in its namespace"),
            BufferShape::KindNotServed { kind } => {
                format!("{kind} is not served: name a Deployment, StatefulSet, ReplicaSet, ReplicationController or Job")
            }
            BufferShape::Unreadable { error } => error.clone(),
        },
    }
}
