//! EfficientNet-Lite0: Tan and Le, "EfficientNet" (2019), without squeeze and excitation and with relu6, as Google
//! published it in 2020, under the names that its PyTorch port gives to the tensors.
//!
//! ```text
//! picture -> 3x3, 32, /2 -> 16 blocks in 7 stages -> 1x1, 1280 -> pool
//!
//! block:  1x1 to six times the channels -> depthwise 3x3 or 5x5 -> 1x1 -> + input where the shape is kept
//! ```
//!
//! A batch norm with an epsilon of 1e-3 follows every convolution, and relu6 all but a block's last; there is none after
//! the sum. The first block does not widen. Borders are padded as TensorFlow's `same` does.

use super::architecture::{Activation, Architecture, Block, Border, ConvolutionShape, Shortcut};

/// Some blocks, of which only the first has the stride.
struct Stage {
    blocks: usize,
    size: usize,
    stride: usize,
    /// How many times wider than its input a block is inside.
    expansion: usize,
    channels: usize,
}

const STAGES: [Stage; 7] = [
    Stage {
        blocks: 1,
        size: 3,
        stride: 1,
        expansion: 1,
        channels: 16,
    },
    Stage {
        blocks: 2,
        size: 3,
        stride: 2,
        expansion: 6,
        channels: 24,
    },
    Stage {
        blocks: 2,
        size: 5,
        stride: 2,
        expansion: 6,
        channels: 40,
    },
    Stage {
        blocks: 3,
        size: 3,
        stride: 2,
        expansion: 6,
        channels: 80,
    },
    Stage {
        blocks: 3,
        size: 5,
        stride: 1,
        expansion: 6,
        channels: 112,
    },
    Stage {
        blocks: 4,
        size: 5,
        stride: 2,
        expansion: 6,
        channels: 192,
    },
    Stage {
        blocks: 1,
        size: 3,
        stride: 1,
        expansion: 6,
        channels: 320,
    },
];

/// Channels of the stem and of the last map. In the Lite networks no width factor touches them.
const STEM: usize = 32;
const WIDTH: usize = 1280;

/// EfficientNet-Lite0.
pub(super) fn lite0() -> Architecture<ConvolutionShape> {
    let mut blocks = Vec::new();
    let mut channels_in = STEM;
    for stage in STAGES {
        for at in 0..stage.blocks {
            let name = format!("_blocks.{}", blocks.len());
            let layer = |convolution: &str, norm: &str| ConvolutionShape {
                convolution: format!("{name}.{convolution}"),
                norm: format!("{name}.{norm}"),
                ..plain()
            };
            let stride = if at == 0 { stage.stride } else { 1 };
            let inside = stage.expansion * channels_in;
            let mut path = Vec::new();
            if stage.expansion > 1 {
                path.push(ConvolutionShape {
                    channels: [channels_in, inside],
                    ..layer("_expand_conv", "_bn0")
                });
            }
            path.push(ConvolutionShape {
                channels: [inside, inside],
                size: stage.size,
                stride,
                groups: inside,
                ..layer("_depthwise_conv", "_bn1")
            });
            path.push(ConvolutionShape {
                channels: [inside, stage.channels],
                activation: Activation::None,
                ..layer("_project_conv", "_bn2")
            });
            let keeps_shape = stride == 1 && channels_in == stage.channels;
            blocks.push(Block {
                path,
                shortcut: if keeps_shape {
                    Shortcut::Identity
                } else {
                    Shortcut::None
                },
                activation: Activation::None,
            });
            channels_in = stage.channels;
        }
    }
    Architecture {
        stem: ConvolutionShape {
            convolution: "_conv_stem".to_owned(),
            norm: "_bn0".to_owned(),
            channels: [3, STEM],
            size: 3,
            stride: 2,
            ..plain()
        },
        max_pool: false,
        blocks,
        last: Some(ConvolutionShape {
            convolution: "_conv_head".to_owned(),
            norm: "_bn1".to_owned(),
            channels: [channels_in, WIDTH],
            ..plain()
        }),
        width: WIDTH,
        head: "_fc",
    }
}

/// What the convolutions have in common unless they say otherwise.
fn plain() -> ConvolutionShape {
    ConvolutionShape {
        convolution: String::new(),
        norm: String::new(),
        channels: [0, 0],
        size: 1,
        stride: 1,
        groups: 1,
        border: Border::Same,
        epsilon: 1e-3,
        activation: Activation::Relu6,
    }
}
