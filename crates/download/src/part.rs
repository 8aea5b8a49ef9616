//! The part of a file that has been received: `<file>.part`, and beside it what the server called this version of it.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::checksum::{Checksum, hash_file};
use super::error::DownloadError;
use super::fetch::Source;
use super::lock::beside;
use super::progress::Progress;
use colorize_base::{MOST_RECORD, read_file, sync_folder};

/// How bytes are put at the end of a part. Tests have a disk that is full.
pub(super) type WriteAll = fn(&mut File, &[u8]) -> io::Result<()>;

/// What `<file>.part.json` holds: enough to ask for the rest of this and of no other version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// Length of the whole file.
    bytes: u64,
    /// SHA-256 of the whole file.
    sha256: String,
    /// The server's `ETag`, a strong one, or its `Last-Modified`.
    validator: String,
}

/// A file that is being received. It is whole when its length is [`Part::bytes`].
pub(super) struct Part {
    path: PathBuf,
    record_path: PathBuf,
    file: File,
    length: u64,
    bytes: u64,
    checksum: Checksum,
    hasher: Sha256,
    validator: Option<String>,
    write: WriteAll,
}

impl Part {
    /// Opens the part of `target`, and hashes what it holds. One that says nothing of its version, or speaks of another
    /// file, is started over.
    pub(super) fn open(
        target: &Path,
        source: &Source,
        write: WriteAll,
        progress: &dyn Fn(Progress),
    ) -> Result<Self, DownloadError> {
        let path = beside(target, ".part");
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(DownloadError::write(&path))?;
        let mut part = Self {
            record_path: beside(target, ".part.json"),
            path,
            file,
            length: 0,
            bytes: source.bytes,
            checksum: source.checksum,
            hasher: Sha256::new(),
            validator: None,
            write,
        };
        let there = part
            .file
            .metadata()
            .map_err(DownloadError::read(&part.path))?
            .len();
        match part.record() {
            Some(record) if there <= part.bytes => {
                part.hasher = hash_file(&mut part.file, there, progress)
                    .map_err(DownloadError::read(&part.path))?;
                part.length = there;
                part.validator = Some(record.validator);
            }
            _ => part.restart(None)?,
        }
        Ok(part)
    }

    /// The record, when there is one of this file.
    fn record(&self) -> Option<Record> {
        let record: Record =
            serde_json::from_slice(&read_file(&self.record_path, MOST_RECORD).ok()?).ok()?;
        let ours = record.bytes == self.bytes && record.sha256 == self.checksum.to_string();
        ours.then_some(record)
    }

    /// Bytes received.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes of the whole file.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the server called the version that is being received; `None` when it did not, and the part cannot be
    /// resumed.
    pub(super) fn validator(&self) -> Option<&str> {
        self.validator.as_deref()
    }

    /// Throws away what has been received, and makes ready for a version that is called `validator`.
    pub(super) fn restart(&mut self, validator: Option<&str>) -> Result<(), DownloadError> {
        // The old record goes first: no part may be taken for a version that it is not.
        remove(&self.record_path)?;
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(|cause| self.trouble(cause))?;
        self.length = 0;
        self.hasher = Sha256::new();
        self.validator = validator.map(str::to_owned);
        if let Some(validator) = validator {
            let record = Record {
                bytes: self.bytes,
                sha256: self.checksum.to_string(),
                validator: validator.to_owned(),
            };
            let text = serde_json::to_vec(&record)
                .map_err(io::Error::from)
                .map_err(DownloadError::write(&self.record_path))?;
            fs::write(&self.record_path, text).map_err(|cause| self.trouble(cause))?;
        }
        Ok(())
    }

    /// Puts `bytes` at the end.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), DownloadError> {
        if let Err(cause) = (self.write)(&mut self.file, bytes) {
            return Err(self.trouble(cause));
        }
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Checks the whole and gives it its name; or deletes it, and answers with the checksum that it has.
    pub(super) fn finish(self, target: &Path) -> Result<Result<(), Checksum>, DownloadError> {
        let found = Checksum::of_hasher(self.hasher.clone());
        if found != self.checksum {
            remove(&self.record_path)?;
            remove(&self.path)?;
            return Ok(Err(found));
        }
        self.file.sync_all().map_err(|cause| self.trouble(cause))?;
        fs::rename(&self.path, target).map_err(DownloadError::write(target))?;
        sync_folder(target.parent().unwrap_or(Path::new(".")));
        remove(&self.record_path)?;
        Ok(Ok(()))
    }

    /// Leaves nothing behind where nothing was received.
    pub(super) fn leave(self) -> Result<(), DownloadError> {
        if self.length == 0 {
            remove(&self.record_path)?;
            remove(&self.path)?;
        }
        Ok(())
    }

    /// A failed write: a full disk in words of its own.
    fn trouble(&self, cause: io::Error) -> DownloadError {
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DownloadError::NoSpace {
                path: self.path.clone(),
                needed: self.bytes - self.length,
                free: None,
            },
            _ => DownloadError::Write {
                path: self.path.clone(),
                cause,
            },
        }
    }
}

/// Deletes a file that need not be there.
fn remove(path: &Path) -> Result<(), DownloadError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(DownloadError::Write {
            path: path.to_owned(),
            cause,
        }),
        _ => Ok(()),
    }
}
