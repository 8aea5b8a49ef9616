//! Writing the files of an archive, each whole or not at all.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::plan::{Entry, Zip};
use crate::checksum::CHUNK;
use crate::error::UnpackError;
use colorize_base::{open_file, sync_folder};

/// Files from this length on are synced one by one. A hundred thousand small ones would take an hour that way; a power cut
/// may spoil some of those, and the next unpacking finds them by their CRC-32.
const SYNC_FROM: u64 = 8 * 1024 * 1024;

/// Checks whether the folders of `entry` under `into` are folders, as far as they exist. A symbolic link among them
/// would lead elsewhere. Those in `sound` have been checked.
pub(super) fn look_at_folders(
    into: &Path,
    entry: &Entry,
    sound: &mut HashSet<PathBuf>,
) -> Result<(), UnpackError> {
    for folder in folders(into, entry) {
        if sound.contains(&folder) {
            continue;
        }
        let metadata = match fs::symlink_metadata(&folder) {
            Ok(metadata) => metadata,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(UnpackError::read(&folder)(cause)),
        };
        let what = if metadata.is_symlink() {
            "a symbolic link"
        } else if metadata.is_dir() {
            sound.insert(folder);
            continue;
        } else {
            "not a folder"
        };
        return Err(UnpackError::InTheWay { path: folder, what });
    }
    Ok(())
}

/// Creates the folders of `entry` under `into` that do not exist.
pub(super) fn make_folders(
    into: &Path,
    entry: &Entry,
    sound: &mut HashSet<PathBuf>,
) -> Result<(), UnpackError> {
    for folder in folders(into, entry) {
        if !sound.contains(&folder) {
            match fs::create_dir(&folder) {
                Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(UnpackError::write(&folder)(cause));
                }
                _ => {}
            }
        }
    }
    look_at_folders(into, entry, sound)
}

/// The folders of `entry` under `into`, outermost first, without `into` itself: that may well be a link of its owner's.
fn folders(into: &Path, entry: &Entry) -> Vec<PathBuf> {
    let mut folders: Vec<_> = entry
        .path
        .ancestors()
        .skip(1)
        .filter(|folder| !folder.as_os_str().is_empty())
        .map(|folder| into.join(folder))
        .collect();
    folders.reverse();
    folders
}

/// Whether the file of `entry` exists with the right content. One with other content is an error.
pub(super) fn is_there(
    target: &Path,
    entry: &Entry,
    tell: &dyn Fn(u64),
) -> Result<bool, UnpackError> {
    let metadata = match fs::symlink_metadata(target) {
        Ok(metadata) => metadata,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(cause) => return Err(UnpackError::read(target)(cause)),
    };
    if metadata.is_symlink() {
        return Err(UnpackError::InTheWay {
            path: target.to_owned(),
            what: "a symbolic link",
        });
    }
    let same = metadata.is_file()
        && metadata.len() == entry.bytes
        && crc32(target, tell).map_err(UnpackError::read(target))? == entry.crc32;
    if same {
        Ok(true)
    } else {
        Err(UnpackError::Occupied {
            path: target.to_owned(),
        })
    }
}

fn crc32(path: &Path, tell: &dyn Fn(u64)) -> io::Result<u32> {
    let mut file = open_file(path)?;
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; CHUNK];
    let mut done = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hasher.finalize());
        }
        hasher.update(&buffer[..count]);
        done += count as u64;
        tell(done);
    }
}

/// Unpacks one file: into `.unpacking`, then, when its length and CRC-32 are right, under its own name. `still` is how many
/// bytes are to be written in all, for the message about a full disk.
pub(super) fn extract(
    archive: &Path,
    zip: &mut Zip,
    entry: &Entry,
    into: &Path,
    still: u64,
    tell: &dyn Fn(u64),
) -> Result<(), UnpackError> {
    let damaged = |message: String| UnpackError::Damaged {
        archive: archive.to_owned(),
        entry: entry.path.display().to_string(),
        message,
    };
    let temporary = into.join(".unpacking");
    // What an interrupted unpacking left. Making it anew, and not opening it, follows no link.
    match fs::remove_file(&temporary) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            return Err(UnpackError::write(&temporary)(cause));
        }
        _ => {}
    }
    let mut file = File::create_new(&temporary).map_err(UnpackError::write(&temporary))?;
    // Deleted when dropped before it got its name.
    let temporary =
        tempfile::TempPath::try_from_path(&temporary).map_err(UnpackError::write(&temporary))?;
    let full = |done: u64, cause: io::Error| match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => UnpackError::NoSpace {
            folder: into.to_owned(),
            needed: still.saturating_sub(done),
            free: None,
        },
        _ => UnpackError::write(&into.join(&entry.path))(cause),
    };

    let mut content = zip
        .by_index(entry.index)
        .map_err(|error| damaged(error.to_string()))?;
    let mut buffer = vec![0; CHUNK];
    let mut done: u64 = 0;
    loop {
        // At the end this also compares the CRC-32.
        let count = content
            .read(&mut buffer)
            .map_err(|cause| damaged(cause.to_string()))?;
        if count == 0 {
            break;
        }
        if done + count as u64 > entry.bytes {
            return Err(damaged(format!(
                "it has more bytes than the {} it declares",
                entry.bytes
            )));
        }
        file.write_all(&buffer[..count])
            .map_err(|cause| full(done, cause))?;
        done += count as u64;
        tell(done);
    }
    if done < entry.bytes {
        return Err(damaged(format!("it has {done} of {} bytes", entry.bytes)));
    }
    if entry.bytes >= SYNC_FROM {
        file.sync_all().map_err(|cause| full(done, cause))?;
    }
    drop(file);
    let target = into.join(&entry.path);
    temporary
        .persist_noclobber(&target)
        .map_err(|error| UnpackError::write(&target)(error.error))
}

/// Makes the names in the folders survive a power cut.
pub(super) fn settle(folders: &HashSet<PathBuf>) {
    for folder in folders {
        sync_folder(folder);
    }
}
