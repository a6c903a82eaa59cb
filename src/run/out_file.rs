//! Files that are there whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::RunError;

/// Writes a file: under another name beside it first, then renamed, so that no reader ever sees half of it and a failed run
/// leaves the file of the run before. One that ends in `.gz` is compressed. What is no regular file, such as a pipe or `/dev/stdout`, is written to directly.
///
/// # Errors
/// When the file cannot be written; the error names it.
pub(super) fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), RunError> {
    let named = |source| RunError::WriteFile { path: path.to_owned(), source };
    let content = |out: &mut dyn Write| match is_gzip(path) {
        true => compressed(out, content),
        false => content(out),
    };
    // A link stays a link: what it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => write_to(&target, content).map_err(named),
        _ => replace(&target, content).map_err(named),
    }
}

fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

fn compressed(out: &mut dyn Write, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut compressed = GzEncoder::new(out, Compression::default());
    content(&mut compressed)?;
    compressed.finish().map(|_| ())
}

fn replace(target: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let temporary = temporary_name(target)?;
    let written = write_to(&temporary, content).and_then(|()| fs::rename(&temporary, target));
    if written.is_err() {
        // It may never have been made; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_to(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    content(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    // Pipes and terminals have nothing to sync.
    match file.metadata()?.is_file() {
        true => file.sync_all(),
        false => Ok(()),
    }
}

/// In the same directory, as only a rename within a file system is atomic; hidden, and different for each process.
fn temporary_name(target: &Path) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this is no name of a file"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", std::process::id()));
    Ok(target.with_file_name(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").file_name()).collect()
    }

    #[test]
    fn replaces_a_file_and_leaves_nothing_beside_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("plan.json");
        for text in ["first", "second"] {
            write(&path, |out| out.write_all(text.as_bytes())).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("a file"), text);
        }
        assert_eq!(names(directory.path()), ["plan.json"]);
    }

    #[test]
    fn a_failure_leaves_the_old_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("plan.json");
        fs::write(&path, "old").expect("written");
        let error = write(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("disk on fire"))
        })
        .expect_err("the content fails");
        assert!(error.to_string().contains("plan.json"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "old");
        assert_eq!(names(directory.path()), ["plan.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_links_stay_what_they_are() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        write(Path::new("/dev/null"), |out| out.write_all(b"x")).expect("written");
        assert!(fs::metadata("/dev/null").expect("there").file_type().is_char_device());
        let directory = tempfile::tempdir().expect("a directory");
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "old").expect("written");
        symlink(&file, &link).expect("linked");
        write(&link, |out| out.write_all(b"new")).expect("written");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "new");
        assert!(fs::symlink_metadata(&link).expect("there").file_type().is_symlink());
    }
}
