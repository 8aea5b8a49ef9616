//! Photographs at the size of the network, decoded once and kept as bytes.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::Batch;
use super::disk::DiskCache;
use crate::dataset::Photograph;
use crate::photo::{self, PhotoError, PhotoFault, Resize};

/// One vector of features a photograph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureRows {
    /// Values of a vector.
    pub width: usize,
    /// The vectors, one after the other.
    pub values: Vec<f32>,
}

/// Photographs at one size. Those that fit into the budget are kept in memory as 8-bit RGB, the others on disk; where
/// there is no disk for them either, they are decoded whenever they are asked for. The pixels are the same.
#[derive(Debug)]
pub struct Pixels {
    photographs: Vec<Photograph>,
    size: usize,
    resize: Resize,
    features: FeatureRows,
    kept: Vec<OnceLock<Box<[u8]>>>,
    /// Photographs that may still be kept in memory.
    room: AtomicUsize,
    disk: Option<DiskCache>,
}

impl Pixels {
    /// Of `photographs`, squares of `size` pixels, kept in at most `budget` bytes of memory.
    pub fn new(photographs: Vec<Photograph>, size: usize, resize: Resize, budget: usize) -> Self {
        let kept = photographs.iter().map(|_| OnceLock::new()).collect();
        let room = budget / (3 * size * size).max(1);
        Self {
            photographs,
            size,
            resize,
            features: FeatureRows::default(),
            kept,
            room: AtomicUsize::new(room),
            disk: None,
        }
    }

    /// The same, those that do not fit into memory kept on disk, below the folder of the cache. `tell` is called at most
    /// once with what went wrong there, from any thread; the photographs are decoded again then.
    #[must_use]
    pub fn with_disk(self, cache: &Path, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let disk = DiskCache::open(cache, &self.photographs, self.size, self.resize, tell);
        Self { disk, ..self }
    }

    /// The same with a vector of features for each photograph, in their order.
    ///
    /// # Panics
    ///
    /// When there are not as many vectors as photographs.
    #[must_use]
    pub fn with_features(self, features: FeatureRows) -> Self {
        assert_eq!(
            features.values.len(),
            features.width * self.photographs.len(),
            "every photograph has one vector"
        );
        Self { features, ..self }
    }

    /// The vector of the photograph at `position`; empty when there are none.
    pub fn features(&self, position: usize) -> &[f32] {
        let width = self.features.width;
        &self.features.values[position * width..(position + 1) * width]
    }

    /// The photographs at `positions`, decoded on all cores, with their vectors.
    ///
    /// # Errors
    ///
    /// [`PhotoError`] when a file has become unreadable since it was inspected.
    pub fn batch(&self, positions: Vec<usize>) -> Result<Batch, PhotoError> {
        let each = 3 * self.size * self.size;
        let mut pixels = vec![0; each * positions.len()];
        pixels
            .par_chunks_exact_mut(each.max(1))
            .zip(&positions)
            .try_for_each(|(into, &position)| self.fill(position, into))?;
        Ok(Batch {
            size: self.size,
            pixels,
            features: positions
                .iter()
                .flat_map(|&position| self.features(position))
                .copied()
                .collect(),
            positions,
        })
    }

    /// Side of the squares, in pixels.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The photographs, in the order of their positions.
    pub fn photographs(&self) -> &[Photograph] {
        &self.photographs
    }

    /// Red, green and blue of the photograph at `position`, `[height, width, 3]`.
    ///
    /// # Errors
    ///
    /// [`PhotoError`] when the file has become unreadable since it was inspected.
    pub fn get(&self, position: usize) -> Result<Vec<u8>, PhotoError> {
        let mut pixels = vec![0; 3 * self.size * self.size];
        self.fill(position, &mut pixels)?;
        Ok(pixels)
    }

    /// The same into existing memory.
    fn fill(&self, position: usize, into: &mut [u8]) -> Result<(), PhotoError> {
        if let Some(pixels) = self.kept[position].get() {
            into.copy_from_slice(pixels);
            return Ok(());
        }
        let photograph = &self.photographs[position];
        let content = photograph.content_hash;
        if let Some(disk) = &self.disk
            && disk.read(position, content, into)
        {
            self.keep(position, into);
            return Ok(());
        }
        let decoded = std::fs::read(&photograph.path)
            .map_err(PhotoFault::from)
            .and_then(|bytes| Ok((photo::read_again(&bytes)?, bytes)));
        let (decoded, bytes) = decoded.map_err(|fault| PhotoError {
            path: photograph.path.clone(),
            fault,
        })?;
        photo::resize_into(&decoded.picture, self.size, self.resize, into);
        if !self.keep(position, into)
            && let Some(disk) = &self.disk
            // A file that was changed after it was inspected must not be kept under the name of the old one.
            && decoded.content_hash(&bytes) == content
        {
            disk.write(position, content, into);
        }
        Ok(())
    }

    /// Keeps the pixels in memory; whether there was module.
    fn keep(&self, position: usize, pixels: &[u8]) -> bool {
        let room = &self.room;
        let has_room = room
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| {
                room.checked_sub(1)
            })
            .is_ok();
        if has_room && self.kept[position].set(pixels.into()).is_err() {
            // Another thread was quicker.
            room.fetch_add(1, Ordering::Relaxed);
        }
        has_room
    }
}
