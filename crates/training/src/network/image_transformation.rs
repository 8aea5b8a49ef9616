//! The image transformation network.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::convolution::{Activation, Border, Convolution, TransposedConvolution};
use super::fusion::Fusion;
use super::head::Head;
use super::initial::InitialWeights;
use super::norm::Norm;
use super::padding::reflect;
use super::residual_block::ResidualBlock;
use super::{Architecture, Ends, ImageTransformationSection, Output, in_precision};
use crate::backend::Precision;

/// The network of Johnson, Alahi and Fei-Fei (2016), "Perceptual losses for real-time style transfer and
/// super-resolution", supplementary material, with `s` = [`ImageTransformationSection::scale`] and `b` residual blocks.
///
/// ```text
///                                 channels  side, of n     n = 256, b = 5
/// input                           in        n              256
///   reflection padding            in        n + 16 b       336
/// encode_1  conv 9x9              s         n + 16 b       336
/// encode_2  conv 3x3, stride 2    2 s       n/2 + 8 b      168
/// encode_3  conv 3x3, stride 2    4 s       n/4 + 4 b      84
/// residual_blocks, b times        4 s       4 less each    80 76 72 68 64
/// fusion, where there is one      4 s       n/4            64
/// decode_1  transposed 3x3, x 2   2 s       n/2            128
/// decode_2  transposed 3x3, x 2   s         n              256
/// decode_3  transposed 9x9        out       n              256
/// ```
///
/// A norm follows every convolution, a relu every norm but the last and those that end a residual block. With
/// [`Upsampling::Nearest`](super::Upsampling::Nearest), `decode_1` and `decode_2` repeat every pixel twice in both directions,
/// and their stride is 1.
///
/// Where it chooses among classes, their logits stand in place of the three transposed convolutions:
///
/// ```text
/// classes   conv 1x1, no norm     classes   n/4            64
/// ```
#[derive(Module, Debug)]
pub struct ImageTransformation {
    /// Conv 9x9, in to s channels.
    pub encode_1: Convolution,
    /// Conv 3x3, stride 2, s to 2 s channels.
    pub encode_2: Convolution,
    /// Conv 3x3, stride 2, 2 s to 4 s channels.
    pub encode_3: Convolution,
    /// Over 4 s channels.
    pub residual_blocks: Vec<ResidualBlock>,
    /// One vector an image into the 4 s channels.
    pub fusion: Option<Fusion>,
    /// Doubles the sides, 4 s to 2 s channels. This one and the next two exist where [`Self::classes`] does not.
    pub decode_1: Option<TransposedConvolution>,
    /// Doubles the sides, 2 s to s channels.
    pub decode_2: Option<TransposedConvolution>,
    /// Transposed conv 9x9, s to out channels.
    pub decode_3: Option<TransposedConvolution>,
    /// Conv 1x1, 4 s channels to classes.
    pub classes: Option<Head>,
    /// Pixels of reflection around the input: what the residual blocks cut off again.
    pub reflection_padding: usize,
    /// Of feature maps in training.
    #[module(skip)]
    pub(super) precision: Precision,
}

impl ImageTransformation {
    /// The network of `section` between `ends`, its weights drawn in the order of the diagram; those
    /// of the fusion of vectors of `feature_width` come last, so that the others are what they are without it.
    pub(super) fn new(
        section: &ImageTransformationSection,
        ends: Ends,
        weights: &mut InitialWeights,
        device: &Device,
    ) -> Self {
        let Ends {
            input_channels,
            output,
            feature_width,
        } = ends;
        let norm = section.norm;
        let [wide, middle, deep] = [section.scale, 2 * section.scale, 4 * section.scale];
        let same = Border::Same;
        let [values, classes] = match output {
            Output::Values(values) => [Some(values), None],
            Output::Classes(classes) => [None, Some(classes)],
        };
        let doubling = |weights: &mut InitialWeights, channels| {
            TransposedConvolution::doubling(weights, norm, channels, section.upsampling, device)
        };
        // Fields are evaluated as written, so this is the order of the draws.
        Self {
            encode_1: Convolution::new(weights, norm, [input_channels, wide], 9, 1, same, device),
            encode_2: Convolution::new(weights, norm, [wide, middle], 3, 2, same, device),
            encode_3: Convolution::new(weights, norm, [middle, deep], 3, 2, same, device),
            residual_blocks: (0..section.residual_blocks)
                .map(|_| ResidualBlock::new(weights, norm, deep, device))
                .collect(),
            decode_1: values.map(|_| doubling(weights, [deep, middle])),
            decode_2: values.map(|_| doubling(weights, [middle, wide])),
            decode_3: values.map(|values| {
                TransposedConvolution::new(weights, norm, [wide, values], 9, 1, device)
            }),
            classes: classes.map(|classes| Head::new(weights, deep, classes, device)),
            fusion: feature_width.map(|width| Fusion::new(weights, deep, width, device)),
            reflection_padding: section.reflection_padding(),
            precision: Precision::F32,
        }
    }

    fn layers(&self, map: Tensor<4>, features: Option<Tensor<2>>) -> Tensor<4> {
        let map = self.encode_1.forward(map, Activation::Relu);
        let map = self.encode_2.forward(map, Activation::Relu);
        let mut map = self.encode_3.forward(map, Activation::Relu);
        for block in &self.residual_blocks {
            map = block.forward(map);
        }
        if let Some(fusion) = &self.fusion {
            let features = features.expect("a network with fusion is given features");
            map = fusion.forward(map, features);
        }
        let relu = Activation::Relu;
        let decoder = [
            (&self.decode_1, relu),
            (&self.decode_2, relu),
            (&self.decode_3, Activation::None),
        ];
        for (layer, then) in decoder {
            if let Some(layer) = layer {
                map = layer.forward(map, then);
            }
        }
        map
    }
}

impl Architecture for ImageTransformation {
    fn forward(&self, input: Tensor<4>, features: Option<Tensor<2>>) -> Tensor<4> {
        let map = reflect(input, self.reflection_padding);
        let map = in_precision(map, self.precision, |map| self.layers(map, features));
        // Logits are 32-bit floats, like all that follows them.
        match &self.classes {
            Some(classes) => classes.forward(map),
            None => map,
        }
    }

    fn norms(&mut self) -> Vec<&mut Norm> {
        let blocks = self.residual_blocks.iter_mut();
        let encoder = [&mut self.encode_1, &mut self.encode_2, &mut self.encode_3];
        let decoder = [&mut self.decode_1, &mut self.decode_2, &mut self.decode_3];
        let decoder = decoder.into_iter().flatten().map(|layer| &mut layer.norm);
        blocks
            .flat_map(|block| [&mut block.first.norm, &mut block.second.norm])
            .chain(encoder.map(|layer| &mut layer.norm))
            .chain(decoder)
            .collect()
    }

    fn set_precision(&mut self, precision: Precision) {
        self.precision = precision;
    }
}
