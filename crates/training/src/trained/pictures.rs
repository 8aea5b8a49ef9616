//! What a network made of held-out photographs, at its own size: the pictures that were scored.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use image::RgbImage;

use super::{TrainedError, TrainedRun};
use crate::batch::{Batch, HeldOutLoader, Pixels};
use crate::dataset::{Photograph, Square, Squares};
use crate::train::TrainError;

/// A photograph as a network saw it, and what it made of it.
#[derive(Debug, Clone)]
pub struct ScoredPicture {
    /// The photograph's id.
    pub id: i64,
    /// The photograph.
    pub truth: RgbImage,
    /// What the network made of it.
    pub colorized: RgbImage,
}

impl TrainedRun {
    /// Colorizes `photographs` at the size of the network, in their order: what [`Self::score`] scores. `progress` is told
    /// how many are done.
    ///
    /// # Errors
    ///
    /// [`TrainedError`] when a photograph cannot be decoded, or its features are not available.
    pub fn scored_pictures(
        &self,
        photographs: &[Photograph],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<ScoredPicture>, TrainedError> {
        let mut pictures = Vec::with_capacity(photographs.len());
        for batch in self.held_out(photographs)?.iter() {
            let batch = self.sound(batch)?;
            let colorized = self.colorizer.colorize(&batch).colorized;
            let truth = batch.pictures();
            let each = batch.positions.iter().zip(truth.into_iter().zip(colorized));
            pictures.extend(each.map(|(&position, (truth, colorized))| ScoredPicture {
                id: photographs[position].id,
                truth,
                colorized,
            }));
            progress(pictures.len());
        }
        Ok(pictures)
    }

    /// Batches of photographs with their features, as an evaluation takes them.
    pub(super) fn held_out(
        &self,
        photographs: &[Photograph],
    ) -> Result<HeldOutLoader, TrainedError> {
        let square = Square::from(&self.experiment.image);
        let squares = Squares::find(&self.cache, photographs, square);
        let pixels =
            Pixels::new(photographs.to_vec(), square, 0).with_squares(squares.map(Arc::new));
        let pixels = pixels.with_features(self.features(photographs)?);
        let each = self.experiment.evaluate.batch_size;
        Ok(HeldOutLoader::new(Arc::new(pixels), each))
    }

    /// A batch, or why there is none.
    pub(super) fn sound<E: ToString>(&self, batch: Result<Batch, E>) -> Result<Batch, TrainError> {
        batch.map_err(|error| TrainError::Training {
            reason: error.to_string(),
            checkpoint: self.step,
        })
    }
}
