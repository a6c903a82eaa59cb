//! What a simulation begins with: a cluster, and the work that comes.

use crate::cli::SimulateCommand;
use crate::demo;
use crate::gather::trace;
use crate::policy::Policy;
use crate::run::observe::observe;
use crate::run::settings::ActivityReach;
use crate::run::{Console, RunError, Surroundings, prices};
use crate::snapshot::Snapshot;
use crate::trace::Trace;

/// Of the bundled trace, in messages.
const DEMO: &str = "the example in the program";

/// A cluster, and the work that comes.
pub(super) struct Start {
    pub(super) snapshot: Snapshot,
    pub(super) trace: Trace,
}

impl Start {
    /// Reads both, the trace first: a mistake in it is told before anybody is asked.
    ///
    /// # Errors
    /// When there is no trace, or one of them cannot be read.
    pub(super) async fn read(
        command: &SimulateCommand,
        policy: &Policy,
        around: &Surroundings,
        console: &Console,
    ) -> Result<Self, RunError> {
        let trace = read_trace(command, console)?;
        let snapshot = if command.source.demo {
            bundled(command)?
        } else {
            let activities = ActivityReach::of_a_plan(policy);
            observe(&command.source, &command.prices, &command.live, activities, around, console).await?
        };
        Ok(Self { snapshot, trace })
    }
}

fn read_trace(command: &SimulateCommand, console: &Console) -> Result<Trace, RunError> {
    let mut notes = Vec::new();
    let trace = match &command.trace {
        Some(path) => trace::read(path, &mut notes)?,
        None if command.source.demo => trace::read_text(DEMO, demo::DAY_TRACE)?,
        None => {
            return Err(RunError::usage(
                "a simulation needs the work that comes, and there is no --trace",
                "pass --trace FILE, or --demo for the example in the program",
            ));
        }
    };
    for note in notes {
        console.note(&format!("note: {note}"));
    }
    Ok(trace)
}

/// The bundled cluster is another than that of `plan --demo`: its day has not begun yet.
fn bundled(command: &SimulateCommand) -> Result<Snapshot, RunError> {
    let mut snapshot = demo::day();
    prices::put_into(&mut snapshot, prices::read(&command.prices, &command.source)?);
    Ok(snapshot)
}
