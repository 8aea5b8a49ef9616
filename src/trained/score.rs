//! Judging a trained run by photographs.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn_train::InferenceStep;

use super::{TrainedError, TrainedRun};
use crate::batch::{Batch, HeldOutLoader, Photograph, Pixels};
use crate::evaluate::ImageScore;
use crate::runs::ImageScores;
use crate::train::{TrainError, image_scores};

impl TrainedRun {
    /// Scores every one of `photographs`, in their order. `progress` is told how many are done.
    ///
    /// # Errors
    ///
    /// [`TrainedError`] when a photograph cannot be decoded, or its features cannot be had.
    pub fn score(
        &self,
        photographs: &[Photograph],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<ImageScores, TrainedError> {
        let image = &self.experiment.image;
        let pixels = Pixels::new(photographs.to_vec(), image.size, image.resize, 0);
        let pixels = pixels.with_features(self.features(photographs)?);
        let loader = HeldOutLoader::new(Arc::new(pixels), self.experiment.evaluate.batch_size);
        let mut scores: Vec<(usize, ImageScore)> = Vec::with_capacity(photographs.len());
        for batch in loader.iter() {
            let batch: Batch = batch.map_err(|error| TrainError::Training {
                reason: error.to_string(),
                checkpoint: self.step,
            })?;
            let positions = batch.positions.clone();
            let item = InferenceStep::step(&self.colorizer, batch);
            scores.extend(positions.into_iter().zip(item.scores));
            progress(scores.len());
        }
        Ok(image_scores(self.step, &scores, photographs))
    }
}
