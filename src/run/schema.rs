//! `schema`: prints the JSON Schema of the documents that this version writes and reads.

use schemars::{Schema, schema_for};
use serde_json::Value;

use super::suggest::PrintedSuggestions;
use super::{Console, RunError};
use crate::cli::{Document, SchemaCommand};
use crate::doctor::Diagnosis;
use crate::exit::ExitCode;
use crate::fix::FixPlan;
use crate::plan::codes::Code;
use crate::plan::explain::{
    BufferExplanation, GangExplanation, GroupExplanation, NodeExplanation, PodExplanation, RequestExplanation,
};
use crate::plan::{self, Plan, PlanDifference};
use crate::policy::PolicyFile;
use crate::simulate::{Comparison, Report, Sweep};
use crate::snapshot::{self, Snapshot};

pub(super) fn run(command: &SchemaCommand, console: &Console) -> anyhow::Result<ExitCode> {
    console.print(&text(command.document)).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}

/// Returns the schema of a format of files, where it has one.
pub(super) fn of_format(name: &str) -> Option<String> {
    match name {
        "plan" => Some(text(Document::Plan)),
        "snapshot" => Some(text(Document::Snapshot)),
        _ => None,
    }
}

fn text(document: Document) -> String {
    match document {
        Document::Plan => named("plan:v2", schema_for!(Plan)),
        Document::PlanV1 => plan::JSON_SCHEMA_V1.to_owned(),
        Document::Snapshot => named("snapshot:v2", schema_for!(Snapshot)),
        Document::SnapshotV1 => snapshot::JSON_SCHEMA_V1.to_owned(),
        Document::ExplainPod => named("explain-pod:v1", schema_for!(PodExplanation)),
        Document::ExplainNode => named("explain-node:v1", schema_for!(NodeExplanation)),
        Document::ExplainGroup => named("explain-group:v1", schema_for!(GroupExplanation)),
        Document::ExplainGang => named("explain-gang:v1", schema_for!(GangExplanation)),
        Document::ExplainBuffer => named("explain-buffer:v1", schema_for!(BufferExplanation)),
        Document::ExplainRequest => named("explain-request:v1", schema_for!(RequestExplanation)),
        Document::ExplainCode => named("explain-code:v1", schema_for!(Vec<Code>)),
        Document::Simulation => named("simulation:v1", schema_for!(Report)),
        Document::PlanDifference => named("plan-difference:v1", schema_for!(PlanDifference)),
        Document::Policy => named("policy:v1", schema_for!(PolicyFile)),
        Document::Fix => named("fix:v1", schema_for!(FixPlan)),
        Document::Diagnosis => named("diagnosis:v1", schema_for!(Diagnosis)),
        Document::Suggestions => named("suggestions:v1", schema_for!(PrintedSuggestions)),
        Document::SimulationComparison => named("simulation-comparison:v2", schema_for!(Comparison)),
        Document::SimulationSweep => named("simulation-sweep:v1", schema_for!(Sweep)),
    }
}

/// Returns a schema as text, with the address by which other schemas can refer to it.
fn named(name: &str, mut schema: Schema) -> String {
    schema.insert("$id".to_owned(), Value::from(format!("urn:ec2-autoscale:{name}")));
    format!("{:#}\n", schema.as_value())
}
