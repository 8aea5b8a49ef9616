//! Decoded photographs on disk, so that each is decoded once and not once a pass.
//!
//! All photographs of one list at one size lie in one file, `pixels/<size>-<resize>-v<version>-<hash>.pixels`, each in a
//! slot of its own: its pixels, the hash of the file that they were decoded from, and a checksum over both and over what
//! the file is for. A slot is believed when all of that fits, and counts as absent otherwise. So nothing has to be locked:
//! several processes that fill one file write the same bytes, and who reads half a slot decodes the photograph himself.

use std::fs::{File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use crate::dataset::Photograph;
use crate::photo::{self, Resize};

/// The folder of the files in the cache.
const FOLDER: &str = "pixels";

/// The ending of their names.
const ENDING: &str = ".pixels";

/// A slot's end: BLAKE3 of the photograph's file, and the CRC-32.
const SEAL: usize = 32 + 4;

/// Bytes that stay free on the disk: a run that cannot write its log has failed, one that decodes again is only slower.
const LEFT_FREE: u64 = 4 << 30;

/// A file that no process has opened for so long is removed.
const FORGOTTEN: Duration = Duration::from_hours(30 * 24);

/// The slots of one list of photographs.
pub(super) struct DiskCache {
    file: File,
    path: PathBuf,
    /// Begins every checksum: what the file is for.
    key: blake3::Hash,
    /// Bytes of a photograph.
    pixels: usize,
    left_free: u64,
    /// Whether anything may still be written.
    writes: AtomicBool,
    /// Told once what went wrong.
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

impl std::fmt::Debug for DiskCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DiskCache")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl DiskCache {
    /// The file of `photographs` as squares of `size` pixels, below the folder of the cache. Files of other versions of
    /// `photo` and forgotten ones are removed. `tell` is called at most once with what went wrong; `None` when that was
    /// here.
    pub(super) fn open(
        cache: &Path,
        photographs: &[Photograph],
        size: usize,
        resize: Resize,
        tell: impl Fn(&str) + Send + Sync + 'static,
    ) -> Option<Self> {
        Self::open_version(
            photo::VERSION,
            LEFT_FREE,
            cache,
            photographs,
            size,
            resize,
            tell,
        )
    }

    fn open_version(
        version: u32,
        left_free: u64,
        cache: &Path,
        photographs: &[Photograph],
        size: usize,
        resize: Resize,
        tell: impl Fn(&str) + Send + Sync + 'static,
    ) -> Option<Self> {
        let folder = cache.join(FOLDER);
        let method = match resize {
            Resize::Bilinear => "bilinear",
            Resize::BilinearAntialias => "bilinear_antialias",
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("colorize pixels 1, photo {version}, {size} {method}").as_bytes());
        for photograph in photographs {
            hasher.update(photograph.content_hash.as_bytes());
        }
        let key = hasher.finalize();
        let name = format!(
            "{size}-{method}-v{version}-{}",
            &key.to_hex().as_str()[..16]
        );
        let path = folder.join(name + ENDING);
        let opened = std::fs::create_dir_all(&folder).and_then(|()| {
            let file = File::options()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(&path)?;
            // Who cannot set the time owns the file no less.
            let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
            Ok(file)
        });
        match opened {
            Ok(file) => {
                tidy(&folder, version);
                Some(Self {
                    file,
                    path,
                    key,
                    pixels: 3 * size * size,
                    left_free,
                    writes: AtomicBool::new(true),
                    tell: Box::new(tell),
                })
            }
            Err(error) => {
                tell(&format!(
                    "decoded photographs are not cached on disk: cannot open `{}`: {error}",
                    path.display()
                ));
                None
            }
        }
    }

    /// Fills `into` with the pixels of the photograph at `position`, if they exist.
    pub(super) fn read(&self, position: usize, content: blake3::Hash, into: &mut [u8]) -> bool {
        let at = self.slot(position);
        let mut seal = [0; SEAL];
        // An end of the file that came too soon is a slot that was not written yet.
        let read = read_at(&self.file, into, at)
            .and_then(|()| read_at(&self.file, &mut seal, at + self.pixels as u64));
        read.is_ok() && seal == self.seal(content, into)
    }

    /// Writes the pixels of the photograph at `position`, as long as the disk has room.
    pub(super) fn write(&self, position: usize, content: blake3::Hash, pixels: &[u8]) {
        if !self.writes.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.try_write(position, content, pixels)
            && self.writes.swap(false, Ordering::Relaxed)
        {
            (self.tell)(&format!(
                "no further decoded photographs are cached on disk, and the rest are decoded in every pass: cannot write `{}`: {error}",
                self.path.display()
            ));
        }
    }

    fn try_write(&self, position: usize, content: blake3::Hash, pixels: &[u8]) -> io::Result<()> {
        let free = fs4::available_space(&self.path)?;
        if free < self.left_free {
            let text = format!(
                "{} MB are free, and {} MB must stay free",
                free >> 20,
                self.left_free >> 20
            );
            return Err(io::Error::new(io::ErrorKind::StorageFull, text));
        }
        let at = self.slot(position);
        write_at(&self.file, pixels, at)?;
        write_at(
            &self.file,
            &self.seal(content, pixels),
            at + pixels.len() as u64,
        )
    }

    /// Where the slot of a position begins.
    fn slot(&self, position: usize) -> u64 {
        position as u64 * (self.pixels + SEAL) as u64
    }

    /// What stands behind a slot's pixels.
    fn seal(&self, content: blake3::Hash, pixels: &[u8]) -> [u8; SEAL] {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(self.key.as_bytes());
        checksum.update(content.as_bytes());
        checksum.update(pixels);
        let mut seal = [0; SEAL];
        let (hash, sum) = seal.split_at_mut(32);
        hash.copy_from_slice(content.as_bytes());
        sum.copy_from_slice(&checksum.finalize().to_le_bytes());
        seal
    }
}

/// Removes the files that another version decoded, and forgotten ones. What cannot be removed is in nobody's way.
fn tidy(folder: &Path, version: u32) {
    let ours = format!("-v{version}-");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.ends_with(ENDING) {
            continue;
        }
        let age = entry.metadata().and_then(|it| it.modified()).ok();
        let age = age.and_then(|modified| modified.elapsed().ok());
        if !name.contains(&ours) || age.is_some_and(|age| age > FORGOTTEN) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut into: &mut [u8], mut at: u64) -> io::Result<()> {
    while !into.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, into, at)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        into = &mut into[count..];
        at += count as u64;
    }
    Ok(())
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        bytes = &bytes[count..];
        at += count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
