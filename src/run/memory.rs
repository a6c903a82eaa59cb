//! The peak memory of the run, from which the limit in a manifest follows.

use std::fs;

/// Logs the peak, where the kernel reports it.
pub(super) fn log_peak() {
    // Reading a file for a line that nobody sees would be waste.
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    if let Some(kib) = fs::read_to_string("/proc/self/status").ok().as_deref().and_then(peak_kib) {
        tracing::info!("peak memory: {} MiB", kib.div_ceil(1024));
    }
}

/// Returns `VmHWM` ("high water mark", proc_pid_status(5)) in KiB.
fn peak_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_the_high_water_mark() {
        assert_eq!(super::peak_kib("VmPeak:\t 9 kB\nVmHWM:\t    5120 kB\nVmRSS:\t 1 kB\n"), Some(5120));
        assert_eq!(super::peak_kib("Name:\tx\n"), None);
    }
}
