//! One file, from checking whether it exists to giving it its name.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use colorize_base::open_file;

use super::checksum::{Checksum, hash_file};
use super::error::{ByHand, DownloadError, Failure};
use super::lock::{beside, hold};
use super::part::{Part, WriteAll};
use super::progress::Progress;
use super::transfer::{Line, Trouble};

/// What a file is and where to get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// Addresses, `http` or `https`; the next is tried when one does not give the file.
    pub urls: &'a [&'a str],
    /// Length of the file.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub checksum: Checksum,
}

/// A file that is whole and the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where it lies.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, which has just been checked.
    pub checksum: Checksum,
    /// Whether it was there already.
    pub was_there: bool,
}

/// Brings a file to `target`, whose folder is made when it is not there.
///
/// A file that stands at `target` is checked and taken as it is. Else it is received beside it, under a lock, and renamed
/// once length and SHA-256 are right: no partial file ever stands at `target`. A connection that breaks is taken up again
/// a few times; what has been received by then stays, for the next call to resume from, if the server still has the same
/// version.
///
/// # Errors
///
/// See [`DownloadError`]. No message needs the address or the path added.
pub fn fetch(
    source: &Source,
    target: &Path,
    progress: &dyn Fn(Progress),
) -> Result<Fetched, DownloadError> {
    fetch_over(&Line::of_user(), source, target, progress)
}

/// [`fetch`] over a given line.
pub(super) fn fetch_over(
    line: &Line,
    source: &Source,
    target: &Path,
    progress: &dyn Fn(Progress),
) -> Result<Fetched, DownloadError> {
    arrive(source.bytes, source.checksum, target, progress, || {
        download(line, source, target, write_all, progress)
    })
}

/// What every origin has in common: checks whether `target` exists, and has it brought by `bring` when it does not.
pub(super) fn arrive(
    bytes: u64,
    checksum: Checksum,
    target: &Path,
    progress: &dyn Fn(Progress),
    bring: impl FnOnce() -> Result<(), DownloadError>,
) -> Result<Fetched, DownloadError> {
    let fetched = |was_there| Fetched {
        path: target.to_owned(),
        bytes,
        checksum,
        was_there,
    };
    // Before the lock, whose file a folder that is only to be read does not allow.
    if is_there(bytes, checksum, target, progress)? {
        return Ok(fetched(true));
    }
    let folder = folder_of(target);
    fs::create_dir_all(folder).map_err(DownloadError::write(folder))?;
    let lock = beside(target, ".lock");
    let _lock = hold(&lock, progress).map_err(DownloadError::write(&lock))?;
    // Another process may have brought it while this one waited.
    if is_there(bytes, checksum, target, progress)? {
        return Ok(fetched(true));
    }
    bring()?;
    Ok(fetched(false))
}

/// The folder that `path` lies in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether the file exists. One that exists and is another file is an error.
fn is_there(
    bytes: u64,
    checksum: Checksum,
    path: &Path,
    progress: &dyn Fn(Progress),
) -> Result<bool, DownloadError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(cause) => return Err(DownloadError::read(path)(cause)),
    };
    let occupied = |expected: String, found: String| DownloadError::Occupied {
        path: path.to_owned(),
        expected,
        found,
    };
    if !metadata.is_file() {
        return Err(occupied("a file".to_owned(), "a folder".to_owned()));
    }
    if metadata.len() != bytes {
        return Err(occupied(
            format!("{bytes} bytes"),
            format!("{} bytes", metadata.len()),
        ));
    }
    let mut file = open_file(path).map_err(DownloadError::read(path))?;
    let found = hash_file(&mut file, bytes, progress)
        .map(Checksum::of_hasher)
        .map_err(DownloadError::read(path))?;
    if found != checksum {
        return Err(occupied(
            format!("SHA-256 {checksum}"),
            format!("SHA-256 {found}"),
        ));
    }
    Ok(true)
}

/// How bytes are put at the end of a part.
pub(super) fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    io::Write::write_all(file, bytes)
}

/// Receives the file, from the first address that gives it, and names it.
pub(super) fn download(
    line: &Line,
    source: &Source,
    target: &Path,
    write: WriteAll,
    progress: &dyn Fn(Progress),
) -> Result<(), DownloadError> {
    let mut part = Part::open(target, source, write, progress)?;
    // Said before hours of receiving and not after. Where the system cannot tell, writing will.
    let free = fs4::available_space(folder_of(target)).ok();
    let needed = part.bytes() - part.length();
    if free.is_some_and(|free| free < needed) {
        part.leave()?;
        return Err(DownloadError::NoSpace {
            path: target.to_owned(),
            needed,
            free,
        });
    }
    let by_hand = ByHand::boxed(source.bytes, source.checksum, target);
    let mut failures = Vec::new();
    for &url in source.urls {
        match line.receive(url, &mut part, progress) {
            Ok(()) => {
                return match part.finish(target)? {
                    Ok(()) => Ok(()),
                    Err(found) => Err(DownloadError::Checksum {
                        from: url.to_owned(),
                        expected: source.checksum,
                        found,
                        by_hand,
                    }),
                };
            }
            Err(Trouble::Disk(error)) => return Err(error),
            Err(Trouble::Line(reason)) => failures.push(Failure {
                url: url.to_owned(),
                reason,
            }),
        }
    }
    part.leave()?;
    Err(DownloadError::NotBrought { failures, by_hand })
}
