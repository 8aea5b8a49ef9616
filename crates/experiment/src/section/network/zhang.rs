//! The keys of the network of Zhang et al.

use serde::{Deserialize, Serialize};

use super::{Architecture, NetworkCost, NormKind};

/// The keys of `kind = "zhang"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZhangSection {
    /// Channels of the first block, 64 in the paper; the widest have eight times as many.
    #[serde(default = "super::scale_of_the_papers")]
    pub scale: usize,
}

/// A block of convolutions of 3x3, each followed by a relu, the last one by batch norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZhangBlock {
    /// Channels in units of [`ZhangSection::scale`].
    pub units: usize,
    /// Convolutions.
    pub convolutions: usize,
    /// Stride of the last one.
    pub stride: usize,
    /// Pixels from one value that a kernel reads to the next.
    pub dilation: usize,
}

impl ZhangSection {
    /// Blocks 1 to 7 of the authors' code (github.com/richzhang/colorization, `eccv16.py`).
    pub const BLOCKS: [ZhangBlock; 7] = [
        block(1, 2, 2, 1),
        block(2, 2, 2, 1),
        block(4, 3, 2, 1),
        block(8, 3, 1, 1),
        block(8, 3, 1, 2),
        block(8, 3, 1, 2),
        block(8, 3, 1, 1),
    ];

    /// Channels of block 8, in the same units. Its first convolution is transposed, of 4x4, and doubles the map.
    pub const LAST_UNITS: usize = 4;
}

const fn block(units: usize, convolutions: usize, stride: usize, dilation: usize) -> ZhangBlock {
    ZhangBlock {
        units,
        convolutions,
        stride,
        dilation,
    }
}

impl Architecture for ZhangSection {
    const KIND: &'static str = "zhang";

    fn multiple(&self) -> usize {
        8
    }

    fn norm(&self) -> Option<NormKind> {
        Some(NormKind::Batch)
    }

    fn needs_f32(&self) -> Option<(&'static str, &'static str)> {
        Some(("kind", Self::KIND))
    }

    fn first_channels(&self) -> usize {
        self.scale
    }

    fn cost(&self, size: usize) -> NetworkCost {
        let mut cost = NetworkCost::default();
        let (mut channels, mut side) = (1, size);
        for block in Self::BLOCKS {
            let wide = self.scale.saturating_mul(block.units);
            for convolution in 1..=block.convolutions {
                if convolution == block.convolutions {
                    side /= block.stride;
                }
                cost.convolution([channels, wide], 3, side);
                channels = wide;
            }
        }
        let last = self.scale.saturating_mul(Self::LAST_UNITS);
        cost.convolution([channels, last], 4, size / 4);
        cost.convolution([last, last], 3, size / 4);
        cost.convolution([last, last], 3, size / 4);
        cost
    }
}
