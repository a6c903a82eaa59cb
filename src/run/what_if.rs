//! What-ifs: `-f` plans as if these manifests had been applied, `--without-node` and
//! `--without-group` as if these were gone.

use std::path::Path;

use anyhow::bail;

use super::replay::is_replay;
use super::{Console, RunError};
use crate::cli::{ManifestFlags, SourceFlags};
use crate::did_you_mean::{did_you_mean, near};
use crate::gather::manifests::{self, Manifests};
use crate::snapshot::{GangRules, Snapshot};

/// Reads the manifests before the cluster, so that a slip of the pen costs no time.
///
/// # Errors
/// When one is wrong, or `--replicas` names none of them.
pub(super) fn read(
    flags: &ManifestFlags,
    rules: &GangRules,
    source: &SourceFlags,
    console: &Console,
) -> anyhow::Result<Option<Manifests>> {
    if flags.filename.is_empty() {
        return match flags.replicas.is_empty() {
            true => Ok(None),
            false => bail!(RunError::usage("--replicas changes manifests, and there are none", "give them with -f FILE")),
        };
    }
    let standard_input = Path::new("-");
    let is_taken = is_replay(source) && source.snapshot.as_deref() == Some(standard_input);
    if is_taken && flags.filename.iter().any(|path| path == standard_input) {
        bail!(RunError::usage(
            "-f - and --snapshot - both read standard input, which can be read once",
            "give one of them as a file",
        ));
    }
    let mut manifests = manifests::read(&flags.filename, rules)?;
    manifests.scale(&flags.replicas)?;
    manifests.notes.iter().for_each(|note| console.note(&format!("note: {note}")));
    Ok(Some(manifests))
}

/// Whether pods of the manifests may need devices that their claims name or a class serves.
pub(super) fn may_need_devices(manifests: Option<&Manifests>) -> bool {
    manifests.is_some_and(Manifests::may_need_devices)
}

/// Adds the manifests to a snapshot.
pub(super) fn add_to(snapshot: &mut Snapshot, manifests: Option<Manifests>) {
    if let Some(manifests) = manifests {
        manifests::add_to(snapshot, manifests);
    }
}

/// Takes the nodes and groups out of a snapshot that the flags name.
///
/// # Errors
/// When there is none of such a name.
pub(super) fn take_away(snapshot: &mut Snapshot, flags: &ManifestFlags) -> Result<(), RunError> {
    let managed = |snapshot: &Snapshot| snapshot.groups.iter().map(|group| group.id.name.clone()).collect::<Vec<_>>();
    // A node may be one of a group that goes as well.
    for name in &flags.without_node {
        if !snapshot.take_node_away(name) {
            let nodes = snapshot.nodes.iter().map(|node| node.name.clone()).collect();
            return Err(nothing_of_that_name("--without-node", name, nodes));
        }
    }
    for name in &flags.without_group {
        if !snapshot.take_group_away(name) {
            return Err(nothing_of_that_name("--without-group", name, managed(snapshot)));
        }
    }
    Ok(())
}

fn nothing_of_that_name(flag: &str, name: &str, known: Vec<String>) -> RunError {
    let near = did_you_mean(&near(name, known.into_iter()));
    RunError::usage(
        format!("{flag} {name}: the cluster has nothing of that name"),
        near.unwrap_or_else(|| "the plan lists groups and nodes by name".to_owned()),
    )
}

/// Refuses to carry out a what-if.
///
/// # Errors
/// With the way out.
pub(super) fn refuse(flags: &ManifestFlags) -> Result<(), RunError> {
    if !flags.without_node.is_empty() || !flags.without_group.is_empty() {
        return Err(RunError::usage(
            "--without-node and --without-group show what would happen, and nothing is applied for them",
            "use the command plan without --apply",
        ));
    }
    match flags.filename.is_empty() && flags.replicas.is_empty() {
        true => Ok(()),
        false => Err(RunError::usage(
            "-f shows what would happen: pods of manifests are not in the cluster, so nothing is applied for them",
            "use the command plan without --apply, or apply the manifests to the cluster and leave -f out",
        )),
    }
}
