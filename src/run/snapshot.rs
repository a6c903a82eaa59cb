//! `snapshot`: writes what was seen as JSON.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::deadline::Deadline;
use super::observe::observe_with;
use super::progress::Spinner;
use super::replay::is_replay;
use super::settings::{ActivityReach, gather_options};
use super::{Console, Environment, RunError, check_predecessor_flags, out_file};
use crate::anonymize::anonymized;
use crate::cli::SnapshotCommand;
use crate::exit::ExitCode;
use crate::gather::GatherOptions;
use crate::gather::replay::snapshot_to_json;
use crate::policy::TimedPolicy;
use crate::snapshot::Snapshot;
use crate::whole_file;

pub(super) async fn run(command: &SnapshotCommand, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    check_predecessor_flags(&command.live.predecessor, console)?;
    // A snapshot is replayed under any policy; the default one and the tags of the groups decide
    // how far back activities are read.
    let activities = ActivityReach::of_everything(&TimedPolicy::default());
    let SnapshotCommand { source, prices, live, .. } = command;
    if command.with_finished && is_replay(source) {
        bail!(RunError::usage(
            "--with-finished reads finished pods from the cluster, and a replay has none",
            "take the snapshot with --with-finished",
        ));
    }
    let options = gather_options(live, prices, environment, activities);
    let options = GatherOptions { finished_pods: command.with_finished, ..options };
    let (spinner, deadline) = (Spinner::new(console.progress), Deadline::new(live.cluster.timeout));
    let snapshot = observe_with(source, prices, live, &options, &spinner, deadline, environment).await?;
    let snapshot = match command.anonymize {
        true => under_other_names(&snapshot, command.names.as_deref())?,
        false => snapshot,
    };
    drop(spinner);
    match &command.out {
        Some(path) => out_file::write(path, |out| snapshot_to_json(&snapshot, out))?,
        None => console.stream(|out| snapshot_to_json(&snapshot, out)).map_err(RunError::Output)?,
    }
    Ok(completeness(&snapshot))
}

/// Returns the snapshot under other names. What replaces each name goes to a file if one is named,
/// for this user alone.
fn under_other_names(snapshot: &Snapshot, names: Option<&Path>) -> anyhow::Result<Snapshot> {
    let anonymized = anonymized(snapshot).context("replacing the names of the snapshot")?;
    if let Some(path) = names {
        let written = whole_file::write_for_the_owner(path, |out| {
            serde_json::to_writer_pretty(&mut *out, &anonymized.names)?;
            out.write_all(b"\n")
        });
        written.with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(anonymized.snapshot)
}

/// Returns the exit code for what could not be read. Unlike a plan, a snapshot without a managed
/// group is useful: it shows what was seen.
pub(super) fn completeness(snapshot: &Snapshot) -> ExitCode {
    let regions_read = snapshot.regions.iter().all(|region| region.unreadable.is_none());
    let is_complete = !snapshot.gaps.iter().any(|gap| gap.fact.leaves_a_run_incomplete());
    if regions_read && is_complete { ExitCode::Done } else { ExitCode::Incomplete }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Gap, MissingFact};

    #[test]
    fn a_missing_fact_makes_it_incomplete() {
        let mut snapshot = crate::demo::snapshot();
        snapshot.gaps.clear();
        snapshot.regions.iter_mut().for_each(|region| region.unreadable = None);
        assert_eq!(completeness(&snapshot), ExitCode::Done);
        snapshot.gaps.push(Gap { fact: MissingFact::GrowthNotes, error: "forbidden".into() });
        assert_eq!(completeness(&snapshot), ExitCode::Incomplete);
        let region = "us-west-2".to_owned();
        snapshot.gaps = vec![Gap { fact: MissingFact::MachineTypes { region }, error: "no type x9.large".into() }];
        assert_eq!(completeness(&snapshot), ExitCode::Done, "a group that somebody has to mend");
        snapshot.gaps.clear();
        snapshot.regions[0].unreadable = Some("500".into());
        assert_eq!(completeness(&snapshot), ExitCode::Incomplete);
    }
}
