//! The start of a simulation: a cluster, and the work that comes.

use std::path::Path;

use anyhow::bail;

use crate::cli::{SimulateCommand, SourceFlags};
use crate::demo;
use crate::gather::GatherOptions;
use crate::gather::replay::read_snapshot;
use crate::gather::trace::{self, Recorded};
use crate::plan::count;
use crate::policy::TimedPolicy;
use crate::run::deadline::Deadline;
use crate::run::observe::observe_with;
use crate::run::progress::Spinner;
use crate::run::settings::{ActivityReach, gather_options};
use crate::run::{Console, Environment, RunError, prices};
use crate::snapshot::Snapshot;
use crate::trace::Trace;

/// The name of the bundled trace in messages.
const DEMO: &str = "the example in the program";

/// A cluster, and the work that comes.
pub(super) struct Start {
    pub(super) snapshot: Snapshot,
    pub(super) trace: Trace,
}

impl Start {
    /// Reads both, the trace first: a mistake in it is reported before anything else is read.
    ///
    /// # Errors
    /// When there is no trace, or one of them cannot be read.
    pub(super) async fn read(
        command: &SimulateCommand,
        policy: &TimedPolicy,
        environment: &Environment,
        console: &Console,
    ) -> anyhow::Result<Self> {
        if let Some(path) = &command.from_snapshot {
            return recorded(path, command, console);
        }
        let trace = read_trace(command, console)?;
        let snapshot = if command.source.demo {
            bundled(command)?
        } else {
            let activities = ActivityReach::of_a_plan(policy);
            let (spinner, deadline) = (Spinner::new(console.progress), Deadline::new(command.live.cluster.timeout));
            let options = gather_options(&command.live, &command.prices, environment, activities);
            let devices = trace.work.iter().any(|work| !work.pod.resource_claims.is_empty());
            let options = GatherOptions { devices, ..options };
            observe_with(&command.source, &command.prices, &command.live, &options, &spinner, deadline, environment).await?
        };
        Ok(Self { snapshot, trace })
    }
}

fn read_trace(command: &SimulateCommand, console: &Console) -> anyhow::Result<Trace> {
    let mut notes = Vec::new();
    let trace = match &command.trace {
        Some(path) => trace::read(path, &mut notes)?,
        None if command.source.demo => trace::read_text(DEMO, demo::DAY_TRACE)?,
        None => {
            bail!(RunError::usage(
                "a simulation needs the work that comes, and there is no --trace",
                "pass --trace FILE, --from-snapshot FILE, or --demo for the example in the program",
            ));
        }
    };
    for note in notes {
        console.note(&format!("note: {note}"));
    }
    Ok(trace)
}

/// Reads a snapshot whose recorded work comes again.
fn recorded(path: &Path, command: &SimulateCommand, console: &Console) -> anyhow::Result<Start> {
    let Some(Recorded { trace, begin: mut snapshot, left_out }) = trace::from_snapshot(&read_snapshot(path)?) else {
        bail!(RunError::usage(
            format!("the snapshot {} holds no pod that ran and has finished", path.display()),
            "take it with `ec2-autoscale snapshot --with-finished`, while finished pods are still there",
        ));
    };
    if left_out > 0 {
        let pods = count(u64::from(left_out), "finished pod");
        console.note(&format!("note: {pods} left out: it is not known when they were bound or when they ended"));
    }
    prices::put_into(&mut snapshot, prices::read(&command.prices, &source(command))?);
    Ok(Start { snapshot, trace })
}

/// Returns where the cluster comes from: a recorded one is a replay, too.
pub(super) fn source(command: &SimulateCommand) -> SourceFlags {
    let SimulateCommand { source, from_snapshot, .. } = command;
    SourceFlags { snapshot: from_snapshot.clone().or_else(|| source.snapshot.clone()), demo: source.demo }
}

/// Returns the bundled cluster. It is another than that of `plan --demo`: its day has not begun
/// yet.
fn bundled(command: &SimulateCommand) -> anyhow::Result<Snapshot> {
    let mut snapshot = demo::day();
    prices::put_into(&mut snapshot, prices::read(&command.prices, &command.source)?);
    Ok(snapshot)
}
