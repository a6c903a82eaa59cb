//! The start of a simulation: a cluster, and the work that comes.

use std::path::PathBuf;

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
        if !command.from_snapshot.is_empty() {
            return recorded(command, console);
        }
        let trace = read_trace(command, console)?;
        let snapshot = if source(command).demo {
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
        None if command.demo_week => trace::read_text(DEMO, demo::WEEK_TRACE)?,
        None if command.source.demo => trace::read_text(DEMO, demo::DAY_TRACE)?,
        None => {
            bail!(RunError::usage(
                "a simulation needs the work that comes, and there is no --trace",
                "pass --trace FILE, --from-snapshot FILE, or --demo or --demo-week for the examples in the program",
            ));
        }
    };
    for note in notes {
        console.note(&format!("note: {note}"));
    }
    Ok(trace)
}

/// Reads snapshots whose recorded work comes again.
fn recorded(command: &SimulateCommand, console: &Console) -> anyhow::Result<Start> {
    let files = trace::snapshot_files(&command.from_snapshot)?;
    let mut snapshots = Vec::new();
    for file in &files {
        snapshots.push(read_snapshot(file)?);
    }
    check_cluster(&files, &snapshots)?;
    let found =
        if let [snapshot] = &snapshots[..] { trace::from_snapshot(snapshot) } else { trace::from_snapshots(&snapshots) };
    let Some(Recorded { trace, begin: mut snapshot, left_out, about }) = found else {
        let hold = match &files[..] {
            [file] => format!("the snapshot {} holds", file.display()),
            files => format!("the {} snapshots hold", files.len()),
        };
        bail!(RunError::usage(
            format!("{hold} no pod that ran and has finished"),
            "take it with `ec2-autoscale snapshot --with-finished`, while finished pods are still there",
        ));
    };
    if left_out > 0 {
        let pods = count(u64::from(left_out), "finished pod");
        console.note(&format!("note: {pods} left out: it is not known when they were bound or when they ended"));
    }
    if about > 0 {
        let pods = count(u64::from(about), "pod");
        console.note(&format!("note: {pods} ended at a time that is about right: there in one snapshot, gone in the next"));
    }
    prices::put_into(&mut snapshot, prices::read(&command.prices, &source(command))?);
    Ok(Start { snapshot, trace })
}

/// Refuses snapshots of several clusters.
fn check_cluster(files: &[PathBuf], snapshots: &[Snapshot]) -> anyhow::Result<()> {
    let Some(first) = snapshots.first() else { return Ok(()) };
    let of_another = |(_, snapshot): &(&PathBuf, &Snapshot)| {
        (&snapshot.cluster.name, &snapshot.cluster.uid) != (&first.cluster.name, &first.cluster.uid)
    };
    match files.iter().zip(snapshots).find(of_another) {
        None => Ok(()),
        Some((file, other)) => bail!(RunError::usage(
            format!(
                "{} is a snapshot of cluster {}, and {} of cluster {}",
                file.display(),
                other.cluster.name,
                files[0].display(),
                first.cluster.name
            ),
            "pass snapshots of one cluster to --from-snapshot",
        )),
    }
}

/// Returns where the cluster comes from: a recorded one is a replay, too.
pub(super) fn source(command: &SimulateCommand) -> SourceFlags {
    let SimulateCommand { source, from_snapshot, demo_week, .. } = command;
    SourceFlags { snapshot: from_snapshot.first().or(source.snapshot.as_ref()).cloned(), demo: source.demo || *demo_week }
}

/// Returns the bundled cluster. It is another than that of `plan --demo`: its day or week has not
/// begun yet.
fn bundled(command: &SimulateCommand) -> anyhow::Result<Snapshot> {
    let mut snapshot = if command.demo_week { demo::week() } else { demo::day() };
    prices::put_into(&mut snapshot, prices::read(&command.prices, &source(command))?);
    Ok(snapshot)
}
