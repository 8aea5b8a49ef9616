//! How files are told to be as they were.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::runs::RunFolder;

/// A file that changed this shortly before it was read may change again without its times telling: clocks of file
/// systems are coarse.
pub(super) const COARSE: Duration = Duration::from_secs(2);

/// What the file system says of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileStamp {
    name: String,
    size: u64,
    /// Nanoseconds since 1970 of the last change of its contents and, where the system has it, of anything.
    modified: i64,
    changed: i64,
    /// Which file it is; 0 where the system does not say.
    inode: u64,
}

/// What the file system says of the files that an entry is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    files: Vec<FileStamp>,
}

impl Stamp {
    /// Checks the files of a run.
    pub(super) fn of(folder: &RunFolder) -> io::Result<Self> {
        let mut files = vec![
            FileStamp::of("run.json".to_owned(), &folder.path().join("run.json"))?,
            FileStamp::of("experiment.toml".to_owned(), &folder.experiment())?,
        ];
        match FileStamp::of("notes.toml".to_owned(), &folder.notes_file()) {
            Ok(stamp) => files.push(stamp),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        match fs::read_dir(folder.metrics()) {
            Ok(entries) => {
                let begin = files.len();
                for entry in entries {
                    let entry = entry?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    // A writer's temporary files come and go.
                    if name.starts_with('.') {
                        continue;
                    }
                    files.push(FileStamp::of(name, &entry.path())?);
                }
                files[begin..].sort_by(|one, two| one.name.cmp(&two.name));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(Self { files })
    }

    /// Whether all of it is so long ago, seen from `read`, that a later change cannot hide behind the same times.
    pub(super) fn is_settled(&self, read: SystemTime, coarse: Duration) -> bool {
        let limit = nanoseconds(read.checked_sub(coarse).unwrap_or(UNIX_EPOCH));
        let mut files = self.files.iter();
        files.all(|file| file.modified < limit && file.changed < limit)
    }
}

impl FileStamp {
    fn of(name: String, path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let modified = nanoseconds(metadata.modified().unwrap_or(UNIX_EPOCH));
        let (inode, changed) = identity(&metadata).unwrap_or((0, modified));
        Ok(Self {
            name,
            size: metadata.len(),
            modified,
            changed,
            inode,
        })
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn identity(metadata: &Metadata) -> Option<(u64, i64)> {
    use std::os::unix::fs::MetadataExt;
    let changed = metadata.ctime() * 1_000_000_000 + metadata.ctime_nsec();
    Some((metadata.ino(), changed))
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Option<(u64, i64)> {
    None
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    }
}
