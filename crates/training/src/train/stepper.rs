//! Steps without a run: what a training computes, on batches that somebody else makes, and nothing written.

use burn::tensor::{Device, TensorReadError};
use burn_train::Learner;

use super::colorizer::Colorizer;
use super::launch::learner;
use super::step::TrainItem;
use crate::batch::Batch;
use crate::experiment::Experiment;

/// Forward, backward, and the optimizer's step at the schedule's rate; the loss stays on its device.
pub(super) fn take_step(learner: &mut Learner<Colorizer>, batch: Batch) -> TrainItem {
    let output = learner.train_step(batch);
    learner.lr_step();
    learner.optimizer_step(output.grads);
    output.item
}

/// An experiment in training, step by step: a run's network, loss and optimizer, but no log, no evaluation and no folder.
pub struct Stepper {
    learner: Learner<Colorizer>,
    device: Device,
}

impl Stepper {
    /// The experiment before its first step, on `device`, which is given without autodiff.
    pub fn new(experiment: &Experiment, seed: u64, device: &Device) -> Self {
        Self {
            learner: learner(
                Colorizer::new(experiment, seed, device),
                &experiment.train,
                0,
            ),
            device: device.clone(),
        }
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
