//! The network of Zhang et al.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::convolution::{Activation, initial};
use super::enlarged::enlarged;
use super::fusion::Fusion;
use super::head::Head;
use super::initial::InitialWeights;
use super::norm::Norm;
use super::own::without_norm;
use super::{Architecture, Ends, NormKind, Output, ZhangSection};

/// Zhang, Isola and Efros (2016), "Colorful image colorization", as in the authors' code (`eccv16.py`), with
/// `s` = [`ZhangSection::scale`], 64 there:
///
/// ```text
///                                                      channels   side, of n
/// blocks 1  conv 3x3, conv 3x3 stride 2                s          n/2
///        2  conv 3x3, conv 3x3 stride 2                2 s        n/4
///        3  conv 3x3 twice, conv 3x3 stride 2          4 s        n/8
///        4  conv 3x3, three times                      8 s        n/8
///        5  conv 3x3 dilated by 2, three times         8 s        n/8
///        6  conv 3x3 dilated by 2, three times         8 s        n/8
///        7  conv 3x3, three times                      8 s        n/8
/// fusion, where there is one                           8 s        n/8
/// enlarge   transposed 4x4, x 2                        4 s        n/4
/// last      conv 3x3, twice                            4 s        n/4
/// head      conv 1x1                                   out        n/4
/// ```
///
/// A relu follows every convolution but the head, and batch norm the last relu of blocks 1 to 7. Where the network answers with
/// values, they are brought to the full size bilinearly.
#[derive(Module, Debug)]
pub struct Zhang {
    /// Blocks 1 to 7.
    pub blocks: Vec<Block>,
    /// One vector an image into the smallest map.
    pub fusion: Option<Fusion>,
    /// Block 8: transposed conv 4x4, stride 2.
    pub enlarge: ConvTranspose2d,
    /// The rest of block 8.
    pub last: Vec<Conv2d>,
    /// To the values or the classes.
    pub head: Head,
    /// Whether the answer is brought to the full size.
    #[module(skip)]
    fills_the_picture: bool,
}

/// Convolutions with a relu after each, and a norm.
#[derive(Module, Debug)]
pub struct Block {
    /// The convolutions.
    pub convolutions: Vec<Conv2d>,
    /// After the last relu.
    pub norm: Norm,
}

impl Block {
    fn forward(&self, map: Tensor<4>) -> Tensor<4> {
        self.norm.forward(through(&self.convolutions, map))
    }
}

/// Each of `layers` with a relu after it.
fn through(layers: &[Conv2d], map: Tensor<4>) -> Tensor<4> {
    let forward = |map, layer: &Conv2d| without_norm(layer, map, Activation::Relu);
    layers.iter().fold(map, forward)
}

impl Zhang {
    /// The network of `section` between `ends`, its weights drawn in the order of the diagram; those of the fusion come last.
    pub(super) fn new(
        section: &ZhangSection,
        ends: Ends,
        weights: &mut InitialWeights,
        device: &Device,
    ) -> Self {
        let conv = |weights: &mut InitialWeights, channels, stride, dilation| {
            let config = Conv2dConfig::new(channels, [3, 3])
                .with_stride([stride, stride])
                .with_dilation([dilation, dilation])
                .with_padding(PaddingConfig2d::Explicit(
                    dilation, dilation, dilation, dilation,
                ));
            initial(weights, &config, device)
        };
        let mut channels = ends.input_channels;
        let blocks = ZhangSection::BLOCKS.map(|block| {
            let wide = block.units * section.scale;
            let convolutions = (1..=block.convolutions)
                .map(|number| {
                    let is_last = number == block.convolutions;
                    let stride = if is_last { block.stride } else { 1 };
                    let from = std::mem::replace(&mut channels, wide);
                    conv(weights, [from, wide], stride, block.dilation)
                })
                .collect();
            Block {
                convolutions,
                norm: Norm::new(NormKind::Batch, wide, device),
            }
        });
        let wide = ZhangSection::LAST_UNITS * section.scale;
        let mut enlarge = ConvTranspose2dConfig::new([channels, wide], [4, 4])
            .with_stride([2, 2])
            .with_padding([1, 1])
            .init(device);
        enlarge.weight = weights.kernel([channels, wide, 4, 4], device);
        enlarge.bias = Some(InitialWeights::bias(wide, device));
        let last = (0..2).map(|_| conv(weights, [wide, wide], 1, 1)).collect();
        let (out, fills_the_picture) = match ends.output {
            Output::Values(values) => (values, true),
            Output::Classes(classes) => (classes, false),
        };
        Self {
            blocks: blocks.into(),
            enlarge,
            last,
            head: Head::new(weights, wide, out, device),
            fusion: ends
                .feature_width
                .map(|width| Fusion::new(weights, channels, width, device)),
            fills_the_picture,
        }
    }
}

impl Architecture for Zhang {
    fn forward(&self, input: Tensor<4>, features: Option<Tensor<2>>) -> Tensor<4> {
        let mut map = input;
        for block in &self.blocks {
            map = block.forward(map);
        }
        if let Some(fusion) = &self.fusion {
            let features = features.expect("a network with fusion is given features");
            map = fusion.forward(map, features);
        }
        let map = through(&self.last, relu(self.enlarge.forward(map)));
        let answer = self.head.forward(map);
        if !self.fills_the_picture {
            return answer;
        }
        enlarged(answer, 4)
    }

    fn norms(&mut self) -> Vec<&mut Norm> {
        self.blocks
            .iter_mut()
            .map(|block| &mut block.norm)
            .collect()
    }
}
