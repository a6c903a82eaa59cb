//! `--metrics-file`: for the textfile collector of the node exporter.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::RunEnd;
use super::metrics::{LAST_SUCCESS, run_text, seconds, success_text};

/// Writes the metrics of a run. The time of the last success is carried over from the file when this run was none.
///
/// # Errors
/// When the file cannot be written.
pub(super) async fn tell(path: PathBuf, end: &RunEnd<'_>) -> io::Result<()> {
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

/// The value that an earlier run wrote.
fn kept_success(text: &str) -> Option<f64> {
    let sample = text.lines().find(|line| line.starts_with(LAST_SUCCESS))?;
    sample.rsplit(' ').next()?.parse().ok()
}

/// Under another name first, then renamed: the collector never sees half of it. It takes names that end in `.prom` only, and this
/// one does not. The collector is another user, so everybody may read.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this is no name of a file"))?;
    let temporary = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let written = write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // It may never have been made; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    readable(&file)
}

#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn readable(_: &File) -> io::Result<()> {
    Ok(())
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
