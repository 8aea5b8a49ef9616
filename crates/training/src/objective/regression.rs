//! Regression of the target's own channels: RGB, or chroma.

use burn::tensor::Tensor;

use super::{Split, tensors};
use crate::color::{ColorSection, Gray, Head, LAB_UNIT, Space, chroma_scales, yuv};
use crate::experiment::section::{HUBER_DELTA, Loss};

/// The network answers with the target's channels at every pixel, and the loss is the distance from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// What the network is given and has to say.
    pub color: ColorSection,
    /// How far an answer is from the target.
    pub loss: Loss,
}

impl Regression {
    /// The network's input and target for RGB on [0, 1], `[batch, 3, height, width]`.
    ///
    /// Input is gray on [0, 1]. The target is RGB on [0, 1]; U and V; or a and b over [`LAB_UNIT`].
    pub fn split(&self, rgb: Tensor<4>) -> Split {
        match self.color.space {
            Space::Rgb => Split {
                input: gray(self.color.gray, rgb.clone()).repeat_dim(1, 3),
                target: rgb,
            },
            Space::Yuv => {
                let yuv = tensors::rgb_to_yuv(&rgb);
                Split {
                    input: yuv.clone().narrow(1, 0, 1),
                    target: yuv.narrow(1, 1, 2),
                }
            }
            Space::Lab => {
                let lab = tensors::rgb_to_lab(rgb);
                Split {
                    input: lab.clone().narrow(1, 0, 1).div_scalar(100.0),
                    target: lab.narrow(1, 1, 2).div_scalar(LAB_UNIT),
                }
            }
        }
    }

    /// The answer in the unit of the target, of the network's last linear map.
    pub fn answer(&self, map: Tensor<4>) -> Tensor<4> {
        self.head(map.tanh())
    }

    /// Brings the last activation, a tanh on [-1, 1], to the range of the target.
    pub fn head(&self, activation: Tensor<4>) -> Tensor<4> {
        match (self.color.space, self.color.head) {
            (Space::Rgb, _) => activation.add_scalar(1.0).mul_scalar(0.5),
            (Space::Yuv | Space::Lab, Head::Upstream) => activation.mul_scalar(0.5),
            (Space::Yuv | Space::Lab, Head::Exact) => {
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
            Loss::Huber => {
                let size = error.abs();
                let near = size.clone().clamp_max(HUBER_DELTA);
                // Within delta the half square of the error; beyond it, what the line adds.
                near.clone().square().mul_scalar(0.5) + (size - near).mul_scalar(HUBER_DELTA)
            }
        }
    }

    /// RGB from the network's input and its answer; values outside [0, 1] are left for the reader to clip.
    pub fn join(&self, input: Tensor<4>, predicted: Tensor<4>) -> Tensor<4> {
        match self.color.space {
            Space::Rgb => predicted,
            Space::Yuv => tensors::yuv_to_rgb(&Tensor::cat(vec![input, predicted], 1)),
            Space::Lab => tensors::lab_to_rgb(&Tensor::cat(
                vec![input.mul_scalar(100.0), predicted.mul_scalar(LAB_UNIT)],
                1,
            )),
        }
    }

    /// The two planes of chroma in the network's answer: U and V where it answers in RGB, clipped to [0, 1] first.
    pub fn chroma(&self, predicted: Tensor<4>) -> Tensor<4> {
        match self.color.space {
            Space::Rgb => tensors::rgb_to_yuv(&predicted.clamp(0.0, 1.0)).narrow(1, 1, 2),
            Space::Yuv | Space::Lab => predicted,
        }
    }

    /// The network's input as a gray picture, RGB on [0, 1].
    pub fn gray_picture(&self, input: Tensor<4>) -> Tensor<4> {
        match self.color.space {
            Space::Rgb => input,
            Space::Yuv | Space::Lab => {
                let [batch, _, height, width] = input.dims();
                let colorless = Tensor::zeros([batch, 2, height, width], &input.device());
                self.join(input, colorless)
            }
        }
    }
}

/// Luma of RGB, both on [0, 1], `[batch, 3, height, width]` to `[batch, 1, height, width]`.
#[cfg(test)]
pub(super) fn luma(rgb: Tensor<4>) -> Tensor<4> {
    gray(Gray::Luma, rgb)
}

fn gray(kind: Gray, rgb: Tensor<4>) -> Tensor<4> {
    match kind {
        Gray::Mean => rgb.mean_dim(1),
        Gray::Luma => {
            let weights = tensors::constant(&yuv::LUMA, &rgb);
            (rgb * weights).sum_dim(1)
        }
    }
}
