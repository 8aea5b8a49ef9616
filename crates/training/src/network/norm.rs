//! The normalization after a convolution.

use burn::module::{Module, Param, ParamId, RunningState};
use burn::nn::{BatchNorm, BatchNormConfig, InstanceNorm, InstanceNormConfig};
use burn::tensor::module::batch_norm_train;
use burn::tensor::{Device, Tensor};

use super::NormKind;
use crate::backend;

/// Keras's momentum of .99 is the share of the old value that is kept; Burn's is the share of the new one.
const MOMENTUM: f64 = 0.01;

/// Added to the variance under the root.
const EPSILON: f64 = 1e-3;

/// A normalization with a learned scale (first one) and shift (first zero) for each channel.
///
/// Batch norm's running variance takes in the biased variance of the batch, as Keras 3 does; PyTorch and the fused
/// kernel of TensorFlow 2 take `n / (n - 1)` of it, where `n` is the number of values of a channel in the batch.
#[derive(Module, Debug)]
pub enum Norm {
    /// Over batch, height and width; over the running statistics once training is over.
    Batch(BatchNorm),
    /// Over batch, height and width, on a device without autodiff: it takes in statistics, and nobody learns.
    Collecting(BatchNorm),
    /// As [`Self::Batch`], but what it sees in training leaves no trace in the running statistics.
    Frozen(BatchNorm),
    /// Over height and width of each image, in training and after.
    Instance(InstanceNorm),
}

/// A norm with the statistics of what it is given.
pub(super) struct OfGiven<'a> {
    pub(super) kind: backend::Norm,
    pub(super) gamma: &'a Param<Tensor<1>>,
    pub(super) beta: &'a Param<Tensor<1>>,
    pub(super) epsilon: f64,
}

impl Norm {
    /// A normalization of `channels` channels.
    pub fn new(kind: NormKind, channels: usize, device: &Device) -> Self {
        match kind {
            NormKind::Batch => Self::Batch(
                BatchNormConfig::new(channels)
                    .with_momentum(MOMENTUM)
                    .with_epsilon(EPSILON)
                    .init(device),
            ),
            NormKind::Instance => Self::Instance(
                InstanceNormConfig::new(channels)
                    .with_epsilon(EPSILON)
                    .init(device),
            ),
        }
    }

    /// Sets the share that a batch's statistics have in batch norm's running ones.
    pub(super) fn set_momentum(&mut self, momentum: f64) {
        match self {
            Self::Batch(norm) | Self::Collecting(norm) => norm.momentum = momentum,
            Self::Frozen(_) | Self::Instance(_) => {}
        }
    }

    /// From now on keeps its running statistics as they are.
    pub(super) fn freeze(&mut self) {
        if let Self::Batch(norm) = self {
            *self = Self::Frozen(norm.clone());
        }
    }

    /// The parameter that is its learned scale.
    pub(super) fn scale(&self) -> ParamId {
        match self {
            Self::Batch(norm) | Self::Collecting(norm) | Self::Frozen(norm) => norm.gamma.id,
            Self::Instance(norm) => norm.gamma.as_ref().map_or_else(ParamId::new, |it| it.id),
        }
    }

    /// From now on uses the statistics of the batch and takes them in, although its device has no autodiff.
    pub(super) fn collect(&mut self) {
        if let Self::Batch(norm) = self {
            *self = Self::Collecting(norm.clone());
        }
    }

    /// Takes over the running statistics of `other`, which may live on another device.
    pub(super) fn adopt(&self, other: &Self) {
        let (Some(own), Some(other)) = (self.running(), other.running()) else {
            return;
        };
        for (running, other) in own.into_iter().zip(other) {
            let device = running.value_sync().device();
            running.update(Tensor::from_data(other.value_sync().into_data(), &device));
            // As below.
            running.value_sync();
        }
    }

