//! The keys of the image transformation network.

use serde::{Deserialize, Serialize};

use super::{Architecture, NetworkCost, NormKind, TooSmall, Upsampling};

/// The keys of `kind = "image_transformation"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageTransformationSection {
    /// The normalization after every convolution.
    pub norm: NormKind,
    /// Channels of the first layer; the deepest has four times as many.
    pub scale: usize,
    /// Residual blocks; each crops four pixels of the map a quarter the size, so the input is padded by eight
    /// pixels per block on every side.
    pub residual_blocks: usize,
    /// How the two layers after the residual blocks double the picture.
    #[serde(default)]
    pub upsampling: Upsampling,
}

impl ImageTransformationSection {
    /// Pixels by which the input is padded on every side by reflection: 8 per residual block.
    pub fn reflection_padding(&self) -> usize {
        self.residual_blocks.saturating_mul(8)
    }
}

impl Architecture for ImageTransformationSection {
    const KIND: &'static str = "image_transformation";

    fn multiple(&self) -> usize {
        4
    }

    fn norm(&self) -> Option<NormKind> {
        Some(self.norm)
    }

    fn first_channels(&self) -> usize {
        self.scale
    }

    fn residual_blocks(&self) -> usize {
        self.residual_blocks
    }

    fn cost(&self, size: usize) -> NetworkCost {
        let [wide, middle, deep] = [1, 2, 4].map(|times| self.scale.saturating_mul(times));
        let padded = size.saturating_add(self.reflection_padding().saturating_mul(2));
        let mut cost = NetworkCost::default();
        // The kernels of 9x9 and what depends on the channels of color are left out. The maps of the blocks shrink down to a
        // quarter of the picture.
        cost.keep(wide, padded);
        cost.convolution([wide, middle], 3, padded / 2);
        cost.convolution([middle, deep], 3, padded / 4);
        let mut block = NetworkCost::default();
        block.convolution([deep, deep], 3, size / 4);
        cost.add(block, self.residual_blocks.saturating_mul(2));
        cost.convolution([deep, middle], 3, size / 2);
        cost.convolution([middle, wide], 3, size);
        cost
    }

    /// Reflection needs as many pixels as it adds, and one to reflect at.
    fn too_small(&self, size: usize) -> Option<TooSmall> {
        let padding = self.reflection_padding();
        if size > padding {
            return None;
        }
        let blocks = self.residual_blocks;
        let smallest = padding.saturating_add(4);
        let fewer = (size - 1) / 8;
        Some(TooSmall {
            must: format!(
                "must be larger than the network's reflection padding, which is {padding} pixels on every side"
            ),
            key: "residual_blocks",
            why: format!("the padding is 8 pixels per residual block, and `{{key}}` is {blocks}"),
            help: format!(
                "with {blocks} blocks, the size must be at least {smallest}; with size {size}, there can be at most {fewer} blocks"
            ),
        })
    }
}
