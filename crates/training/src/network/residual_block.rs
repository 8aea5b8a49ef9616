//! The residual block without padding.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::NormKind;
use super::convolution::{Activation, Border, Convolution};
use super::initial::InitialWeights;
use super::own::by_backend;

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
        let device = input.device();
        let first = self.first.layer(&device, Activation::Relu);
        let second = self.second.layer(&device, Activation::None);
        let layers = [(first, &self.first.norm), (second, &self.second.norm)];
        by_backend(&input, layers, Some(CROP)).unwrap_or_else(|| {
            let map = self.first.forward(input.clone(), Activation::Relu);
            self.second.forward_onto(map, input, CROP)
        })
    }
}
