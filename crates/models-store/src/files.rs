//! The files of a SQLite database: their paths, their creation, and the check that they are still
//! the opened files.
//!
//! Two processes share a catalog only if they have the same files open. Therefore the store
//! resolves the path before use, refuses a file with several names, and identifies each opened file
//! by device and inode.

use std::fmt;
use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::database::OpenError;

/// Only the service's user can read and write the files that the service creates.
pub(crate) const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// The most symbolic links that are followed, as in Linux.
const MOST_LINKS: u32 = 40;

/// The identity of a file, independent of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }

    /// The file at this path; `None` if there is none.
    pub(crate) fn at(path: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(Self::of(&metadata))),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.inode)
    }
}

/// The three files of an open SQLite database, which all its processes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileSet {
    pub(crate) main: FileId,
    log: Option<FileId>,
    index: Option<FileId>,
}

/// The state of a set of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileState {
    InPlace,
    Removed,
    Replaced,
    /// The write-ahead log, its index, or both are gone.
    LogMissing,
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InPlace => "is in place",
            Self::Removed => "was removed",
            Self::Replaced => "was replaced by another file",
            Self::LogMissing => {
                "has lost its write-ahead log (`-wal` or `-shm` was removed or replaced)"
            }
        })
    }
}

impl FileSet {
    /// The files at this path; `None` if the database file does not exist.
    pub(crate) fn at(path: &Path) -> io::Result<Option<Self>> {
        let Some(main) = FileId::at(path)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            main,
            log: FileId::at(&beside(path, "-wal"))?,
            index: FileId::at(&beside(path, "-shm"))?,
        }))
    }

    /// The state of these files, which were opened at this path. An unreadable directory counts as
    /// removed.
    pub(crate) fn state(&self, path: &Path) -> FileState {
        match Self::at(path) {
            Ok(Some(found)) if found == *self => FileState::InPlace,
            Ok(Some(found)) if found.main == self.main => FileState::LogMissing,
            Ok(Some(_)) => FileState::Replaced,
            Ok(None) | Err(_) => FileState::Removed,
        }
    }
}

/// The path with this suffix.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Resolves the path of a file without symbolic links, so that all processes derive the same names
/// from it. With `create`, it creates missing directories.
pub(crate) fn locate(file: &Path, create: bool) -> Result<PathBuf, OpenError> {
    let mut file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    for _ in 0..MOST_LINKS {
        match fs::canonicalize(&file) {
            Ok(path) => return Ok(path),
            Err(error) if is_absent(&error) => {}
            Err(source) => return Err(OpenError::File { path: file, source }),
        }
        let (Some(directory), Some(name)) = (file.parent(), file.file_name()) else {
            break;
        };
        if create {
            create_directory(directory)?;
        }
        let Ok(directory) = fs::canonicalize(directory) else {
            break;
        };
        let path = directory.join(name);
        match fs::read_link(&path) {
            // The link points to a file that does not exist yet.
            Ok(target) => file = directory.join(target),
            Err(_) => return Ok(path),
        }
    }
    Ok(file)
}

fn create_directory(path: &Path) -> Result<(), OpenError> {
    let made = DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(path);
    made.map_err(|source| OpenError::Directory {
        path: path.to_owned(),
        source,
    })
}

/// Creates the empty file with exactly this mode, independent of the umask. Returns whether the
/// file is new.
pub(crate) fn create(path: &Path, mode: u32) -> io::Result<bool> {
    match create_new(path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error),
    }
    if mode != FILE_MODE {
        fs::set_permissions(path, Permissions::from_mode(mode))?;
    }
    Ok(true)
}

/// `mknod` creates the file without opening it. Closing it would release this process's locks on it
/// if another thread had already opened it as a database.
#[cfg(target_os = "linux")]
fn create_new(path: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let mode = Mode::from_raw_mode(FILE_MODE);
    Ok(mknodat(CWD, path, FileType::RegularFile, mode, 0)?)
}

#[cfg(not(target_os = "linux"))]
fn create_new(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create_new(true).mode(FILE_MODE);
    options.open(path).map(drop)
}

/// Fails for a database file with several names. SQLite and the nodes would use other files beside
/// it under each name.
pub(crate) fn refuse_hard_links(path: &Path) -> Result<(), OpenError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.nlink() > 1 => Err(OpenError::Linked {
            path: path.to_owned(),
            names: metadata.nlink(),
        }),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Creates a file with the database's mode, and as root also with its owner: the same users may use
/// both. Returns whether the file is new.
pub(crate) fn create_like(path: &Path, database: &Path) -> io::Result<bool> {
    let like = fs::metadata(database)?;
    let is_new = create(path, like.mode() & 0o666 | FILE_MODE)?;
    if is_new && rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(like.uid()), Some(like.gid()))?;
    }
    Ok(is_new)
}

/// Logs a warning if other users of the machine can read the database.
pub(crate) fn warn_if_readable(path: &Path) {
    let others = |path: &Path, bits| fs::metadata(path).map(|found| found.mode() & bits != 0);
    let is_readable = others(path, 0o044).unwrap_or(false);
    // A directory that only its owner may enter protects all its contents.
    let is_reachable = path
        .ancestors()
        .skip(1)
        .all(|directory| others(directory, 0o011).unwrap_or(true));
    if is_readable && is_reachable {
        let shown = path.display();
        tracing::warn!(
            "other users of this machine can read the database; forbid it with: chmod go= {shown} {shown}-*"
        );
    }
}

#[cfg(test)]
mod tests;
