//! Judging a trained run by photographs.

use burn::data::dataloader::DataLoader;
use burn_train::InferenceStep;

use super::{TrainedError, TrainedRun};
use crate::dataset::Photograph;
use crate::evaluate::ImageScore;
use crate::runs::ImageScores;
use crate::train::image_scores;

impl TrainedRun {
    /// Scores every one of `photographs`, in their order. `progress` is told how many are done.
    ///
    /// # Errors
    ///
    /// [`TrainedError`] when a photograph cannot be decoded, or its features are not available.
    pub fn score(
        &self,
        photographs: &[Photograph],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<ImageScores, TrainedError> {
        let mut scores: Vec<(usize, ImageScore)> = Vec::with_capacity(photographs.len());
        for batch in self.held_out(photographs)?.iter() {
            let batch = self.sound(batch)?;
            let positions = batch.positions.clone();
            let item = InferenceStep::step(&self.colorizer, batch);
            scores.extend(positions.into_iter().zip(item.scores));
            progress(scores.len());
        }
        Ok(image_scores(self.step, &scores, photographs))
    }
}
