//! Saved snapshots: from a file, or from the program itself.

use crate::cli::SourceFlags;
use crate::demo;
use crate::gather::replay::read_snapshot;
use crate::snapshot::Snapshot;

/// Whether the snapshot is anything but the live cluster's.
pub(super) fn is_replay(source: &SourceFlags) -> bool {
    source.demo || source.snapshot.is_some()
}

/// Returns the snapshot that a file or the program itself holds, if one of those is wanted.
///
/// # Errors
/// When it cannot be read.
pub(super) fn replayed(source: &SourceFlags) -> anyhow::Result<Option<Snapshot>> {
    match (&source.snapshot, source.demo) {
        (Some(path), _) => Ok(Some(read_snapshot(path)?)),
        (None, true) => Ok(Some(demo::snapshot())),
        (None, false) => Ok(None),
    }
}
