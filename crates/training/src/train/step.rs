//! A training step of the network: its gradients, and what the optimizer makes of it.

use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{ExecutionError, Tensor, TensorReadError};
use burn_train::metric::Adaptor;
use burn_train::{ItemLazy, TrainOutput, TrainStep};

use super::TrainSection;
use super::average::averaged;
use super::colorizer::Colorizer;
use super::frozen::without_frozen;
use super::gradients::{Clipping, scaled};
use super::metrics::{LabelInput, LossInput, SpeedInput, WaitInput};
use crate::batch::Batch;
use crate::objective::LabelErrors;

/// What a training step leaves behind.
#[derive(Debug)]
pub struct TrainItem {
    /// Of the colors.
    loss: Tensor<1>,
    labels: Option<LabelErrors>,
    images: usize,
    /// Seconds from the end of the last step to the end of this one; the loop knows.
    pub seconds: f64,
    /// Those of them in which the step waited for its batch; the loop knows.
    pub waited: f64,
}

impl TrainItem {
    /// The loss of the colors over the batch, from its device.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(crate) fn loss(self) -> Result<f64, TensorReadError> {
        self.loss.without_autodiff().try_into_scalar()
    }
}

/// What a step does beside its passes forward and backward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Update {
    /// Images per pass.
    batch_size: usize,
    clipping: Clipping,
    /// Decay of the moving average; 0 without one.
    ema: f64,
    /// Steps taken.
    pub(super) done: usize,
}

impl Update {
    /// As `[train]` says, before the first step.
    pub(super) fn of(section: &TrainSection) -> Self {
        Self {
            batch_size: section.batch_size,
            clipping: Clipping::of(section),
            ema: section.ema,
            done: 0,
        }
    }
}

impl Colorizer {
    /// What the network answers to a batch while it learns, as a step asks it: its last linear map, and its logits of the
    /// labels if it learns some.
    pub(crate) fn answer_in_training(&self, batch: &Batch) -> (Tensor<4>, Option<Tensor<2>>) {
        let device = &self.training_device;
        let input = self.objective.split(batch.to_rgb(device)).input;
        self.network
            .forward_and_classify(input, batch.to_features(device))
    }

    /// Forward and backward.
    fn pass(&self, batch: &Batch) -> TrainOutput<TrainItem> {
        let device = &self.training_device;
        let split = self.objective.split(batch.to_rgb(device));
        let features = batch.to_features(device);
        let input = split.input.clone();
        let (map, logits) = self.network.forward_and_classify(input, features);
        let loss = self.loss(map, split, batch);
        let labels = logits.and_then(|logits| LabelErrors::of(logits, batch));
        let whole = match (&self.labels, &labels) {
            (Some(asked), Some(errors)) => loss.clone() + asked.loss(errors),
            _ => loss.clone(),
        };
        let item = TrainItem {
            loss,
            labels,
            images: batch.len(),
            seconds: 0.0,
            waited: 0.0,
        };
        TrainOutput::new(&self.network, whole.backward(), item)
    }
}

impl TrainStep for Colorizer {
    type Input = Batch;
    type Output = TrainItem;

    /// In as many passes as the batch needs; gradients and losses are their means.
    fn step(&self, batch: Batch) -> TrainOutput<TrainItem> {
        let images = batch.len();
        if images <= self.update.batch_size {
            return self.pass(&batch);
        }
        let parts = batch.parts(self.update.batch_size);
        let share = 1.0 / parts.len() as f64;
        let mut gradients = GradientsAccumulator::new();
        let mut losses: Option<Tensor<1>> = None;
        let mut labels: Option<LabelErrors> = None;
        for part in &parts {
            let TrainOutput { grads, item } = self.pass(part);
            gradients.accumulate(&self.network, grads);
            let loss = item.loss.without_autodiff();
            losses = Some(match losses {
                Some(sum) => sum + loss,
                None => loss,
            });
            let errors = item.labels.map(LabelErrors::without_autodiff);
            labels = match (labels, errors) {
                (Some(sum), Some(errors)) => Some(sum.and(errors)),
                (one, other) => one.or(other),
            };
        }
        TrainOutput {
            grads: scaled(&self.network, gradients.grads(), share),
            item: TrainItem {
                loss: losses
                    .expect("more images than one pass takes")
                    .mul_scalar(share),
                labels,
                images,
                seconds: 0.0,
                waited: 0.0,
            },
        }
    }

    fn optimize(
        self,
        optimizer: &mut ModuleOptimizer,
        rate: ModuleLearningRate,
        gradients: GradientsParams,
    ) -> Self {
        // What is frozen has no part in the norm either.
        let gradients = without_frozen(&self.network, &self.frozen, gradients);
        let gradients = self.update.clipping.clip(&self.network, gradients);
        let mut stepped = optimizer.step(rate, self, gradients);
        let Update { ema, done, .. } = &mut stepped.update;
        *done += 1;
        let (decay, step) = (*ema, *done);
        let average = stepped.averaged.take();
        stepped.averaged = average.map(|average| averaged(average, &stepped.network, decay, step));
        stepped
    }
}

impl ItemLazy for TrainItem {
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(Self {
            loss: self.loss.without_autodiff(),
            labels: self.labels.map(LabelErrors::without_autodiff),
            ..self
        })
    }
}

impl Adaptor<LossInput> for TrainItem {
    fn adapt(&self) -> LossInput {
        LossInput {
            loss: self.loss.clone(),
            images: self.images,
        }
    }
}

impl Adaptor<LabelInput> for TrainItem {
    fn adapt(&self) -> LabelInput {
        LabelInput(self.labels.clone())
    }
}

impl Adaptor<SpeedInput> for TrainItem {
    fn adapt(&self) -> SpeedInput {
        SpeedInput {
            images: self.images,
            seconds: self.seconds,
        }
    }
}

impl Adaptor<WaitInput> for TrainItem {
    fn adapt(&self) -> WaitInput {
        WaitInput(self.waited)
    }
}

#[cfg(test)]
mod tests;
