//! The network with its colours: what burn-train trains.

use burn::module::Module;
use burn::tensor::{Device, ExecutionError, Tensor};
use burn_train::metric::Adaptor;
use burn_train::{InferenceStep, ItemLazy, TrainOutput, TrainStep};
use image::RgbImage;
use rayon::prelude::*;

use super::metrics::{HeldOutInput, LossInput, SpeedInput};
use super::{Loss, Precision};
use crate::batch::{Batch, to_pictures};
use crate::color::ColorSection;
use crate::evaluate::ImageScore;
use crate::network::Network;

/// A network that colours photographs.
#[derive(Module, Debug)]
pub struct Colorizer {
    network: Network,
    #[module(skip)]
    color: ColorSection,
    #[module(skip)]
    loss: Loss,
    /// Without autodiff.
    #[module(skip)]
    device: Device,
}

/// What a batch looks like before and after the network.
#[derive(Debug, Clone)]
pub struct Colorized {
    /// The network's gray input as pictures.
    pub gray: Vec<RgbImage>,
    /// The pictures it made.
    pub colorized: Vec<RgbImage>,
    /// Each picture's loss.
    pub losses: Vec<f64>,
}

impl Colorizer {
    /// Of a network on `device`, which is given without autodiff.
    pub fn new(
        network: Network,
        color: ColorSection,
        loss: Loss,
        precision: Precision,
        device: Device,
    ) -> Self {
        match precision {
            Precision::F32 => Self {
                network,
                color,
                loss,
                device,
            },
        }
    }

    /// Learned values, without running statistics.
    pub fn parameter_count(&self) -> usize {
        self.network.parameter_count()
    }

    /// Each value's share in the loss, `[batch, channels, height, width]`.
    fn errors(&self, predicted: Tensor<4>, target: Tensor<4>) -> Tensor<4> {
        match self.loss {
            Loss::Mse => (predicted - target).square(),
        }
    }

    /// Colours a batch, in inference mode when the model is.
    pub fn colorize(&self, batch: &Batch) -> Colorized {
        let split = self.color.split(batch.to_rgb(&self.device));
        let predicted = self.color.head(self.network.forward(split.input.clone()));
        let losses = self
            .errors(predicted.clone(), split.target)
            .mean_dims(&[1, 2, 3])
            .into_data()
            .try_to_vec::<f32>()
            .expect("the network computes in 32-bit floating point");
        Colorized {
            gray: to_pictures(split.input.clone()),
            colorized: to_pictures(self.color.join(split.input, predicted)),
            losses: losses.into_iter().map(f64::from).collect(),
        }
    }
}

/// What a training step leaves behind.
#[derive(Debug)]
pub struct TrainItem {
    loss: Tensor<1>,
    images: usize,
    /// Seconds from the end of the last step to the end of this one; the loop knows.
    pub seconds: f64,
}

impl TrainStep for Colorizer {
    type Input = Batch;
    type Output = TrainItem;

    fn step(&self, batch: Batch) -> TrainOutput<TrainItem> {
        let device = self.device.clone().autodiff();
        let split = self.color.split(batch.to_rgb(&device));
        let predicted = self.color.head(self.network.forward(split.input));
        let loss = self.errors(predicted, split.target).mean();
        let item = TrainItem {
            loss: loss.clone(),
            images: batch.len(),
            seconds: 0.0,
        };
        TrainOutput::new(self, loss.backward(), item)
    }
}

impl ItemLazy for TrainItem {
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(Self {
            loss: self.loss.without_autodiff(),
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

impl Adaptor<SpeedInput> for TrainItem {
    fn adapt(&self) -> SpeedInput {
        SpeedInput {
            images: self.images,
            seconds: self.seconds,
        }
    }
}

/// What scoring a held-out batch leaves behind.
#[derive(Debug)]
pub struct HeldOutItem {
    /// The score of every image of the batch.
    pub scores: Vec<ImageScore>,
}

impl InferenceStep for Colorizer {
    type Input = Batch;
    type Output = HeldOutItem;

    fn step(&self, batch: Batch) -> HeldOutItem {
        let Colorized {
            colorized, losses, ..
        } = self.colorize(&batch);
        let truth = batch.pictures();
        let scores = (0..batch.len())
            .into_par_iter()
            .map(|index| ImageScore::of(losses[index], &truth[index], &colorized[index]))
            .collect();
        HeldOutItem { scores }
    }
}

impl ItemLazy for HeldOutItem {
    fn sync(self) -> Result<Self, ExecutionError> {
        Ok(self)
    }
}

impl Adaptor<HeldOutInput> for HeldOutItem {
    fn adapt(&self) -> HeldOutInput {
        HeldOutInput(self.scores.clone())
    }
}
