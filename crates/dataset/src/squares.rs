//! Decoded photographs on disk, so that each is decoded once: neither once a pass nor once for each of those that want it.
//!
//! All photographs of one dataset, at one size and brought there by one method, lie in one file,
//! `pixels/<size>-<resize>-v<version>-<dataset>.pixels`, in slots of one length, one after the other. A slot holds the
//! pixels, the hash that the photograph is known by, and a checksum over both and over what the file is for. It is
//! believed when the checksum fits, and counts as absent otherwise.
//!
//! Slots are only appended: under a lock on the file, and after a look at what others have appended. So several processes
//! that fill one file write no photograph twice, and reading needs no lock. A slot that a killed process did not finish is
//! overwritten by the next one. A damaged slot stays, and the photograph gets another one behind it.

mod file;
mod roots;

use std::collections::HashMap;
use std::fs::{File, FileTimes, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use self::file::{read_at, write_at};
pub use self::roots::Squares;
use crate::photo::{self, ImageSection, Resize};
use colorize_base::open_file;

/// The folder of the files in the cache.
const FOLDER: &str = "pixels";

/// The ending of their names.
const ENDING: &str = ".pixels";

/// Raised whenever a file is laid out in another way.
const FORMAT: u32 = 2;

/// Bytes of a hash.
const HASH: usize = blake3::OUT_LEN;

/// A slot's end: the photograph's hash, and the CRC-32.
const SEAL: usize = HASH + 4;

/// Bytes that stay free on the disk: a run that cannot write its log has failed, one that decodes again is only slower.
const LEFT_FREE: u64 = 4 << 30;

/// A file that no process has opened for so long is removed.
const FORGOTTEN: Duration = Duration::from_hours(30 * 24);

/// What photographs are brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Square {
    /// The side, in pixels.
    pub size: usize,
    /// How pixels are interpolated.
    pub resize: Resize,
}

impl Square {
    /// Bytes of a photograph: red, green and blue, row by row.
    pub fn bytes(self) -> usize {
        3 * self.size * self.size
    }
}

impl From<&ImageSection> for Square {
    fn from(section: &ImageSection) -> Self {
        Self {
            size: section.size,
            resize: section.resize,
        }
    }
}

/// The photographs of one dataset as squares of one kind, as far as they are on disk.
pub(crate) struct SquaresFile {
    file: File,
    path: PathBuf,
    square: Square,
    /// Begins every checksum: what the file is for.
    key: blake3::Hash,
    left_free: u64,
    known: Mutex<Known>,
    /// Whether anything may still be written.
    writes: AtomicBool,
    /// Told once what went wrong.
    tell: Tell,
}

/// Called with what went wrong.
type Tell = Box<dyn Fn(&str) + Send + Sync>;

/// What lies in the file.
#[derive(Default)]
struct Known {
    /// The slot of each photograph; where it has several, the last.
    slots: HashMap<blake3::Hash, u64>,
    /// Slots that were looked at, from the first on.
    seen: u64,
}

impl std::fmt::Debug for SquaresFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SquaresFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl SquaresFile {
    /// The squares of a dataset by the name of its root, to read and to add to, below the folder of the cache. Files of other
    /// versions of `photo` and forgotten ones are removed. `tell` is called at most once with what went wrong, from any thread;
    /// `None` when that was here.
    pub(crate) fn of_dataset(
        cache: &Path,
        dataset: &str,
        square: Square,
        tell: impl Fn(&str) + Send + Sync + 'static,
    ) -> Option<Self> {
        Place::new(cache, dataset, square, photo::VERSION).create(LEFT_FREE, Box::new(tell))
    }

    /// Those that [`Self::of_dataset`] would open, to be read only; `None` when there are none.
    fn find(cache: &Path, dataset: &str, square: Square) -> Option<Self> {
        let place = Place::new(cache, dataset, square, photo::VERSION);
        place.open(File::options().read(true)).ok()
    }

    /// What they are.
    pub(crate) fn square(&self) -> Square {
        self.square
    }

    /// Fills `into` with the pixels of the photograph with this content, if they are there.
    pub(crate) fn read(&self, content: blake3::Hash, into: &mut [u8]) -> bool {
        let Some(slot) = self.slot(content) else {
            return false;
        };
        let at = slot * self.stride();
        let mut seal = [0; SEAL];
        let read = read_at(&self.file, into, at)
            .and_then(|()| read_at(&self.file, &mut seal, at + into.len() as u64));
        match read {
            Ok(()) if seal == self.seal(content, into) => return true,
            // A file that ends too soon was cut off by somebody.
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            // What cannot be read now may be sound.
            Err(_) => return false,
        }
        // The slot is damaged. Unless another process has seen that as well, the photograph gets another one.
        let mut known = self.known();
        if known.slots.get(&content) == Some(&slot) {
            known.slots.remove(&content);
        }
        false
    }

    /// Adds the pixels of the photograph with this content, unless they are there or the disk has no room.
    pub(crate) fn write(&self, content: blake3::Hash, pixels: &[u8]) {
        if !self.writes.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.try_write(content, pixels)
            && self.writes.swap(false, Ordering::Relaxed)
        {
            (self.tell)(&format!(
                "no further decoded photographs are cached on disk, and the rest are decoded in every pass: cannot write `{}`: {error}",
                self.path.display()
            ));
        }
    }

