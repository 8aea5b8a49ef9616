//! Photographs at the size of the network, decoded once and kept as bytes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::Batch;
use crate::dataset::{Photograph, Square, Squares};
use crate::photo::{self, PhotoError, PhotoFault};
use colorize_base::{MOST_PICTURE, read_file};

/// One vector of features a photograph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureRows {
    /// Values of a vector.
    pub width: usize,
    /// The vectors, one after the other.
    pub values: Vec<f32>,
}

/// Photographs at one size. Those that fit into the budget are kept in memory as 8-bit RGB. The others are read from the
/// squares on disk or, where there are none, decoded whenever they are asked for. The pixels are the same.
#[derive(Debug)]
pub struct Pixels {
    photographs: Vec<Photograph>,
    square: Square,
    features: FeatureRows,
    /// Ids of the categories that labels are about; none without labels.
    categories: Vec<i64>,
    kept: Vec<OnceLock<Box<[u8]>>>,
    /// Photographs that may still be kept in memory.
    room: AtomicUsize,
    squares: Option<Arc<Squares>>,
}

impl Pixels {
    /// Of `photographs`, squares of one kind, kept in at most `budget` bytes of memory.
    pub fn new(photographs: Vec<Photograph>, square: Square, budget: usize) -> Self {
        let kept = photographs.iter().map(|_| OnceLock::new()).collect();
        let room = budget / square.bytes().max(1);
        Self {
            photographs,
            square,
            features: FeatureRows::default(),
            categories: Vec::new(),
            kept,
            room: AtomicUsize::new(room),
            squares: None,
        }
    }

    /// The same with squares on disk: what they have is not decoded, and what had to be decoded is added to them.
    ///
    /// # Panics
    ///
    /// When they are of another kind.
    #[must_use]
    pub fn with_squares(self, squares: Option<Arc<Squares>>) -> Self {
        assert!(
            squares.as_ref().is_none_or(|it| it.square() == self.square),
            "squares are of the size that is asked for"
        );
        Self { squares, ..self }
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

    /// The same with labels: which of these categories, given by id, each photograph shows.
    #[must_use]
    pub fn with_labels(self, categories: Vec<i64>) -> Self {
        Self { categories, ..self }
    }

    /// Which of the categories the photograph at `position` shows, 1 or 0 for each; nothing without labels.
    pub fn labels(&self, position: usize) -> impl Iterator<Item = f32> {
        let shown = &self.photographs[position].categories;
        let categories = self.categories.iter();
        categories.map(|category| f32::from(u8::from(shown.contains(category))))
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
        let each = self.square.bytes();
        let mut pixels = vec![0; each * positions.len()];
        pixels
            .par_chunks_exact_mut(each.max(1))
            .zip(&positions)
            .try_for_each(|(into, &position)| self.fill(position, into))?;
        Ok(Batch {
            size: self.square.size,
            pixels,
            features: positions
                .iter()
                .flat_map(|&position| self.features(position))
                .copied()
                .collect(),
            labels: positions
                .iter()
                .flat_map(|&position| self.labels(position))
                .collect(),
            positions,
        })
    }

    /// Side of the squares, in pixels.
    pub fn size(&self) -> usize {
        self.square.size
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
        let mut pixels = vec![0; self.square.bytes()];
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
        if let Some(squares) = &self.squares
            && squares.read(photograph, into)
        {
            self.keep(position, into);
            return Ok(());
        }
        let decoded = read_file(&photograph.path, MOST_PICTURE)
            .map_err(PhotoFault::from)
            .and_then(|bytes| Ok((photo::read_again(&bytes)?, bytes)));
        let (decoded, bytes) = decoded.map_err(|fault| PhotoError {
            path: photograph.path.clone(),
            fault,
        })?;
        let Square { size, resize } = self.square;
        photo::resize_into(&decoded.picture, size, resize, into);
        self.keep(position, into);
        if let Some(squares) = &self.squares
            // A file that was changed after it was inspected must not be kept under the name of the old one.
            && decoded.content_hash(&bytes) == photograph.content_hash
        {
            squares.write(photograph, into);
        }
        Ok(())
    }

    /// Keeps the pixels in memory, if there is room.
    fn keep(&self, position: usize, pixels: &[u8]) {
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
    }
}

#[cfg(test)]
mod tests;
