//! The way out where a file cannot be read or written.

use std::io;
use std::path::{Path, PathBuf};

use super::user_facing::UserFacing;
use crate::gather::document::DocumentError;
use crate::gather::replay::ReplayError;

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("writing {}: {}", path.display(), plainly(error))]
pub(super) struct OutFileError {
    /// The file.
    pub(super) path: PathBuf,
    /// Why not.
    pub(super) error: io::Error,
}

impl UserFacing for OutFileError {
    fn hint(&self) -> Option<String> {
        let folder = self.path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let hint = match self.error.kind() {
            io::ErrorKind::IsADirectory => format!("name a file in it, such as {}", self.path.join("FILE").display()),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                format!("make the directory {} first, or name a file elsewhere", folder.display())
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                format!("name a file where this user may write, or let it write in {}", folder.display())
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                format!("make room in {}, or name a file elsewhere", folder.display())
            }
            _ => return None,
        };
        Some(hint)
    }
}

impl UserFacing for DocumentError {
    fn hint(&self) -> Option<String> {
        let Self::Unreadable { file, error } = self else { return None };
        match error.kind() {
            io::ErrorKind::IsADirectory => Some(format!("name a file in {file}")),
            io::ErrorKind::NotFound => Some("name a file that is there; - is standard input".to_owned()),
            io::ErrorKind::PermissionDenied => Some(format!("let this user read {file}")),
            _ => None,
        }
    }
}

impl UserFacing for ReplayError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable(error) => error.hint(),
            Self::NotASnapshot { .. } => Some("write a new one with `ec2-autoscale snapshot --out FILE`".to_owned()),
        }
    }
}

/// Returns why a file could not be written, without the name of the file beside it that nobody
/// knows.
fn plainly(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" at path ").map_or(text.clone(), |(why, _)| why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_is_named_with_the_way_out() {
        let error = |kind: io::ErrorKind| OutFileError { path: "out/plan.json".into(), error: kind.into() };
        let hint = |kind| error(kind).hint().unwrap_or_default();
        assert!(error(io::ErrorKind::NotFound).to_string().starts_with("writing out/plan.json: "));
        assert_eq!(hint(io::ErrorKind::NotFound), "make the directory out first, or name a file elsewhere");
        assert_eq!(hint(io::ErrorKind::IsADirectory), "name a file in it, such as out/plan.json/FILE");
        assert_eq!(hint(io::ErrorKind::PermissionDenied), "name a file where this user may write, or let it write in out");
        assert_eq!(error(io::ErrorKind::BrokenPipe).hint(), None);
    }

    #[test]
    fn the_file_beside_it_is_not_named() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("missing").join("plan.json");
        let error = crate::whole_file::write(&path, |_| Ok(())).expect_err("there is no such directory");
        let text = OutFileError { path, error }.to_string();
        assert!(text.ends_with("plan.json: No such file or directory (os error 2)"), "{text}");
    }

    #[test]
    fn what_cannot_be_read_is_answered_with_what_to_name() {
        let error = |kind: io::ErrorKind| DocumentError::Unreadable { file: "s.json".into(), error: kind.into() };
        assert_eq!(error(io::ErrorKind::IsADirectory).hint().as_deref(), Some("name a file in s.json"));
        assert_eq!(
            ReplayError::from(error(io::ErrorKind::PermissionDenied)).hint().as_deref(),
            Some("let this user read s.json")
        );
        assert_eq!(error(io::ErrorKind::TimedOut).hint(), None);
    }
}