    fn try_write(&self, content: blake3::Hash, pixels: &[u8]) -> io::Result<()> {
        let mut known = self.known();
        if known.slots.contains_key(&content) {
            return Ok(());
        }
        let free = fs4::available_space(&self.path)?;
        if free < self.left_free {
            let text = format!(
                "{} MB are free, and {} MB must stay free",
                free >> 20,
                self.left_free >> 20
            );
            return Err(io::Error::new(io::ErrorKind::StorageFull, text));
        }
        self.file.lock()?;
        let appended = self.append(&mut known, content, pixels);
        let unlocked = self.file.unlock();
        appended.and(unlocked)
    }

    /// The same by who holds the lock.
    fn append(&self, known: &mut Known, content: blake3::Hash, pixels: &[u8]) -> io::Result<()> {
        let slot = self.look(known)?;
        if known.slots.contains_key(&content) {
            return Ok(());
        }
        let at = slot * self.stride();
        write_at(&self.file, pixels, at)?;
        // Last, as what has no seal does not count.
        let seal = self.seal(content, pixels);
        write_at(&self.file, &seal, at + pixels.len() as u64)?;
        known.slots.insert(content, slot);
        known.seen = slot + 1;
        Ok(())
    }

    /// The slot of a photograph, which another process may have written just now.
    fn slot(&self, content: blake3::Hash) -> Option<u64> {
        let mut known = self.known();
        if !known.slots.contains_key(&content) {
            self.look(&mut known).ok()?;
        }
        known.slots.get(&content).copied()
    }

    /// Looks at the slots that were added; says how many there are.
    fn look(&self, known: &mut Known) -> io::Result<u64> {
        let slots = self.file.metadata()?.len() / self.stride();
        if slots < known.seen {
            // Somebody has cut the file off.
            *known = Known::default();
        }
        for slot in known.seen..slots {
            let mut hash = [0; HASH];
            let at = slot * self.stride() + self.square.bytes() as u64;
            read_at(&self.file, &mut hash, at)?;
            known.slots.insert(hash.into(), slot);
            known.seen = slot + 1;
        }
        Ok(slots)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of a slot.
    fn stride(&self) -> u64 {
        (self.square.bytes() + SEAL) as u64
    }

    /// What stands behind a slot's pixels.
    fn seal(&self, content: blake3::Hash, pixels: &[u8]) -> [u8; SEAL] {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(self.key.as_bytes());
        checksum.update(content.as_bytes());
        checksum.update(pixels);
        let mut seal = [0; SEAL];
        let (hash, sum) = seal.split_at_mut(HASH);
        hash.copy_from_slice(content.as_bytes());
        sum.copy_from_slice(&checksum.finalize().to_le_bytes());
        seal
    }
}

/// Where squares lie, and what they are.
struct Place {
    path: PathBuf,
    square: Square,
    /// Begins every checksum.
    key: blake3::Hash,
    /// The part of the file's name that says how it was made.
    version: String,
}

impl Place {
    fn new(cache: &Path, dataset: &str, square: Square, version: u32) -> Self {
        let Square { size, resize } = square;
        let method = match resize {
            Resize::Bilinear => "bilinear",
            Resize::BilinearAntialias => "bilinear_antialias",
        };
        let kind = format!("colorize pixels {FORMAT}, photo {version}, {size} {method}");
        let version = format!("v{version}.{FORMAT}");
        let name = format!("{size}-{method}-{version}-{dataset}{ENDING}");
        Self {
            path: cache.join(FOLDER).join(name),
            square,
            key: blake3::hash(kind.as_bytes()),
            version,
        }
    }

    /// What lies there, to be read.
    fn open(&self, options: &OpenOptions) -> io::Result<SquaresFile> {
        if self.path.exists() {
            // A pipe would be waited for.
            open_file(&self.path)?;
        }
        let file = options.open(&self.path)?;
        // Who cannot set the time owns the file no less.
        let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
        let squares = SquaresFile {
            file,
            path: self.path.clone(),
            square: self.square,
            key: self.key,
            known: Mutex::default(),
            left_free: 0,
            writes: AtomicBool::new(false),
            tell: Box::new(|_| {}),
        };
        squares.look(&mut squares.known())?;
        Ok(squares)
    }

    /// The same to be added to, made where there is nothing.
    fn create(&self, left_free: u64, tell: Tell) -> Option<SquaresFile> {
        let folder = self.path.parent().unwrap_or(&self.path);
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        match std::fs::create_dir_all(folder).and_then(|()| self.open(&options)) {
            Ok(squares) => {
                self.tidy(folder);
                Some(SquaresFile {
                    left_free,
                    tell,
                    writes: AtomicBool::new(true),
                    ..squares
                })
            }
            Err(error) => {
                tell(&format!(
                    "decoded photographs are not cached on disk: cannot open `{}`: {error}",
                    self.path.display()
                ));
                None
            }
        }
    }

    /// Removes the files that another version made, and forgotten ones. What cannot be removed is in nobody's way.
    fn tidy(&self, folder: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.ends_with(ENDING) {
                continue;
            }
            let is_ours = name.split('-').nth(2) == Some(&self.version);
            let age = entry.metadata().and_then(|it| it.modified()).ok();
            let age = age.and_then(|modified| modified.elapsed().ok());
            if !is_ours || age.is_some_and(|age| age > FORGOTTEN) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests;
