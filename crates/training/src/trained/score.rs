//! Judging a trained run by photographs.

use std::path::PathBuf;

use burn::data::dataloader::DataLoader;

use super::{TrainedError, TrainedRun};
use crate::dataset::Photograph;
use crate::evaluate::ImageScore;
use crate::perceptual::{self, Judges, Judging, PerceptualLoss, PerceptualWeights};
use crate::runs::ImageScores;
use crate::train::{Colorizer, image_scores};

impl TrainedRun {
    /// Scores every one of `photographs`, in their order, on its pixels and by the networks of `judges`. `progress` is told
    /// how many are done.
    ///
    /// # Errors
    ///
    /// [`TrainedError`] when a photograph cannot be decoded, or its features or the weights of a perceptual loss are not
    /// available.
    pub fn score(
        &self,
        photographs: &[Photograph],
        judges: Option<&Judges>,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<ImageScores, TrainedError> {
        let colorizer = self.with_loss()?;
        let mut judging = judges.map(Judges::begin);
        let mut scores: Vec<(usize, ImageScore)> = Vec::with_capacity(photographs.len());
        for batch in self.held_out(photographs)?.iter() {
            let batch = self.sound(batch)?;
            let positions = batch.positions.clone();
            let item = colorizer.score(&batch, judging.as_mut());
            scores.extend(positions.into_iter().zip(item.scores));
            progress(scores.len());
        }
        let total = judging.and_then(Judging::total);
        Ok(image_scores(self.step, &scores, total, photographs))
    }

    /// The network with all that its loss needs.
    fn with_loss(&self) -> Result<Colorizer, TrainedError> {
        let section = &self.experiment.train.perceptual;
        let Some(trained) = &self.record.perceptual_weights else {
            return Ok(self.colorizer.clone());
        };
        // A name is looked up in the cache of today; a file where it was.
        let path = trained.path.as_ref().map(PathBuf::from);
        let file = path
            .as_deref()
            .filter(|_| !perceptual::is_name(&section.weights));
        let found = PerceptualWeights::of_loss_alone(section, file, &self.cache)?;
        if found.loss_identity() != Some(&trained.identity) {
            return Err(TrainedError::OtherWeights {
                network: "vgg16",
                trained: trained.identity.clone(),
                found: found.loss_identity().unwrap_or_default().to_owned(),
                path: path.unwrap_or_default(),
            });
        }
        let loss = PerceptualLoss::load(section, &found, &self.device)?;
        Ok(self.colorizer.clone().with_perceptual(loss))
    }
}
