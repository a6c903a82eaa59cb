//! JSON documents of ours from a file or standard input, perhaps compressed.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

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
    /// It is no document of ours, or one that would fill the memory.
    #[error("{file} is larger than {limit} bytes, more than any such document is")]
    TooLarge {
        /// The file, or `standard input`.
        file: String,
        /// The limit, when decompressed.
        limit: u64,
    },
}

/// The bytes of a document and the name of its file, for messages.
#[derive(Debug)]
pub struct Document {
    /// The file, or `standard input`.
    pub file: String,
    /// What is in it, decompressed.
    pub bytes: Vec<u8>,
}

/// Reads a document from a file, or from standard input when the path is `-`. Both may be gzip: the content says so, not the
/// name. `limit` is the most it may be when decompressed, in bytes.
///
/// # Errors
/// When there is no such file, it is damaged or too large.
pub fn read_document(path: &Path, limit: u64) -> Result<Document, DocumentError> {
    if path == Path::new("-") {
        return read_from(io::stdin().lock(), "standard input".to_owned(), limit);
    }
    let file = path.display().to_string();
    match File::open(path) {
        Ok(input) => read_from(input, file, limit),
        Err(error) => Err(DocumentError::Unreadable { file, error }),
    }
}

pub(super) fn read_from(input: impl Read, file: String, limit: u64) -> Result<Document, DocumentError> {
    let mut bytes = match within(input, limit) {
        Ok(bytes) => bytes,
        Err(error) => return Err(DocumentError::Unreadable { file, error }),
    };
    if bytes.starts_with(&GZIP_MAGIC) {
        match within(MultiGzDecoder::new(&*bytes), limit) {
            Ok(whole) => bytes = whole,
            Err(error) => return Err(DocumentError::BadGzip { file, error }),
        }
    }
    match is_within(&bytes, limit) {
        true => Ok(Document { file, bytes }),
        false => Err(DocumentError::TooLarge { file, limit }),
    }
}

/// One byte more than the limit tells that there is more.
fn within(input: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_within(bytes: &[u8], limit: u64) -> bool {
    u64::try_from(bytes.len()).is_ok_and(|length| length <= limit)
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
        let read = |bytes: &[u8], limit| read_from(bytes, "p.json".to_owned(), limit);
        for bytes in [text.clone(), gzip(&text)] {
            assert_eq!(read(&bytes, 1000).expect("within the limit").bytes, text);
            let error = read(&bytes, 999).expect_err("too large").to_string();
            assert!(error.starts_with("p.json is larger than 999 bytes"), "{error}");
        }
    }
}
