//! Unpacking a zip archive, which may be hostile, into a folder.
//!
//! First the archive's directory is judged as a whole (`plan`): names, kinds, sizes, numbers. An archive in which one entry
//! is not as it should be is refused, and nothing is written. Then the files are written one after the other, each under
//! another name until it is whole (`write`).

mod plan;
mod write;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::error::UnpackError;
use super::lock::hold;
use super::progress::{Phase, Progress};
use colorize_base::open_file;

/// Which entries of an archive are unpacked. The others are judged, and left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// All files in this folder of the archive, and in the folders under it.
    Under(&'a str),
    /// This one file.
    Only(&'a str),
}

/// How much an archive may be, so that a small one cannot fill the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries.
    pub entries: u64,
    /// Bytes of all files, unpacked.
    pub bytes: u64,
    /// Bytes of one file, unpacked.
    pub entry_bytes: u64,
    /// How many times its packed size a file of more than 1 MiB may be. Deflate reaches 1032 with nothing but zeros; COCO's
    /// JSON stays below 10.
    pub ratio: u64,
}

impl Default for Limits {
    /// Room for COCO's largest archive and some more: 500,000 entries, 64 GB, 4 GB a file, 200 times.
    fn default() -> Self {
        Self {
            entries: 500_000,
            bytes: 64_000_000_000,
            entry_bytes: 4_000_000_000,
            ratio: 200,
        }
    }
}

/// What came of unpacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unpacked {
    /// Files that are now in the folder.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of the files were there already, with the archive's content.
    pub were_there: u64,
    /// Files of the archive that were not wanted.
    pub left_out: u64,
}

/// Takes the `wanted` files of the zip `archive` into the folder `into`, at their paths in the archive.
///
/// The folder is created when it does not exist. An existing file with the archive's length and CRC-32 is kept, so an
/// unpacking that was interrupted resumes where it was; one with other content is never overwritten. A file appears whole
/// or not at all. Processes that unpack into one folder wait for each other.
///
/// # Errors
///
/// See [`UnpackError`]. No message needs a path added.
pub fn unpack(
    archive: &Path,
    into: &Path,
    wanted: &Wanted,
    limits: &Limits,
    progress: &dyn Fn(Progress),
) -> Result<Unpacked, UnpackError> {
    let file = open_file(archive).map_err(UnpackError::read(archive))?;
    let mut zip = plan::open(archive, file)?;
    let plan = plan::judge(archive, &zip, wanted, limits)?;

    fs::create_dir_all(into).map_err(UnpackError::write(into))?;
    let lock = into.join(".unpacking.lock");
    let _lock = hold(&lock, progress).map_err(UnpackError::write(&lock))?;

    let tell = |done: u64| {
        progress(Progress {
            phase: Phase::Unpacking,
            done,
            total: plan.bytes,
        });
    };
    let mut unpacked = Unpacked {
        files: 0,
        bytes: 0,
        were_there: 0,
        left_out: plan.left_out,
    };
    // Which files are missing is known before the first is written, and so whether there is room for them.
    let mut missing = Vec::new();
    let mut sound = HashSet::new();
    for entry in &plan.files {
        let target = into.join(&entry.path);
        write::look_at_folders(into, entry, &mut sound)?;
        if write::is_there(&target, entry, &|bytes| tell(unpacked.bytes + bytes))? {
            unpacked.files += 1;
            unpacked.were_there += 1;
            unpacked.bytes += entry.bytes;
        } else {
            missing.push(entry);
        }
    }
    let needed = missing.iter().map(|entry| entry.bytes).sum();
    let free = fs4::available_space(into).ok();
    if free.is_some_and(|free| free < needed) {
        return Err(UnpackError::NoSpace {
            folder: into.to_owned(),
            needed,
            free,
        });
    }
    for entry in missing {
        let done = unpacked.bytes;
        let still = needed - (done - (plan.bytes - needed));
        write::make_folders(into, entry, &mut sound)?;
        write::extract(archive, &mut zip, entry, into, still, &|bytes| {
            tell(done + bytes);
        })?;
        unpacked.files += 1;
        unpacked.bytes += entry.bytes;
    }
    write::settle(&sound);
    Ok(unpacked)
}
