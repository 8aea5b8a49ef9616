//! Photographs at the size of the network, decoded once and kept as bytes.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::Batch;
use crate::photo::{self, PhotoError, Resize};

/// A photograph of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photograph {
    /// Its id in the dataset.
    pub id: i64,
    /// Its file, for people.
    pub file_name: String,
    /// Its file.
    pub path: PathBuf,
    /// BLAKE3 of the file's bytes.
    pub content_hash: blake3::Hash,
}

/// One vector of features a photograph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureRows {
    /// Values of a vector.
    pub width: usize,
    /// The vectors, one after the other.
    pub values: Vec<f32>,
}

/// Photographs at one size. Those that fit into the budget are kept in memory as 8-bit RGB; the others are decoded
/// whenever they are asked for.
#[derive(Debug)]
pub struct Pixels {
    photographs: Vec<Photograph>,
    size: usize,
    resize: Resize,
    features: FeatureRows,
    kept: Vec<OnceLock<Arc<[u8]>>>,
    /// Photographs that may still be kept.
    room: AtomicUsize,
}

impl Pixels {
    /// Of `photographs`, squares of `size` pixels, kept in at most `budget` bytes.
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
        }
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
        let images: Vec<_> = positions
            .par_iter()
            .map(|&position| self.get(position))
            .collect::<Result<_, _>>()?;
        Ok(Batch {
            size: self.size,
            pixels: images.concat(),
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
    pub fn get(&self, position: usize) -> Result<Arc<[u8]>, PhotoError> {
        if let Some(pixels) = self.kept[position].get() {
            return Ok(Arc::clone(pixels));
        }
        let photograph = photo::decode(&self.photographs[position].path)?;
        let resized = photo::resize(&photograph, self.size, self.resize);
        let pixels: Arc<[u8]> = resized.into_raw().into();
        let has_room = self
            .room
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| {
                room.checked_sub(1)
            })
            .is_ok();
        if has_room {
            let _ = self.kept[position].set(Arc::clone(&pixels));
        }
        Ok(pixels)
    }
}
