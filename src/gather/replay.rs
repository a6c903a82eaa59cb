//! Snapshots from files and to files.

use std::io::{self, Write};
use std::path::Path;

use super::document::{ByteSize, DocumentError, InputDocument, read_document};
use crate::snapshot::{Snapshot, SnapshotError};

/// The number of pods of a cluster has no bound, and a plain file is as large as it looks.
const NO_LIMIT: ByteSize = ByteSize(u64::MAX);

/// Why a file is not a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It can't be read.
    #[error("snapshot {0}")]
    Unreadable(#[from] DocumentError),
    /// It does not hold a snapshot.
    #[error("{file}: {error}")]
    NotASnapshot {
        /// The file, or `standard input`.
        file: String,
        /// Why not.
        error: SnapshotError,
    },
}

/// Reads a snapshot from a file, or from standard input when the path is `-`. Both may be gzip,
/// which is recognised by the content and not by the name.
///
/// # Errors
/// When there is no such file or it is not a snapshot.
pub fn read_snapshot(path: &Path) -> Result<Snapshot, ReplayError> {
    snapshot_of(read_document(path, NO_LIMIT)?)
}

fn snapshot_of(document: InputDocument) -> Result<Snapshot, ReplayError> {
    let InputDocument { file, bytes } = document;
    Snapshot::from_json(&bytes).map_err(|error| ReplayError::NotASnapshot { file, error })
}

/// Writes a snapshot as indented JSON with a newline at its end, in many small pieces.
///
/// # Errors
/// When `out` cannot be written.
pub fn snapshot_to_json(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    snapshot.write_json(out)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::gather::document;

    fn read_from(bytes: &[u8], file: &str) -> Result<Snapshot, ReplayError> {
        snapshot_of(document::read_from(bytes, file.to_owned(), NO_LIMIT)?)
    }

    fn snapshot() -> Snapshot {
        crate::demo::snapshot()
    }

    fn json() -> Vec<u8> {
        let mut text = Vec::new();
        snapshot_to_json(&snapshot(), &mut text).expect("memory takes everything");
        text
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("memory takes everything");
        encoder.finish().expect("memory takes everything")
    }

    #[test]
    fn what_was_written_is_read_plain_or_compressed() {
        assert_eq!(read_from(&json(), "s.json").expect("what was written"), snapshot());
        assert_eq!(read_from(&gzip(&json()), "s.json").expect("what was written"), snapshot());
    }

    #[test]
    fn an_error_names_the_file() {
        let compressed = gzip(&json());
        for (bytes, start) in [
            (b"{".to_vec(), "s.json: not a snapshot: "),
            (br#"{"schema":"x"}"#.to_vec(), "s.json: snapshot format \"x\" is not "),
            (compressed[..compressed.len() / 2].to_vec(), "snapshot s.json can't be decompressed: "),
        ] {
            let text = read_from(&bytes, "s.json").expect_err("not a snapshot").to_string();
            assert!(text.starts_with(start), "{text}");
        }
        let missing = read_snapshot(Path::new("/nowhere/s.json")).expect_err("no such file").to_string();
        assert!(missing.starts_with("snapshot /nowhere/s.json can't be read: No such file"), "{missing}");
    }
}