    /// Batch norm's running mean and variance, which may change.
    fn running(&self) -> Option<[&RunningState<Tensor<1>>; 2]> {
        match self {
            Self::Batch(norm) | Self::Collecting(norm) => {
                Some([&norm.running_mean, &norm.running_var])
            }
            Self::Frozen(_) | Self::Instance(_) => None,
        }
    }

    /// The norm as one that takes its statistics from what it is given; `None` where it uses its running ones.
    pub(super) fn of_given(&self, device: &Device) -> Option<OfGiven<'_>> {
        let (kind, gamma, beta, epsilon) = match self {
            Self::Batch(norm) | Self::Frozen(norm)
                if device.is_autodiff() && norm.training.is_enabled() =>
            {
                (backend::Norm::Batch, &norm.gamma, &norm.beta, norm.epsilon)
            }
            Self::Collecting(norm) => (backend::Norm::Batch, &norm.gamma, &norm.beta, norm.epsilon),
            Self::Batch(_) | Self::Frozen(_) => return None,
            Self::Instance(norm) => {
                let (gamma, beta) = (norm.gamma.as_ref()?, norm.beta.as_ref()?);
                (backend::Norm::Instance, gamma, beta, norm.epsilon)
            }
        };
        Some(OfGiven {
            kind,
            gamma,
            beta,
            epsilon,
        })
    }

    /// The norm as one that uses its running statistics: what every channel is multiplied by, and what is added then. `None`
    /// where it takes its statistics from what it is given.
    pub(super) fn fixed(&self, device: &Device) -> Option<[Tensor<1>; 2]> {
        let (Self::Batch(norm) | Self::Frozen(norm)) = self else {
            return None;
        };
        if device.is_autodiff() {
            return None;
        }
        let [mean, variance] =
            [&norm.running_mean, &norm.running_var].map(RunningState::value_sync);
        let scale = norm.gamma.val() / (variance + norm.epsilon).sqrt();
        let shift = norm.beta.val() - mean * scale.clone();
        Some([scale, shift])
    }

    /// Takes the statistics of a batch, mean and biased variance of every channel, into batch norm's running ones, as
    /// Burn's own forward pass does.
    pub(super) fn take_in(&self, statistics: [Tensor<1>; 2]) {
        let (Self::Batch(norm) | Self::Collecting(norm)) = self else {
            return;
        };
        let running = [&norm.running_mean, &norm.running_var];
        for (running, of_batch) in running.into_iter().zip(statistics) {
            let kept = running.value_sync().mul_scalar(1.0 - norm.momentum);
            let new = kept + of_batch.detach().mul_scalar(norm.momentum);
            running.update(new.detach());
            // As below.
            running.value_sync();
        }
    }

    /// Normalizes `input`. Batch norm uses the batch's statistics, and takes them into its running ones unless it is frozen, when
    /// `input` lives on a device with autodiff, or after [`Self::collect`].
    ///
    /// # Shapes
    ///
    /// `[batch, channels, height, width]`, in and out.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Batch(norm) => {
                let output = norm.forward(input);
                // Burn parks the update per thread until the next read, and a record written before that read would
                // lack the last batch: a resumed run would differ from one that was never interrupted.
                norm.running_mean.value_sync();
                norm.running_var.value_sync();
                output
            }
            Self::Collecting(norm) => {
                let (gamma, beta) = (norm.gamma.val(), norm.beta.val());
                let of_batch = batch_norm_train(input, gamma, beta, norm.epsilon);
                self.take_in([of_batch.mean, of_batch.variance]);
                of_batch.output
            }
            Self::Frozen(norm) if input.device().is_autodiff() => {
                let (gamma, beta) = (norm.gamma.val(), norm.beta.val());
                batch_norm_train(input, gamma, beta, norm.epsilon).output
            }
            Self::Frozen(norm) => norm.forward(input),
            Self::Instance(norm) => norm.forward(input),
        }
    }
}
