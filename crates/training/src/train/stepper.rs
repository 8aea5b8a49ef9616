//! Steps without a run: what a training computes, on batches that somebody else makes, and nothing written.

use burn::tensor::{Device, TensorReadError};
use burn_train::{Learner, TrainOutput};

use super::TrainSection;
use super::colorizer::Colorizer;
use super::launch::learner;
use super::step::TrainItem;
use crate::batch::Batch;
use crate::experiment::Experiment;
use crate::perceptual::PerceptualLoss;

/// Forward, backward, and the optimizer's step at the schedule's rate; the loss stays on its device.
pub(super) fn take_step(learner: &mut Learner<Colorizer>, batch: Batch) -> TrainItem {
    let output = learner.train_step(batch);
    optimize(learner, output)
}

/// The optimizer's step by itself, after passes forward and backward.
pub(super) fn optimize(
    learner: &mut Learner<Colorizer>,
    passed: TrainOutput<TrainItem>,
) -> TrainItem {
    learner.lr_step();
    learner.optimizer_step(passed.grads);
    passed.item
}

/// An experiment in training, step by step: a run's network, loss and optimizer, but no log, no evaluation and no folder.
pub struct Stepper {
    learner: Learner<Colorizer>,
    device: Device,
}

impl Stepper {
    /// The experiment before its first step, on `device`, which is given without autodiff. A perceptual loss has random
    /// weights: a step is as much work with them.
    pub fn new(experiment: &Experiment, seed: u64, device: &Device) -> Self {
        let section = &experiment.train;
        let perceptual = PerceptualLoss::random(&section.perceptual, device);
        let model = Colorizer::new(experiment, seed, device).with_perceptual(perceptual);
        Self::of(model, section, device)
    }

    /// The same with a model that somebody else made, on `device`.
    pub(crate) fn of(model: Colorizer, section: &TrainSection, device: &Device) -> Self {
        Self {
            learner: learner(model, section, 0),
            device: device.clone(),
        }
    }

    /// The model after the steps that were taken.
    pub(crate) fn model(&self) -> Colorizer {
        self.learner.model()
    }

    /// Takes a step, waits until the device has done all of it, and returns the loss over the batch.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub fn step(&mut self, batch: Batch) -> Result<f64, TensorReadError> {
        let loss = take_step(&mut self.learner, batch).loss()?;
        self.device.sync()?;
        Ok(loss)
    }

    /// Learned values, without running statistics.
    pub fn parameter_count(&self) -> usize {
        self.learner.model().parameter_count()
    }
}
