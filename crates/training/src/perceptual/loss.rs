//! The perceptual part of the training loss: how far the maps of the picture are from those of the photograph (Johnson,
//! Alahi and Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", equation 2).

use burn::tensor::{Device, Tensor};

use super::stack::{Stack, StackKind, normalized};
use super::weights::PerceptualWeights;
use crate::experiment::section::Perceptual;
use crate::extractor::ExtractorError;
use crate::extractor::state::State;

/// VGG-16 with frozen weights, and how much its maps count.
#[derive(Debug, Clone)]
pub(crate) struct PerceptualLoss {
    stack: Stack,
    /// How many of its five maps are computed; the last of them counts.
    maps: usize,
    weight: f64,
    pixel: f64,
}

impl PerceptualLoss {
    /// The loss of the section on `device`; `None` where it is of pixels alone.
    ///
    /// # Errors
    ///
    /// [`ExtractorError`] when the weights cannot be read, or are not those of VGG-16.
    pub(crate) fn load(
        section: &Perceptual,
        weights: &PerceptualWeights,
        device: &Device,
    ) -> Result<Option<Self>, ExtractorError> {
        if !section.is_on() {
            return Ok(None);
        }
        let state = weights.read_for_loss()?;
        Ok(Some(Self::new(section, state, device)))
    }

    /// The same with random weights, whatever the section names: as much work, and no file. `None` where the loss is of
    /// pixels alone.
    pub(crate) fn random(section: &Perceptual, device: &Device) -> Option<Self> {
        let state = || StackKind::Vgg16.random(section.seed);
        section.is_on().then(|| Self::new(section, state(), device))
    }

    pub(super) fn new(section: &Perceptual, mut state: State, device: &Device) -> Self {
        Self {
            stack: Stack::new(StackKind::Vgg16, &mut state, device),
            maps: section.layer.map() + 1,
            weight: section.weight,
            pixel: section.pixel,
        }
    }

    /// The loss of each picture: `pixel` times that of its pixels, plus `weight` times the mean squared difference of its map
    /// from the photograph's.
    ///
    /// # Shapes
    ///
    /// `of_pixels` `[batch]`; RGB, `[batch, 3, height, width]` each, the photograph's on [0, 1] and the picture's not
    /// clipped, so that a color out of range keeps its gradient; to `[batch]`.
    pub(crate) fn losses(
        &self,
        of_pixels: Tensor<1>,
        picture: Tensor<4>,
        photograph: Tensor<4>,
    ) -> Tensor<1> {
        let [batch, ..] = picture.dims();
        let difference = self.map(picture) - self.map(photograph.without_autodiff());
        let of_maps = difference.square().mean_dims(&[1, 2, 3]).reshape([batch]);
        of_pixels.mul_scalar(self.pixel) + of_maps.mul_scalar(self.weight)
    }

    fn map(&self, rgb: Tensor<4>) -> Tensor<4> {
        let mut maps = self.stack.maps(normalized(rgb), self.maps);
        maps.pop()
            .expect("a stack has as many maps as are asked for")
    }
}
