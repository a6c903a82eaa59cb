//! JSON documents of ours from a file or standard input, compressed or not.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::thread;

use flate2::read::MultiGzDecoder;

/// What every gzip file begins with (RFC 1952).
pub(super) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It can't be read.
    #[error("{file} can't be read: {error}")]
    Unreadable {
        /// The file, or `standard input`.
        file: String,
        /// Why not.
        error: io::Error,
    },
    /// It is compressed and cut off or damaged.
    #[error("{file} can't be decompressed: {error}; write it again")]
    BadGzip {
        /// The file, or `standard input`.
        file: String,
        /// Why not.
        error: io::Error,
    },
    /// It is no document of ours, or so large that it would fill the memory.
    #[error("{file} is larger than {limit}, more than any such document is; check that it is the file that is meant")]
    TooLarge {
        /// The file, or `standard input`.
        file: String,
        /// The limit.
        limit: ByteSize,
    },
    /// It is a small file that decompresses to a large one.
    #[error("{file} is larger than {limit} when decompressed; if it is the file that is meant, decompress it first (gunzip)")]
    Inflated {
        /// The file, or `standard input`.
        file: String,
        /// The limit.
        limit: ByteSize,
    },
}

/// An amount of bytes, shown in the largest unit that divides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u32, &str); 3] = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        let whole = UNITS.iter().find(|(bits, _)| self.0 != 0 && self.0.trailing_zeros() >= *bits);
        match whole {
            Some((bits, unit)) => write!(f, "{} {unit}", self.0 >> bits),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

/// At most this much may come out of a compressed document. A plain file is as large as it looks; a
/// compressed one may be made to fill the memory. A snapshot of 5,000 nodes and 180,000 pods has a
/// quarter of it.
pub const MOST_DECOMPRESSED: ByteSize = ByteSize(512 << 20);

/// The bytes of a document and the name of its file, for messages.
#[derive(Debug)]
pub struct InputDocument {
    /// The file, or `standard input`.
    pub file: String,
    /// Its content, decompressed.
    pub bytes: Vec<u8>,
}

/// Reads a document from a file, or from standard input when the path is `-`. Both may be gzip,
/// which is recognised by the content and not by the name. `limit` bounds the size, also after
/// decompression; that is never more than [`MOST_DECOMPRESSED`].
///
/// # Errors
/// When there is no such file, it is damaged or too large.
pub fn read_document(path: &Path, limit: ByteSize) -> Result<InputDocument, DocumentError> {
    if path == Path::new("-") {
        return read_from(io::stdin().lock(), "standard input".to_owned(), limit);
    }
    let file = path.display().to_string();
    match File::open(path) {
        Ok(input) => {
            let size = input.metadata().map_or(0, |metadata| metadata.len());
            match Some(size).filter(|size| *size <= limit.0).and_then(|size| side_by_side(&input, size)) {
                Some(bytes) => unpacked(bytes, file, limit),
                None => read_sized(input, size, file, limit),
            }
        }
        Err(error) => Err(DocumentError::Unreadable { file, error }),
    }
}

pub(super) fn read_from(input: impl Read, file: String, limit: ByteSize) -> Result<InputDocument, DocumentError> {
    read_sized(input, 0, file, limit)
}

/// Reads a document that has about so many bytes, as far as that is known.
fn read_sized(input: impl Read, size: u64, file: String, limit: ByteSize) -> Result<InputDocument, DocumentError> {
    match within(input, size, limit) {
        Ok(Some(bytes)) => unpacked(bytes, file, limit),
        Ok(None) => Err(DocumentError::TooLarge { file, limit }),
        Err(error) => Err(DocumentError::Unreadable { file, error }),
    }
}

/// Returns the document that these bytes are, or that they hold compressed.
fn unpacked(bytes: Vec<u8>, file: String, limit: ByteSize) -> Result<InputDocument, DocumentError> {
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(InputDocument { file, bytes });
    }
    let limit = limit.min(MOST_DECOMPRESSED);
    match within(MultiGzDecoder::new(&*bytes), 0, limit) {
        Ok(Some(bytes)) => Ok(InputDocument { file, bytes }),
        Ok(None) => Err(DocumentError::Inflated { file, limit }),
        Err(error) => Err(DocumentError::BadGzip { file, error }),
    }
}

