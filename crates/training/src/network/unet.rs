//! The U-Net.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::convolution::{Activation, Border, Convolution, TransposedConvolution};
use super::fusion::Fusion;
use super::head::Head;
use super::initial::InitialWeights;
use super::norm::Norm;
use super::{Architecture, Ends, Output, UnetSection, in_precision};
use crate::backend::Precision;

/// A network that halves the picture `d` times and doubles it as often, and gives every doubled map the one of its size from
/// the way down: Ronneberger, Fischer and Brox (2015), "U-Net: Convolutional networks for biomedical image segmentation". As in
/// Isola et al. (2017), the picture keeps its size and convolutions of stride 2 halve it; as in neither, every convolution
/// pads, and the maps are doubled as [`super::Upsampling`] says. With `s` = [`UnetSection::scale`] and
/// `c(k)` = s times 2 to the power of `k`, at most 8 s:
///
/// ```text
///                                                    channels        side, of n
/// encode, k = 0     conv 3x3, conv 3x3               s               n
/// encode, k to d    conv 3x3 stride 2, conv 3x3      c(k)            n / 2^k
/// fusion, where there is one                         c(d)            n / 2^d
/// decode, k = d to 1
///   enlarge         transposed 3x3, x 2              c(k - 1)        n / 2^(k - 1)
///   concatenation with the map of that size          2 c(k - 1)
///   join            conv 3x3                         c(k - 1)
/// head              conv 1x1, no norm                out             n
/// ```
///
/// A norm and a relu follow every convolution but the last. Where the network chooses among classes, `decode` ends at `k = 3`,
/// whose map has a quarter of the size.
#[derive(Module, Debug)]
pub struct Unet {
    /// The way down, the full size first.
    pub encode: Vec<Descent>,
    /// One vector an image into the smallest map.
    pub fusion: Option<Fusion>,
    /// The way up, the smallest map first.
    pub decode: Vec<Ascent>,
    /// To the values or the classes.
    pub head: Head,
    /// Of feature maps in training.
    #[module(skip)]
    precision: Precision,
}

/// A step of the way down.
#[derive(Module, Debug)]
pub struct Descent {
    /// Conv 3x3, stride 2 unless it is the first.
    pub first: Convolution,
    /// Conv 3x3.
    pub second: Convolution,
}

/// A step of the way up.
#[derive(Module, Debug)]
pub struct Ascent {
    /// Doubles the sides.
    pub enlarge: TransposedConvolution,
    /// Conv 3x3 over the doubled map and the one from the way down.
    pub join: Convolution,
}

impl Unet {
    /// The network of `section` between `ends`, its weights drawn in the order of the diagram; those of the fusion come last.
    pub(super) fn new(
        section: &UnetSection,
        ends: Ends,
        weights: &mut InitialWeights,
        device: &Device,
    ) -> Self {
        let norm = section.norm;
        let conv = |weights: &mut InitialWeights, channels, stride| {
            Convolution::new(weights, norm, channels, 3, stride, Border::Same, device)
        };
        let channels = |level| section.channels(level);
        let encode = (0..=section.depth)
            .map(|level| {
                let (from, stride) = match level {
                    0 => (ends.input_channels, 1),
                    _ => (channels(level - 1), 2),
                };
                Descent {
                    first: conv(weights, [from, channels(level)], stride),
                    second: conv(weights, [channels(level); 2], 1),
                }
            })
            .collect();
        // The level of the map that the head sees.
        let (last, out) = match ends.output {
            Output::Values(values) => (0, values),
            Output::Classes(classes) => (2, classes),
        };
        let decode = (last..section.depth)
            .rev()
            .map(|level| {
                let here = channels(level);
                let doubled = [channels(level + 1), here];
                let upsampling = section.upsampling;
                Ascent {
                    enlarge: TransposedConvolution::doubling(
                        weights, norm, doubled, upsampling, device,
                    ),
                    join: conv(weights, [2 * here, here], 1),
                }
            })
            .collect();
        let head = Head::new(weights, channels(last), out, device);
        let fusion = ends
            .feature_width
            .map(|width| Fusion::new(weights, channels(section.depth), width, device));
        Self {
            encode,
            fusion,
            decode,
            head,
            precision: Precision::F32,
        }
    }

    fn layers(&self, mut map: Tensor<4>, features: Option<Tensor<2>>) -> Tensor<4> {
        let relu = Activation::Relu;
        let mut passed = Vec::with_capacity(self.encode.len());
        for Descent { first, second } in &self.encode {
            map = second.forward(first.forward(map, relu), relu);
            passed.push(map.clone());
        }
        // The smallest map has nothing to be joined with.
        passed.pop();
        if let Some(fusion) = &self.fusion {
            let features = features.expect("a network with fusion is given features");
            map = fusion.forward(map, features);
        }
        for (Ascent { enlarge, join }, passed) in self.decode.iter().zip(passed.into_iter().rev()) {
            let both = vec![enlarge.forward(map, relu), passed];
            map = join.forward(Tensor::cat(both, 1), relu);
        }
        map
    }
}

impl Architecture for Unet {
    fn forward(&self, input: Tensor<4>, features: Option<Tensor<2>>) -> Tensor<4> {
        let map = in_precision(input, self.precision, |map| self.layers(map, features));
        self.head.forward(map)
    }

    fn norms(&mut self) -> Vec<&mut Norm> {
        let down = self.encode.iter_mut();
        let up = self.decode.iter_mut();
        down.flat_map(|step| [&mut step.first.norm, &mut step.second.norm])
            .chain(up.flat_map(|step| [&mut step.enlarge.norm, &mut step.join.norm]))
            .collect()
    }

    fn set_precision(&mut self, precision: Precision) {
        self.precision = precision;
    }
}
