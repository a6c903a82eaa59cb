//! `--device-file`: the devices of nodes that do not exist yet.

use super::RunError;
use super::names_in_flags::check_groups;
use crate::cli::LiveFlags;
use crate::gather::manifests::{DeviceFiles, add_devices, read_device_files};
use crate::snapshot::Snapshot;

/// Reads the files before the cluster, so that a slip of the pen costs no time.
///
/// # Errors
/// When one is wrong.
pub(super) fn read(live: &LiveFlags) -> anyhow::Result<DeviceFiles> {
    Ok(read_device_files(&live.groups.device_file)?)
}

/// Lets groups have the devices of the files.
///
/// # Errors
/// When one is for a group that is not managed.
pub(super) fn add_to(snapshot: &mut Snapshot, files: &DeviceFiles) -> Result<(), RunError> {
    check_groups("--device-file", files.groups(), snapshot)?;
    add_devices(snapshot, files);
    Ok(())
}
