//! Between pictures and what a network takes and says of them, whatever it is asked: input, target, and back.

use burn::tensor::Tensor;

use super::{Split, tensors};
use crate::color::{ColorSection, Gray, LAB_UNIT, Space, yuv};

/// The network's input and target for RGB on [0, 1], `[batch, 3, height, width]`.
///
/// Input is gray on [0, 1]. The target is RGB on [0, 1]; U and V; or a and b over [`LAB_UNIT`].
pub(super) fn split(color: &ColorSection, rgb: Tensor<4>) -> Split {
    match color.space {
        Space::Rgb => Split {
            input: gray(color.gray, rgb.clone()).repeat_dim(1, 3),
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

/// RGB from the network's input and its answer; values outside [0, 1] are left for the reader to clip.
pub(super) fn join(color: &ColorSection, input: Tensor<4>, answer: Tensor<4>) -> Tensor<4> {
    match color.space {
        Space::Rgb => answer,
        Space::Yuv => tensors::yuv_to_rgb(&Tensor::cat(vec![input, answer], 1)),
        Space::Lab => tensors::lab_to_rgb(&Tensor::cat(
            vec![input.mul_scalar(100.0), answer.mul_scalar(LAB_UNIT)],
            1,
        )),
    }
}

/// The two planes of chroma in the network's answer: U and V where it answers in RGB, clipped to [0, 1] first.
pub(super) fn chroma(color: &ColorSection, answer: Tensor<4>) -> Tensor<4> {
    match color.space {
        Space::Rgb => tensors::rgb_to_yuv(&answer.clamp(0.0, 1.0)).narrow(1, 1, 2),
        Space::Yuv | Space::Lab => answer,
    }
}

/// The network's input as a gray picture, RGB on [0, 1].
pub(super) fn gray_picture(color: &ColorSection, input: Tensor<4>) -> Tensor<4> {
    match color.space {
        Space::Rgb => input,
        Space::Yuv | Space::Lab => {
            let [batch, _, height, width] = input.dims();
            let colorless = Tensor::zeros([batch, 2, height, width], &input.device());
            join(color, input, colorless)
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
