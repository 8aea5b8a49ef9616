//! Residual networks: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2016), in torchvision's
//! layout.
//!
//! ```text
//! picture -> 7x7, 64, /2 -> max 3x3, /2 -> stage 64 -> stage 128, /2 -> stage 256, /2 -> stage 512, /2 -> pool
//!
//! basic:       3x3 -> 3x3 -> + input -> relu
//! bottleneck:  1x1 -> 3x3 -> 1x1 to four times the channels -> + input -> relu
//! ```
//!
//! A batch norm follows every convolution, and a relu every one but a block's last. The stride is in the first 3x3
//! convolution of a stage; the paper's bottlenecks have it in the 1x1 before, which is why this is called v1.5. Where a
//! block changes the shape, its input passes through a 1x1 convolution.

use super::architecture::{Activation, Architecture, Block, Border, ConvolutionShape, Shortcut};

/// Channels inside the blocks of each stage.
const CHANNELS: [usize; 4] = [64, 128, 256, 512];

/// Two 3x3 convolutions a block, `blocks` of them in each stage.
pub(super) fn of_basic_blocks(blocks: [usize; 4]) -> Architecture<ConvolutionShape> {
    network(blocks, 1, |channels_in, channels, stride| {
        vec![
            Layer {
                size: 3,
                stride,
                channels: [channels_in, channels],
            },
            Layer {
                size: 3,
                stride: 1,
                channels: [channels, channels],
            },
        ]
    })
}

/// Three convolutions a block, the middle one narrow, `blocks` of them in each stage.
pub(super) fn of_bottlenecks(blocks: [usize; 4]) -> Architecture<ConvolutionShape> {
    network(blocks, 4, |channels_in, channels, stride| {
        vec![
            Layer {
                size: 1,
                stride: 1,
                channels: [channels_in, channels],
            },
            Layer {
                size: 3,
                stride,
                channels: [channels, channels],
            },
            Layer {
                size: 1,
                stride: 1,
                channels: [channels, 4 * channels],
            },
        ]
    })
}

/// A convolution of a block.
struct Layer {
    size: usize,
    stride: usize,
    channels: [usize; 2],
}

/// A network whose blocks widen their channels `expansion` times and hold the layers that `path` makes of the channels
/// that come in, those of the stage, and the stride.
fn network(
    blocks: [usize; 4],
    expansion: usize,
    path: impl Fn(usize, usize, usize) -> Vec<Layer>,
) -> Architecture<ConvolutionShape> {
    let stem = Layer {
        size: 7,
        stride: 2,
        channels: [3, CHANNELS[0]],
    };
    let mut channels_in = CHANNELS[0];
    let mut all = Vec::new();
    for (stage, (&count, channels)) in blocks.iter().zip(CHANNELS).enumerate() {
        for at in 0..count {
            let name = format!("layer{}.{at}", stage + 1);
            let stride = if stage > 0 && at == 0 { 2 } else { 1 };
            let layers = path(channels_in, channels, stride);
            let depth = layers.len();
            let convolutions = layers.into_iter().enumerate().map(|(index, layer)| {
                let number = index + 1;
                let activation = if number == depth {
                    Activation::None
                } else {
                    Activation::Relu
                };
                shape(
                    &layer,
                    format!("{name}.conv{number}"),
                    format!("{name}.bn{number}"),
                    activation,
                )
            });
            let channels_out = expansion * channels;
            let shortcut = if stride == 1 && channels_in == channels_out {
                Shortcut::Identity
            } else {
                Shortcut::Projection(shape(
                    &Layer {
                        size: 1,
                        stride,
                        channels: [channels_in, channels_out],
                    },
                    format!("{name}.downsample.0"),
                    format!("{name}.downsample.1"),
                    Activation::None,
                ))
            };
            all.push(Block {
                path: convolutions.collect(),
                shortcut,
                activation: Activation::Relu,
            });
            channels_in = channels_out;
        }
    }
    Architecture {
        stem: shape(
            &stem,
            "conv1".to_owned(),
            "bn1".to_owned(),
            Activation::Relu,
        ),
        max_pool: true,
        blocks: all,
        last: None,
        width: channels_in,
        head: "fc",
    }
}

fn shape(
    layer: &Layer,
    convolution: String,
    norm: String,
    activation: Activation,
) -> ConvolutionShape {
    ConvolutionShape {
        convolution,
        norm,
        channels: layer.channels,
        size: layer.size,
        stride: layer.stride,
        groups: 1,
        border: Border::Half,
        epsilon: 1e-5,
        activation,
    }
}
