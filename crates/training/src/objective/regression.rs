//! Regression of the target's own channels: RGB, or chroma.

use burn::tensor::Tensor;

use super::tensors;
use crate::color::{ColorSection, Head, Space, chroma_scales};
use crate::experiment::section::Loss;

/// The network answers with the target's channels at every pixel, and the loss is the distance from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// What the network is given and has to say.
    pub color: ColorSection,
    /// How far an answer is from the target.
    pub loss: Loss,
}

impl Regression {
    /// The answer in the unit of the target, of the network's last linear map.
    pub fn answer(&self, map: Tensor<4>) -> Tensor<4> {
        self.head(map.tanh())
    }

    /// Brings the last activation, a tanh on [-1, 1], to the range of the target.
    pub fn head(&self, activation: Tensor<4>) -> Tensor<4> {
        match (self.color.space, self.color.head) {
            (Space::Rgb, _) => activation.add_scalar(1.0).mul_scalar(0.5),
            (Space::Yuv | Space::Lab, Head::Upstream) => activation.mul_scalar(0.5),
            // Who chooses among classes is not asked for a value.
            (Space::Yuv | Space::Lab, Head::Exact | Head::Classes) => {
                let reach = tensors::constant(
                    &chroma_scales(self.color.space).map(|scale| scale.limit),
                    &activation,
                );
                activation * reach
            }
        }
    }

    /// Each value's share in the loss, `[batch, channels, height, width]`.
    pub fn errors(&self, answer: Tensor<4>, target: Tensor<4>) -> Tensor<4> {
        let error = answer - target;
        match self.loss {
            Loss::Mse => error.square(),
            Loss::L1 => error.abs(),
            Loss::Huber { delta } => huber(error, delta),
            Loss::SmoothL1 { beta } => huber(error, beta).div_scalar(beta),
        }
    }
}

/// Within `delta` the half square of the error; beyond it, what the line adds.
fn huber(error: Tensor<4>, delta: f64) -> Tensor<4> {
    let size = error.abs();
    let near = size.clone().clamp_max(delta);
    near.clone().square().mul_scalar(0.5) + (size - near).mul_scalar(delta)
}
