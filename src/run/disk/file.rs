//! Private regular files that are replaced atomically.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::error::FileError;

/// Files are private to their user.
const FILE_MODE: u32 = 0o600;
/// Permissions of exported files, before the umask.
const USER_MODE: u32 = 0o666;
/// Directories are private to their user.
const DIR_MODE: u32 = 0o700;
/// Name prefix of unfinished files.
const TEMP_PREFIX: &str = ".tmp-";

/// Replaces a file atomically: the bytes are written to a temporary file, flushed to the disk, and renamed. Readers find
/// either the old or the new content, even after a crash.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let write = || {
        let dir = parent(path);
        let mut file = temp_file(dir, FILE_MODE)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|failed| failed.error)?;
        sync_dir(dir)
    };
    write().map_err(FileError::io("write", path))
}

/// Writes a new file for export. Its permissions follow the umask.
///
/// # Errors
///
/// [`FileError::AlreadyExists`] if there is anything at `path`: nothing is replaced.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let write = || {
        let mut file = temp_file(parent(path), USER_MODE)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|failed| failed.error)
    };
    match write() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(FileError::AlreadyExists { path: path.to_owned() })
        }
        written => written.map(drop).map_err(FileError::io("write", path)),
    }
}

/// An unfinished file in `dir`, which is removed on drop unless it was persisted.
fn temp_file(dir: &Path, mode: u32) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(TEMP_PREFIX).permissions(Permissions::from_mode(mode)).tempfile_in(dir)
}

/// An unfinished directory in `dir`, which is removed on drop unless it was persisted.
pub(crate) fn temp_dir(dir: &Path) -> io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix(TEMP_PREFIX).permissions(Permissions::from_mode(DIR_MODE)).tempdir_in(dir)
}

/// Removes unfinished files left by killed processes in `dir`. Errors are ignored, since such files only cost space. Only
/// for the single process that writes there.
pub(crate) fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().as_bytes().starts_with(TEMP_PREFIX.as_bytes()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Creates a private directory, and missing ones above it.
pub(crate) fn create_dir(path: &Path) -> Result<(), FileError> {
    DirBuilder::new().recursive(true).mode(DIR_MODE).create(path).map_err(FileError::io("create", path))
}

/// Flushes the entries of a directory to the disk.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Opens a regular file for reading. Symbolic links are not followed, and opening a pipe does not block.
pub(crate) fn open(path: &Path) -> Result<(File, Metadata), FileError> {
    open_with(OpenOptions::new().read(true), "read", path)
}

/// Opens a regular file for reading and appending, and creates it if it is missing.
pub(crate) fn open_append(path: &Path) -> Result<(File, Metadata), FileError> {
    open_with(OpenOptions::new().read(true).append(true).create(true), "write", path)
}

/// Opens a regular file for reading and writing, and creates it if it is missing.
pub(crate) fn open_write(path: &Path) -> Result<(File, Metadata), FileError> {
    open_with(OpenOptions::new().read(true).write(true).create(true).truncate(false), "write", path)
}

fn open_with(
    options: &mut OpenOptions,
    action: &'static str,
    path: &Path,
) -> Result<(File, Metadata), FileError> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = match options.mode(FILE_MODE).custom_flags(flags).open(path) {
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            return Err(FileError::NotAFile { path: path.to_owned() });
        }
        opened => opened.map_err(FileError::io(action, path))?,
    };
    let metadata = file.metadata().map_err(FileError::io(action, path))?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(FileError::NotAFile { path: path.to_owned() }) }
}

/// Reads a whole regular file that has at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let (file, _) = open(path)?;
    read_open(file, path, limit)
}

/// Reads the rest of an open file that has at most `limit` bytes.
pub(crate) fn read_open(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(FileError::io("read", path))?;
    if bytes.len() as u64 > limit {
        Err(FileError::TooLarge { path: path.to_owned(), limit })
    } else {
        Ok(bytes)
    }
}

