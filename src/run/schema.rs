//! `schema`: prints the JSON Schema of the documents that this version writes.

use schemars::schema_for;

use super::{Console, RunError};
use crate::cli::{Schema, SchemaCommand};
use crate::exit::ExitCode;
use crate::plan::Plan;
use crate::plan::explain::{GroupExplanation, NodeExplanation, PodExplanation};
use crate::simulate::{Comparison, Report};
use crate::snapshot::Snapshot;

pub(super) fn run(command: &SchemaCommand, console: &Console) -> anyhow::Result<ExitCode> {
    let schema = match command.document {
        Schema::Plan => schema_for!(Plan),
        Schema::Snapshot => schema_for!(Snapshot),
        Schema::ExplainPod => schema_for!(PodExplanation),
        Schema::ExplainNode => schema_for!(NodeExplanation),
        Schema::ExplainGroup => schema_for!(GroupExplanation),
        Schema::Simulation => schema_for!(Report),
        Schema::SimulationComparison => schema_for!(Comparison),
    };
    console
        .stream(|out| {
            serde_json::to_writer_pretty(&mut *out, &schema)?;
            out.write_all(b"\n")
        })
        .map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}
