//! The peak memory of this process (proc_pid_status(5)); Linux only.

use std::fs;

/// Starts the peak anew from what is in use now. Where that cannot be done, the peak is that of the
/// whole run.
pub(crate) fn forget_peak() {
    // "5" resets the high water mark (proc_pid_clear_refs(5)).
    drop(fs::write("/proc/self/clear_refs", "5"));
}

/// Returns the most memory that was resident.
pub(crate) fn peak_mib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib.div_ceil(1024))
}
