//! The residual block without padding.

use burn::module::Module;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::NormKind;
use super::convolution::{Border, Convolution};
use super::initial::InitialWeights;
use super::padding::crop;

/// Pixels that a block takes off every side of its input: one for each of its two 3x3 convolutions.
const CROP: usize = 2;

/// Two unpadded 3x3 convolutions and a shortcut, after He et al. (2016), "Deep residual learning for image
/// recognition", in the variant of Johnson et al. (2016): no padding, so the shortcut is cropped, and no activation
/// after the sum.
///
/// ```text
/// input ─┬─ conv 3x3 ─ norm ─ relu ─ conv 3x3 ─ norm ─ + ─ output
///        └──────────── crop 2 pixels a side ────────────┘
/// ```
#[derive(Module, Debug)]
pub struct ResidualBlock {
    /// The first convolution.
    pub first: Convolution,
    /// The second convolution.
    pub second: Convolution,
}

impl ResidualBlock {
    /// A block over `channels` channels.
    pub fn new(
        weights: &mut InitialWeights,
        norm: NormKind,
        channels: usize,
        device: &Device,
    ) -> Self {
        let channels = [channels, channels];
        Self {
            first: Convolution::new(weights, norm, channels, 3, 1, Border::Valid, device),
            second: Convolution::new(weights, norm, channels, 3, 1, Border::Valid, device),
        }
    }

    /// # Shapes
    ///
    /// `[batch, channels, height, width]` to `[batch, channels, height - 4, width - 4]`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let shortcut = crop(input.clone(), CROP);
        self.second.forward(relu(self.first.forward(input))) + shortcut
    }
}
