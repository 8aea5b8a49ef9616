//! Vectors of features on disk, so that each photograph passes the classifier once.
//!
//! All vectors that were computed in the same way lie in one folder, `features/<readable>-<hash of the key>`: `key.json`
//! says how, and shards of safetensors hold them, `hashes` `[n, 32]` being the BLAKE3 of the photographs' files and
//! `features` `[n, width]`. A shard is complete or absent, and carries a checksum; one that is damaged counts as absent.

use std::collections::{HashMap, HashSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::Serialize;

use colorize_base::{MOST_NUMBERS, PARTIAL, read_file, write_whole};

use super::VERSION;
use super::error::ExtractorError;
use super::{ExtractorKind, Pooling, Preprocess};
use crate::photo::{self, Resize};

/// The folder of all vectors in the cache.
const FOLDER: &str = "features";

/// The key of the checksum in a shard's metadata.
const CHECKSUM: &str = "blake3";

/// How often a process that waits for another one checks whether it may continue, or has to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// All that a vector of features depends on but the photograph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeatureKey {
    /// The classifier.
    pub extractor: ExtractorKind,
    /// Its weights, as [`super::WeightsChoice::identify`] has them.
    pub weights: String,
    /// How its last map becomes a vector.
    pub pooling: Pooling,
    /// What it gets to see.
    pub preprocess: Preprocess,
    /// The side of the picture that it sees.
    pub size: usize,
    /// How the picture is brought to that size.
    pub resize: Resize,
    /// The class of the device: its library, and the kind of processor.
    pub device: String,
}

impl FeatureKey {
    /// The folder of the vectors in the cache.
    pub fn folder(&self, cache_folder: &Path) -> PathBuf {
        let hash = blake3::hash(self.to_json().as_bytes()).to_hex();
        let name = format!(
            "{}-{}-{}-{}-{}",
            self.extractor,
            self.pooling.name(),
            self.preprocess.name(),
            self.size,
            &hash.as_str()[..16]
        );
        cache_folder.join(FOLDER).join(name)
    }

    /// The key and the versions of what makes a vector of it, in JSON.
    fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Versioned<'a> {
            version: u32,
            photo_version: u32,
            #[serde(flatten)]
            key: &'a FeatureKey,
        }
        let versioned = Versioned {
            version: VERSION,
            photo_version: photo::VERSION,
            key: self,
        };
        serde_json::to_string_pretty(&versioned).expect("names, numbers and texts are JSON")
    }
}

/// The folder of the vectors of one key.
#[derive(Debug)]
pub(super) struct FeatureFolder {
    path: PathBuf,
    width: usize,
}

/// A shard that cannot be read.
#[derive(Debug)]
pub(super) struct Damaged {
    path: PathBuf,
    reason: String,
}

impl Damaged {
    /// What a person should know of it.
    pub(super) fn warning(&self) -> String {
        format!(
            "features in `{}` are damaged and will be recomputed: {}",
            self.path.display(),
            self.reason
        )
    }

