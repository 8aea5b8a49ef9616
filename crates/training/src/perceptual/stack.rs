//! The convolutions of `AlexNet` and VGG-16, and what they make of a picture: a map after each of five of them.

use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::extractor::architecture::Role;
use crate::extractor::preprocess::IMAGENET;
use crate::extractor::state::{State, Values, generator, uniform};

/// Keeps the stream of random weights apart from any other that is drawn from the same seed.
const DOMAIN: &[u8; 24] = b"colorize random stacks!!";

/// How many maps a stack hands out.
pub(crate) const TAPS: usize = 5;

/// A classifier's convolutions, in torchvision's layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StackKind {
    /// Krizhevsky (2014), "One weird trick for parallelizing convolutional neural networks".
    Alexnet,
    /// Simonyan and Zisserman (2015), configuration D.
    Vgg16,
}

/// A convolution, followed by a relu.
#[derive(Debug, Clone, Copy)]
struct ConvolutionShape {
    /// Its number among the layers of torchvision's `features`.
    place: usize,
    /// In and out.
    channels: [usize; 2],
    size: usize,
    stride: usize,
    /// Whether the map is pooled before it.
    is_pooled: bool,
    /// Whether the map after its relu is one of the five.
    is_tapped: bool,
}

/// A convolution with its weights.
#[derive(Debug, Clone)]
struct Convolution {
    shape: ConvolutionShape,
    /// `[channels_out, channels_in, size, size]`.
    kernel: Tensor<4>,
    /// `[channels_out]`.
    bias: Tensor<1>,
}

/// The convolutions of a classifier with frozen weights, on a device without autodiff. A picture that comes with autodiff
/// gets its gradient; the weights are constants.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    kind: StackKind,
    convolutions: Vec<Convolution>,
}

impl StackKind {
    /// What errors call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Alexnet => "alexnet",
            Self::Vgg16 => "vgg16",
        }
    }

    /// Channels of the five maps.
    pub(crate) fn widths(self) -> [usize; TAPS] {
        match self {
            Self::Alexnet => [64, 192, 384, 256, 256],
            Self::Vgg16 => [64, 128, 256, 512, 512],
        }
    }

    /// The smallest side of a picture that still has a fifth map.
    pub(crate) fn smallest_side(self) -> usize {
        match self {
            // A convolution at stride 4, then two maxima over 3x3 at stride 2.
            Self::Alexnet => 31,
            Self::Vgg16 => 16,
        }
    }

    fn convolutions(self) -> Vec<ConvolutionShape> {
        // Channels out, side of the kernel, stride, pooled before, tapped after.
        let table: &[(usize, usize, usize, bool, bool)] = match self {
            Self::Alexnet => &[
                (64, 11, 4, false, true),
                (192, 5, 1, true, true),
                (384, 3, 1, true, true),
                (256, 3, 1, false, true),
                (256, 3, 1, false, true),
            ],
            Self::Vgg16 => &[
                (64, 3, 1, false, false),
                (64, 3, 1, false, true),
                (128, 3, 1, true, false),
                (128, 3, 1, false, true),
                (256, 3, 1, true, false),
                (256, 3, 1, false, false),
                (256, 3, 1, false, true),
                (512, 3, 1, true, false),
                (512, 3, 1, false, false),
                (512, 3, 1, false, true),
                (512, 3, 1, true, false),
                (512, 3, 1, false, false),
                (512, 3, 1, false, true),
            ],
        };
        let mut place = 0;
        let mut channels_in = 3;
        let shapes = table
            .iter()
            .map(|&(channels_out, size, stride, is_pooled, is_tapped)| {
                // `features` counts every convolution, every relu and every maximum.
                place += usize::from(is_pooled);
                let shape = ConvolutionShape {
                    place,
                    channels: [channels_in, channels_out],
                    size,
                    stride,
                    is_pooled,
                    is_tapped,
                };
                place += 2;
                channels_in = channels_out;
                shape
            });
        shapes.collect()
    }

    /// Names, shapes and roles of its tensors in a file of weights, in their order.
    pub(crate) fn tensors(self) -> Vec<(String, Vec<usize>, Role)> {
        let convolutions = self.convolutions();
        let tensors = convolutions.iter().flat_map(ConvolutionShape::tensors);
        tensors.collect()
    }

    /// The maximum that pools its maps: side and stride.
    fn pooling(self) -> [usize; 2] {
        match self {
            Self::Alexnet => [3, 2],
            Self::Vgg16 => [2, 2],
        }
    }

    /// Weights drawn from a seed, the same bits everywhere: uniform with the variance of He et al. (2015), 2 divided by the
    /// inputs of one output, 1 divided by them in the first convolution, and no bias.
    pub(crate) fn random(self, seed: u64) -> State {
        let mut generator = generator(DOMAIN, seed);
        let mut state = State::default();
        for (at, (name, shape, role)) in self.tensors().into_iter().enumerate() {
            let count = shape.iter().product();
            let numbers = match role {
                Role::Kernel => {
                    let inputs: usize = shape[1..].iter().product();
                    let gain = if at == 0 { 1.0 } else { 2.0 };
                    let limit = (3.0 * gain / inputs as f64).sqrt();
                    (0..count).map(|_| uniform(&mut generator, limit)).collect()
                }
                _ => vec![0.0; count],
            };
            state.insert(name, Values { shape, numbers });
        }
        state
    }
}

