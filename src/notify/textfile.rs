//! `--metrics-file`: for the textfile collector of the node exporter.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::RunEnd;
use super::metrics::{LAST_SUCCESS, run_text, seconds, success_text};
use crate::whole_file;

/// Writes the metrics of a run. The time of the last success is carried over from the file when
/// this run was none.
///
/// # Errors
/// When the file cannot be written.
pub(super) async fn write(path: PathBuf, end: &RunEnd<'_>) -> io::Result<()> {
    let (text, cluster) = (run_text(end), end.cluster.to_owned());
    let success = end.is_success().then(|| seconds(end.ended));
    // A file system that hangs must not hold the other notifiers.
    let written = tokio::task::spawn_blocking(move || {
        let success = success.or_else(|| kept_success(&fs::read_to_string(&path).unwrap_or_default()));
        let success = success.map(|at| success_text(at, &cluster)).unwrap_or_default();
        replace(&path, &format!("{text}{success}"))
    });
    written.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Returns the value that an earlier run wrote.
fn kept_success(text: &str) -> Option<f64> {
    let sample = text.lines().find(|line| line.starts_with(LAST_SUCCESS))?;
    sample.rsplit(' ').next()?.parse().ok()
}

/// Replaces the file. The collector takes names that end in `.prom` only, and never sees half a
/// file. It runs as another user, so everybody may read the file.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    whole_file::write_for_everybody(path, |out| out.write_all(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_success_is_read_back() {
        let text = format!("# HELP x y\nx 1\n{}", success_text(1_795_348_800.25, "prod"));
        assert_eq!(kept_success(&text), Some(1_795_348_800.25));
        assert_eq!(kept_success("x 1\n"), None);
    }
}