/// Reads a large file of so many bytes on two threads: nearly all of the time goes into the pages
/// of memory that it is copied to. `None` leaves it to [`within`], as when it has another size.
fn side_by_side(file: &File, size: u64) -> Option<Vec<u8>> {
    /// Smaller ones are read in a few milliseconds, and no memory is wagered on larger ones.
    const WORTH_IT: RangeInclusive<u64> = 8 << 20..=1 << 30;
    let length = usize::try_from(size).ok().filter(|_| WORTH_IT.contains(&size))?;
    let mut bytes = vec![0; length];
    let (first, second) = bytes.split_at_mut(length / 2);
    let half = size / 2;
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(move || file.read_exact_at(second, half));
        (file.read_exact_at(first, 0), second.join())
    });
    let has_grown = file.read_at(&mut [0], size).ok()? > 0;
    (first.is_ok() && matches!(second, Ok(Ok(()))) && !has_grown).then_some(bytes)
}

/// Returns the content, or `None` when it is larger than the limit. One byte more shows that it is
/// larger.
fn within(input: impl Read, size: u64, limit: ByteSize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    // Memory that grows would be moved again and again. Without so much it grows all the same.
    let _ = usize::try_from(size.min(limit.0)).map(|size| bytes.try_reserve_exact(size));
    input.take(limit.0.saturating_add(1)).read_to_end(&mut bytes)?;
    let is_within = u64::try_from(bytes.len()).is_ok_and(|length| length <= limit.0);
    Ok(is_within.then_some(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("memory takes everything");
        encoder.finish().expect("memory takes everything")
    }

    #[test]
    fn the_limit_holds_for_what_comes_out_of_a_small_file() {
        let text = vec![b' '; 1000];
        let read = |bytes: &[u8], limit| read_from(bytes, "p.json".to_owned(), ByteSize(limit));
        for (bytes, way_out) in [(text.clone(), "the file that is meant"), (gzip(&text), "decompress it first (gunzip)")] {
            assert_eq!(read(&bytes, 1000).expect("within the limit").bytes, text);
            let error = read(&bytes, 999).expect_err("too large").to_string();
            assert!(error.starts_with("p.json is larger than 999 bytes") && error.ends_with(way_out), "{error}");
        }
    }

    #[test]
    fn a_size_that_is_not_right_changes_nothing() {
        for size in [0, 10, 1000, u64::MAX] {
            let read = read_sized(&[b' '; 1000][..], size, "p.json".to_owned(), ByteSize(u64::MAX));
            assert_eq!(read.expect("it is plain").bytes, [b' '; 1000], "{size}");
        }
    }

    #[test]
    fn a_large_file_is_read_whole_as_long_as_its_size_is_right() {
        let mut file = tempfile::tempfile().expect("a file");
        let text: Vec<u8> = (0..9_000_001_u32).map(|place| place.to_le_bytes()[place as usize % 3]).collect();
        file.write_all(&text).expect("room for it");
        let size = text.len() as u64;
        assert!(side_by_side(&file, size).as_ref() == Some(&text));
        for other in [0, 1 << 20, size - 1, size + 1] {
            assert!(side_by_side(&file, other).is_none(), "{other}");
        }
    }

    /// Each of the four members is small: the sum of their sizes counts.
    #[test]
    fn members_of_a_file_count_together() {
        let member = gzip(&[b' '; 300]);
        let error = read_from(&*member.repeat(4), "p.json".to_owned(), ByteSize(1 << 10)).expect_err("1,200 bytes").to_string();
        assert!(error.starts_with("p.json is larger than 1 KiB when decompressed"), "{error}");
    }

    #[test]
    fn sizes_are_said_in_units() {
        let sizes = [0, 999, 1 << 10, 3 << 20, 1 << 30, (1 << 30) + 1].map(|bytes| ByteSize(bytes).to_string());
        assert_eq!(sizes, ["0 bytes", "999 bytes", "1 KiB", "3 MiB", "1 GiB", "1073741825 bytes"]);
    }
}
