//! Files that are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::Builder;

/// The permissions of a new file: what the user's mask leaves of them.
const USUAL_MODE: u32 = 0o666;
/// The permissions of a file that nobody else reads.
const FOR_THE_OWNER: u32 = 0o600;

/// Folders in which the system itself keeps links to the open files of a process: `/dev/stdout`,
/// `/dev/fd/63`, `/proc/self/fd/1`.
const OF_THE_SYSTEM: [&str; 4] = ["/dev", "/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"];

/// Writes a file: first under a name beside it that nobody can guess, then renamed, so that no
/// reader ever sees half of it and a failed run leaves the file of the run before. A file that is
/// replaced keeps its mode.
///
/// A link is not followed but replaced, and its target stays as it is: the author of a link must
/// not choose what this user overwrites. What is no regular file, such as a named pipe or a device,
/// is written to directly, and so is `/dev/stdout`.
///
/// # Errors
/// When `content` fails or the file cannot be written.
pub(crate) fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    write_with_mode(path, None, content)
}

/// Does the same as [`write`], and lets everybody read the file.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_for_everybody(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    write_with_mode(path, Some(0o644), content)
}

/// Does the same as [`write`], and lets nobody else read the file, which has secrets of its reader.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_for_the_owner(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    write_with_mode(path, Some(FOR_THE_OWNER), content)
}

fn write_with_mode(path: &Path, mode: Option<u32>, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => replace(path, mode.or_else(|| mode_of(&there)), content),
        Ok(there) if there.is_symlink() && !is_of_the_system(path) => replace(path, mode, content),
        Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => add_to(path, content),
        Err(_) => replace(path, mode, content),
    }
}

fn is_of_the_system(link: &Path) -> bool {
    link.parent().is_some_and(|folder| OF_THE_SYSTEM.iter().any(|known| folder == Path::new(known)))
}

/// Adds to a file. Standard output may be a file that has content already.
fn add_to(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(OpenOptions::new().append(true).open(path)?);
    content(&mut out)?;
    out.flush()
}

/// Replaces a file by one in the same directory, as only a rename within a file system is atomic.
fn replace(path: &Path, mode: Option<u32>, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this is no name of a file"))?;
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".");
    let mode_at_first = mode.unwrap_or(USUAL_MODE);
    let mut temporary = new_file(Builder::new().prefix(&hidden).suffix(".tmp"), mode_at_first).tempfile_in(directory)?;
    let mut out = BufWriter::new(temporary.as_file_mut());
    content(&mut out)?;
    out.flush()?;
    drop(out);
    let file = temporary.as_file();
    if let Some(mode) = mode {
        set_mode(file, mode)?;
    }
    file.sync_all()?;
    temporary.persist(path)?;
    Ok(())
}

/// Returns the permission bits of a file.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn mode_of(file: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(file.permissions().mode() & 0o777)
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// Gives a new file these permissions from its start; otherwise it would be for this user only.
#[cfg(unix)]
fn new_file<'a, 'b>(builder: &'b mut Builder<'a, 'a>, mode: u32) -> &'b Builder<'a, 'a> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn mode_of(_: &fs::Metadata) -> Option<u32> {
    None
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn new_file<'a, 'b>(builder: &'b mut Builder<'a, 'a>, _: u32) -> &'b Builder<'a, 'a> {
    builder
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("there").permissions().mode() & 0o777
    }

    fn set(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_mode_and_a_new_one_has_that_of_any_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for kept in [0o600, 0o640, 0o664] {
            set(&at("file"), "old", kept);
            write(&at("file"), |out| out.write_all(b"new")).expect("written");
            assert_eq!((fs::read_to_string(at("file")).expect("a file").as_str(), mode(&at("file"))), ("new", kept));
        }
        fs::write(at("other"), "").expect("written");
        write(&at("fresh"), |out| out.write_all(b"new")).expect("written");
        assert_eq!(mode(&at("fresh")), mode(&at("other")), "what the mask leaves");
        set(&at("metrics"), "old", 0o600);
        write_for_everybody(&at("metrics"), |out| out.write_all(b"new")).expect("written");
        assert_eq!(mode(&at("metrics")), 0o644);
        write_for_the_owner(&at("names"), |out| out.write_all(b"secret")).expect("written");
        assert_eq!(mode(&at("names")), 0o600);
    }

    #[test]
    fn what_a_link_points_to_is_never_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        set(&at("somebody's"), "precious", 0o666);
        for (link, target) in [("link", at("somebody's")), ("dangling", at("nothing"))] {
            symlink(target, at(link)).expect("linked");
            write(&at(link), |out| out.write_all(b"new")).expect("written");
            assert!(fs::symlink_metadata(at(link)).expect("there").is_file(), "the link is replaced");
            assert_eq!(fs::read_to_string(at(link)).expect("a file"), "new");
        }
        assert_eq!(fs::read_to_string(at("somebody's")).expect("a file"), "precious");
        assert!(!at("nothing").exists());
    }

    #[test]
    fn nobody_can_lay_a_trap_under_the_name_of_the_file_in_the_making() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plan.json");
        let names = || -> Vec<String> {
            let entries = fs::read_dir(folder.path()).expect("a folder");
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("plain")).collect()
        };
        let mut seen = Vec::new();
        for _ in 0..2 {
            write(&path, |out| {
                seen.extend(names().into_iter().filter(|name| name != "plan.json"));
                out.write_all(b"x")
            })
            .expect("written");
        }
        assert_eq!(seen.len(), 2);
        assert!(seen[0] != seen[1] && seen.iter().all(|name| name.starts_with(".plan.json.")), "{seen:?}");
        assert!(!seen.iter().any(|name| name.contains(&std::process::id().to_string())), "{seen:?}");
        assert_eq!(names(), ["plan.json"]);
    }

    #[test]
    fn devices_are_written_to_and_folders_are_not() {
        use std::os::unix::fs::FileTypeExt as _;
        write(Path::new("/dev/null"), |out| out.write_all(b"x")).expect("written");
        assert!(fs::metadata("/dev/null").expect("there").file_type().is_char_device());
        assert!(is_of_the_system(Path::new("/dev/stdout")) && is_of_the_system(Path::new("/dev/fd/63")));
        assert!(!is_of_the_system(Path::new("/dev/shm/plan.json")), "everybody may put links there");
        let folder = tempfile::tempdir().expect("a folder");
        let error = write(folder.path(), |out| out.write_all(b"x")).expect_err("a folder");
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }
}