impl ConvolutionShape {
    fn kernel(&self) -> [usize; 4] {
        let [channels_in, channels_out] = self.channels;
        [channels_out, channels_in, self.size, self.size]
    }

    /// Zeros on each side.
    fn padding(&self) -> usize {
        // AlexNet's first convolution has less than half its kernel.
        if self.size == 11 { 2 } else { self.size / 2 }
    }

    fn tensors(&self) -> [(String, Vec<usize>, Role); 2] {
        let name = |ending: &str| format!("features.{}.{ending}", self.place);
        [
            (name("weight"), self.kernel().to_vec(), Role::Kernel),
            (name("bias"), vec![self.channels[1]], Role::Shift),
        ]
    }
}

impl Convolution {
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let ConvolutionShape { stride, .. } = self.shape;
        let padding = self.shape.padding();
        let options = ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1);
        let map = conv2d(input, self.kernel.clone(), Some(self.bias.clone()), options);
        activation::relu(map)
    }
}

impl Stack {
    /// Takes the tensors of `kind` out of `state`, which has been found to hold them.
    pub(crate) fn new(kind: StackKind, state: &mut State, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let convolutions = kind.convolutions().into_iter().map(|shape| {
            let [kernel, bias] = shape.tensors().map(|(name, shape, _)| {
                let values = state.take(&name);
                let values = values.expect("`State::faults_of` found nothing missing");
                TensorData::new(values.numbers, shape)
            });
            Convolution {
                shape,
                kernel: Tensor::from_data(kernel, &device),
                bias: Tensor::from_data(bias, &device),
            }
        });
        Self {
            kind,
            convolutions: convolutions.collect(),
        }
    }

    /// The first `count` of the five maps, each after its relu.
    ///
    /// # Shapes
    ///
    /// `[batch, 3, height, width]`, normalized as the weights want it, to [`StackKind::widths`] channels each. Height and
    /// width are at least [`StackKind::smallest_side`] where all five are asked for.
    pub(crate) fn maps(&self, input: Tensor<4>, count: usize) -> Vec<Tensor<4>> {
        let [size, stride] = self.kind.pooling();
        let options = MaxPoolOptions::new([size; 2]).with_stride([stride; 2]);
        self.maps_pooled(input, count, |map| max_pool2d(map, options.clone()))
    }

    /// The same with another pooling.
    pub(crate) fn maps_pooled(
        &self,
        input: Tensor<4>,
        count: usize,
        pool: impl Fn(Tensor<4>) -> Tensor<4>,
    ) -> Vec<Tensor<4>> {
        let mut maps = Vec::with_capacity(count);
        let mut map = input;
        for convolution in &self.convolutions {
            if maps.len() == count {
                break;
            }
            if convolution.shape.is_pooled {
                map = pool(map);
            }
            map = convolution.forward(map);
            if convolution.shape.is_tapped {
                maps.push(map.clone());
            }
        }
        maps
    }
}

/// RGB on [0, 1], `[batch, 3, height, width]`, as torchvision's weights have seen it: less ImageNet's mean, over its
/// standard deviation.
pub(crate) fn normalized(rgb: Tensor<4>) -> Tensor<4> {
    let (mean, deviation) = IMAGENET;
    let device = rgb.device().without_autodiff();
    let one_a_channel = |values: [f64; 3]| {
        let values = values.map(|value| value as f32);
        Tensor::<1>::from_floats(values, &device).reshape([1, 3, 1, 1])
    };
    (rgb - one_a_channel(mean)) / one_a_channel(deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_are_those_of_torchvision() {
        for (kind, count, names) in [
            (StackKind::Alexnet, 2_469_696, [0, 3, 6, 8, 10].as_slice()),
            (
                StackKind::Vgg16,
                14_714_688,
                &[0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28],
            ),
        ] {
            let tensors = kind.tensors();
            let numbers: usize = tensors
                .iter()
                .map(|(_, it, _)| it.iter().product::<usize>())
                .sum();
            // torchvision's counts, without the linear layers.
            assert_eq!(numbers, count, "{kind:?}");
            let found: Vec<&String> = tensors.iter().step_by(2).map(|(name, ..)| name).collect();
            let expected: Vec<String> = names
                .iter()
                .map(|at| format!("features.{at}.weight"))
                .collect();
            assert_eq!(found, expected.iter().collect::<Vec<_>>());
            assert_eq!(kind.random(0).faults_of(tensors), None);
        }
    }

    #[test]
    fn the_smallest_picture_has_all_maps() {
        for kind in [StackKind::Alexnet, StackKind::Vgg16] {
            let stack = Stack::new(kind, &mut kind.random(1), &Device::flex());
            let side = kind.smallest_side();
            let picture = Tensor::<4>::ones([1, 3, side, side + 5], &Device::flex());
            let maps = stack.maps(picture.clone(), TAPS);
            let widths: Vec<usize> = maps.iter().map(|map| map.dims()[1]).collect();
            assert_eq!(widths, kind.widths());
            assert!(maps[4].dims()[2] >= 1, "{kind:?}");
            assert_eq!(stack.maps(picture, 2).len(), 2);
        }
    }
}
