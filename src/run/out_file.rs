//! Files that flags of a run name for its output.

use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::file_hints::OutFileError;
use crate::whole_file;

/// Writes a file whole or not at all. One that ends in `.gz` is compressed.
///
/// # Errors
/// When the file cannot be written; the error names it.
pub(super) fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let written = match is_gzip(path) {
        true => whole_file::write(path, |out| compressed(out, content)),
        false => whole_file::write(path, content),
    };
    written.map_err(|error| OutFileError { path: path.to_owned(), error }.into())
}

fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

fn compressed(out: &mut dyn Write, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut compressed = GzEncoder::new(out, Compression::default());
    content(&mut compressed)?;
    compressed.finish().map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;

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
}