/// The directory that holds `path`.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(dir: &Path) -> Vec<String> {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "old and longer").unwrap();
        let (mut old, _) = open(&path).unwrap();
        write_atomic(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let mut text = String::new();
        old.read_to_string(&mut text).unwrap();
        assert_eq!(text, "old and longer", "who reads the old file reads it to its end");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(names(dir.path()), ["a"]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gone").join("a");
        let message = write_atomic(&path, b"new").unwrap_err().to_string();
        assert!(message.contains("gone/a: No such file"), "{message}");
        fs::create_dir(dir.path().join("b")).unwrap();
        fs::write(dir.path().join("b").join("kept"), "").unwrap();
        assert!(write_atomic(&dir.path().join("b"), b"new").is_err());
        assert_eq!(names(dir.path()), ["b"], "nothing unfinished is left");
    }

    #[test]
    fn a_new_file_follows_the_umask_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write_new(&path, b"new").unwrap();
        assert_eq!(mode(&path) & 0o400, 0o400);
        assert_eq!(
            mode(&path),
            mode(&{
                let plain = dir.path().join("plain");
                fs::write(&plain, "").unwrap();
                plain
            })
        );
        let rejected = write_new(&path, b"newer").unwrap_err();
        assert!(rejected.to_string().ends_with("a: already exists; choose another path"), "{rejected}");
        symlink("nowhere", dir.path().join("link")).unwrap();
        assert!(matches!(write_new(&dir.path().join("link"), b"new"), Err(FileError::AlreadyExists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(dir.path()).len(), 3, "nothing unfinished is left");
    }

    #[test]
    fn a_write_through_a_link_replaces_the_link() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("target"), "kept").unwrap();
        symlink("target", dir.path().join("link")).unwrap();
        write_atomic(&dir.path().join("link"), b"new").unwrap();
        assert_eq!(fs::read(dir.path().join("target")).unwrap(), b"kept");
    }

    #[test]
    fn only_regular_files_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name| dir.path().join(name);
        fs::write(path("file"), "text").unwrap();
        symlink("file", path("link")).unwrap();
        symlink("nowhere", path("dangling")).unwrap();
        mknodat(CWD, path("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert_eq!(read(&path("file"), 4).unwrap(), b"text");
        for name in ["link", "dangling", "pipe"] {
            for rejected in [open(&path(name)), open_append(&path(name)), open_write(&path(name))] {
                assert!(matches!(rejected, Err(FileError::NotAFile { .. })), "{name}: {rejected:?}");
            }
        }
        assert!(!path("nowhere").exists());
        assert!(matches!(read(dir.path(), 4), Err(FileError::NotAFile { .. })));
        assert!(matches!(read(&path("file"), 3), Err(FileError::TooLarge { limit: 3, .. })));
        assert!(read(&path("none"), 3).unwrap_err().is_not_found());
    }

    #[test]
    fn created_files_and_directories_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let sub = dir.path().join("a").join("b");
        create_dir(&sub).unwrap();
        create_dir(&sub).unwrap();
        assert_eq!((mode(&sub), mode(&dir.path().join("a"))), (0o700, 0o700));
        open_append(&sub.join("c")).unwrap();
        assert_eq!(mode(&sub.join("c")), 0o600);
        assert_eq!(mode(temp_dir(&sub).unwrap().path()), 0o700);
    }

    #[test]
    fn unfinished_files_are_swept() {
        let dir = tempfile::tempdir().unwrap();
        let (_, left) = temp_file(dir.path(), FILE_MODE).unwrap().keep().unwrap();
        fs::write(dir.path().join("last"), "kept").unwrap();
        fs::create_dir(dir.path().join(".tmp-dir")).unwrap();
        sweep(dir.path());
        assert!(!left.exists());
        assert!(dir.path().join("last").exists());
        sweep(&dir.path().join("none"));
    }
}