    /// Removes it, so that nobody is warned of it again; only who may write here may do that.
    pub(super) fn remove(&self, _: &Writer) {
        // One that cannot be removed is only passed over again.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl FeatureFolder {
    /// That of `key`, which may not exist yet.
    pub(super) fn new(key: &FeatureKey, cache_folder: &Path) -> Self {
        Self {
            path: key.folder(cache_folder),
            width: key.extractor.width(),
        }
    }

    /// Calls `take` with the hash and the vector of each photograph in the shards that are not `seen`, which they are
    /// then, and returns those that are damaged. A vector that lies in several shards comes several times.
    pub(super) fn read(
        &self,
        seen: &mut HashSet<PathBuf>,
        take: &mut dyn FnMut(blake3::Hash, &[u8]),
    ) -> Result<Vec<Damaged>, ExtractorError> {
        let mut damaged = Vec::new();
        for path in self.shards()? {
            if seen.contains(&path) {
                continue;
            }
            let read = read_file(&path, MOST_NUMBERS).map_err(|error| error.to_string());
            match read.and_then(|bytes| self.read_shard(&bytes, take)) {
                Ok(()) => drop(seen.insert(path)),
                Err(reason) => damaged.push(Damaged { path, reason }),
            }
        }
        Ok(damaged)
    }

    fn read_shard(
        &self,
        bytes: &[u8],
        take: &mut dyn FnMut(blake3::Hash, &[u8]),
    ) -> Result<(), String> {
        let text = |error: safetensors::SafeTensorError| error.to_string();
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(text)?;
        let checksum = metadata.metadata().as_ref();
        let checksum = checksum.and_then(|it| it.get(CHECKSUM)).cloned();
        let shard = SafeTensors::deserialize(bytes).map_err(text)?;
        let hashes = shard.tensor("hashes").map_err(text)?;
        let features = shard.tensor("features").map_err(text)?;
        let count = hashes.shape().first().copied().unwrap_or(0);
        let is = |tensor: &TensorView, dtype, shape: [usize; 2]| {
            tensor.dtype() == dtype && tensor.shape() == shape
        };
        if !is(&hashes, Dtype::U8, [count, 32]) || !is(&features, Dtype::F32, [count, self.width]) {
            return Err("tensors of another type or shape".to_owned());
        }
        if checksum.as_deref() != Some(&checksum_of(hashes.data(), features.data())) {
            return Err("its checksum is wrong".to_owned());
        }
        let hashes = hashes.data().as_chunks::<32>().0;
        let vectors = features.data().chunks_exact(4 * self.width);
        for (hash, vector) in hashes.iter().zip(vectors) {
            take(blake3::Hash::from_bytes(*hash), vector);
        }
        Ok(())
    }

    /// All shards, oldest first.
    fn shards(&self) -> Result<Vec<PathBuf>, ExtractorError> {
        let entries = match std::fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ExtractorError::read(&self.path)(error)),
        };
        let mut shards = Vec::new();
        for entry in entries {
            let path = entry.map_err(ExtractorError::read(&self.path))?.path();
            if number(&path).is_some() {
                shards.push(path);
            }
        }
        shards.sort();
        Ok(shards)
    }

    /// Waits until no other process writes here, and lets none write until the answer is dropped, however this process
    /// ends. `None` when `should_stop` says so first.
    pub(super) fn lock(
        &self,
        key: &FeatureKey,
        should_stop: &dyn Fn() -> bool,
    ) -> Result<Option<Writer<'_>>, ExtractorError> {
        std::fs::create_dir_all(&self.path).map_err(ExtractorError::write(&self.path))?;
        let path = self.path.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(ExtractorError::write(&path))?;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if should_stop() => return Ok(None),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PATIENCE),
                Err(TryLockError::Error(error)) => return Err(ExtractorError::write(&path)(error)),
            }
        }
        let writer = Writer {
            folder: self,
            _lock: lock,
        };
        writer.tidy()?;
        writer.write("key.json", key.to_json().as_bytes())?;
        Ok(Some(writer))
    }
}

/// The right to write into a folder.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    folder: &'a FeatureFolder,
    _lock: File,
}

impl Writer<'_> {
    /// Removes what a process left that was killed while it wrote.
    fn tidy(&self) -> Result<(), ExtractorError> {
        let path = &self.folder.path;
        for entry in std::fs::read_dir(path).map_err(ExtractorError::read(path))? {
            let entry = entry.map_err(ExtractorError::read(path))?;
            if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
                // Only rubbish, which is in nobody's way if it stays.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// Adds a shard with the vectors of these photographs, one behind the other.
    pub(super) fn append(
        &self,
        hashes: &[blake3::Hash],
        vectors: &[f32],
    ) -> Result<(), ExtractorError> {
        let hashes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        let vectors: Vec<u8> = vectors
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let count = hashes.len() / 32;
        let view = |dtype, width, bytes| {
            TensorView::new(dtype, vec![count, width], bytes).expect("one row a photograph")
        };
        let tensors = [
            ("hashes", view(Dtype::U8, 32, &hashes)),
            ("features", view(Dtype::F32, self.folder.width, &vectors)),
        ];
        let checksum = checksum_of(&hashes, &vectors);
        let metadata = HashMap::from([(CHECKSUM.to_owned(), checksum)]);
        let bytes = safetensors::serialize(tensors, Some(metadata))
            .expect("two tensors that are what they say can be written");
        let last = self.folder.shards()?;
        let last = last.last().and_then(|path| number(path)).unwrap_or(0);
        self.write(&format!("{:08}.safetensors", last + 1), &bytes)
    }

    /// Writes a file that appears whole or not at all, and survives a power cut.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ExtractorError> {
        let path = self.folder.path.join(name);
        write_whole(&path, bytes).map_err(ExtractorError::write(&path))
    }
}

/// The number of the shard at `path`; `None` when it is no shard.
fn number(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    let digits = name.strip_suffix(".safetensors")?;
    (digits.len() == 8).then(|| digits.parse().ok()).flatten()
}

fn checksum_of(hashes: &[u8], vectors: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(hashes);
    hasher.update(vectors);
    hasher.finalize().to_hex().to_string()
}
