//! `--buffer`: room is kept for the CapacityBuffers of files, too.

use std::path::Path;

use anyhow::bail;

use super::RunError;
use crate::cli::{BufferFlags, ManifestFlags, SourceFlags};
use crate::gather::manifests::{BufferFiles, add_buffers, read_buffers};
use crate::snapshot::Snapshot;

/// Reads the files before the cluster, so that a slip of the pen costs no time.
///
/// # Errors
/// When one is wrong.
pub(super) fn read(
    flags: &BufferFlags,
    manifests: &ManifestFlags,
    source: &SourceFlags,
) -> anyhow::Result<Option<BufferFiles>> {
    if flags.buffer.is_empty() {
        return Ok(None);
    }
    let standard_input = Path::new("-");
    let is_taken =
        source.snapshot.as_deref() == Some(standard_input) || manifests.filename.iter().any(|path| path == standard_input);
    if is_taken && flags.buffer.iter().any(|path| path == standard_input) {
        bail!(RunError::usage(
            "--buffer - and another flag both read standard input, which can be read once",
            "give one of them as a file",
        ));
    }
    Ok(Some(read_buffers(&flags.buffer)?))
}

/// Adds the buffers to a snapshot.
pub(super) fn add_to(snapshot: &mut Snapshot, files: Option<BufferFiles>) {
    if let Some(files) = files {
        add_buffers(snapshot, files);
    }
}
