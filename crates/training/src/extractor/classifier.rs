//! A pretrained classifier that only answers: nothing of it is ever trained.

use std::path::Path;

use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor, TensorData};

use super::architecture::{Activation, Architecture, Block, Border, ConvolutionShape, Shortcut};
use super::error::ExtractorError;
use super::state::{State, head_names};
use super::weights::WeightsChoice;
use super::{ExtractorKind, Pooling};
use crate::backend::{FixedLayer, FixedShape, Then};

/// A frozen classifier.
///
/// Its batch norms are part of the convolutions before them: `scale / sqrt(variance + epsilon)` times the kernel, the
/// rest as a bias. So it has no running statistics that could change, and its answers do not depend on what else is in
/// the batch. It lives on a device without autodiff, whatever device it is given.
#[derive(Debug)]
pub struct Extractor {
    kind: ExtractorKind,
    device: Device,
    network: Architecture<Convolution>,
    head: Option<Head>,
}

impl Extractor {
    /// Loads the classifier `kind` with these weights onto `device`.
    ///
    /// # Errors
    ///
    /// When the file of weights is missing or damaged, or is not this classifier's: all tensors must be there in their
    /// shape, and no others, but for the linear layer of classes, which may be left out.
    pub fn load(
        kind: ExtractorKind,
        weights: &WeightsChoice,
        cache_folder: &Path,
        device: &Device,
    ) -> Result<Self, ExtractorError> {
        let architecture = Architecture::of(kind).ok_or(ExtractorError::NoExtractor)?;
        let mut state = weights.read(kind, cache_folder)?;
        let device = device.clone().without_autodiff();
        let head = Head::new(&architecture, &mut state, &device);
        let network = architecture
            .with_sums_in_convolutions()
            .map(|shape| Convolution::new(&shape, &mut state, &device));
        Ok(Self {
            kind,
            device,
            network,
            head,
        })
    }

    /// Which classifier it is.
    pub fn kind(&self) -> ExtractorKind {
        self.kind
    }

    /// Where it computes; its input must be there.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// How many classes its linear layer tells; `None` where the weights have no such layer.
    pub fn classes(&self) -> Option<usize> {
        self.head.as_ref().map(|head| head.bias.dims()[0])
    }

    /// One vector an image, from the last map after its activation.
    ///
    /// # Shapes
    ///
    /// `[batch, 3, height, width]`, as [`super::preprocess::prepare`] makes it, to `[batch, ExtractorKind::width]`.
    /// Height and width are at least 32.
    pub fn features(&self, input: Tensor<4>, pooling: Pooling) -> Tensor<2> {
        let map = self.map(input);
        let [batch, channels, height, width] = map.dims();
        let flat: Tensor<3> = map.reshape([batch, channels, height * width]);
        let pooled = match pooling {
            Pooling::Max => flat.max_dim(2),
            Pooling::Average => flat.mean_dim(2),
        };
        pooled.reshape([batch, channels])
    }

    /// One number a class, before softmax; `None` where the weights have no linear layer.
    ///
    /// # Shapes
    ///
    /// `[batch, 3, height, width]` to `[batch, classes]`.
    pub fn logits(&self, input: Tensor<4>) -> Option<Tensor<2>> {
        let head = self.head.as_ref()?;
        let features = self.features(input, Pooling::Average);
        Some(features.matmul(head.weight.clone()) + head.bias.clone().unsqueeze())
    }

    /// The last map.
    fn map(&self, input: Tensor<4>) -> Tensor<4> {
        let mut map = self.network.stem.forward(input, None);
        if self.network.max_pool {
            let options = MaxPoolOptions::new([3, 3])
                .with_stride([2, 2])
                .with_padding([1, 1]);
            map = max_pool2d(map, options);
        }
        for block in &self.network.blocks {
            map = block.forward(map);
        }
        match &self.network.last {
            Some(last) => last.forward(map, None),
            None => map,
        }
    }
}

impl Block<Convolution> {
    /// The last convolution takes the shortcut, and what follows their sum.
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let mut shortcut = match &self.shortcut {
            Shortcut::None => None,
            Shortcut::Identity => Some(input.clone()),
            Shortcut::Projection(projection) => Some(projection.forward(input.clone(), None)),
        };
        let mut map = input;
        let last = self.path.len() - 1;
        for (place, convolution) in self.path.iter().enumerate() {
            let beside = if place == last { shortcut.take() } else { None };
            map = convolution.forward(map, beside);
        }
        map
    }
}

/// A convolution with the norm after it in its weights.
#[derive(Debug)]
struct Convolution {
    size: usize,
    stride: usize,
    border: Border,
    layer: FixedLayer,
}

impl Convolution {
    /// Takes the tensors of `shape` out of `state`, which has been found to hold them.
    fn new(shape: &ConvolutionShape, state: &mut State, device: &Device) -> Self {
        let names = shape.tensors().map(|(name, ..)| name);
        let (kernel, bias) = folded_from(state, names, shape.kernel(), shape.epsilon, device);
        let &ConvolutionShape {
            size,
            stride,
            border,
            groups,
            activation,
            ..
        } = shape;
        let fixed = FixedShape {
            transposed: false,
            stride,
            groups,
            then: activation.into(),
        };
        Self {
            size,
            stride,
            border,
            layer: FixedLayer::new(fixed, kernel, bias),
        }
    }

    /// Of the input, with `shortcut` added before the activation.
    fn forward(&self, input: Tensor<4>, shortcut: Option<Tensor<4>>) -> Tensor<4> {
        let [_, _, height, width] = input.dims();
        let padding = [height, width].map(|length| {
            let (before, after) = self.border.padding(length, self.size, self.stride);
            [before, after]
        });
        let shortcut = shortcut.map(|map| (map, 0));
        self.layer.forward(input, padding, shortcut)
    }
}

/// The kernel and the bias of a convolution with the norm after it in them, of the tensors of these names in `state`, which has
/// been found to hold them: the convolution's kernel, and the norm's factor, summand, mean and variance.
pub(crate) fn folded_from(
    state: &mut State,
    names: [String; 5],
    kernel_shape: [usize; 4],
    epsilon: f64,
    device: &Device,
) -> (Tensor<4>, Tensor<1>) {
    let tensors = names.map(|name| {
        let values = state.take(&name);
        values.expect("nothing was found missing").numbers
    });
    let (kernel, bias) = folded(tensors, epsilon);
    let channels = bias.len();
    (
        Tensor::from_data(TensorData::new(kernel, kernel_shape), device),
        Tensor::from_data(TensorData::new(bias, [channels]), device),
    )
}

/// The kernel and the bias of a convolution with the norm after it in them, of the kernel, `[channels_out, ..]`, and the
/// norm's factor, summand, mean and variance, `[channels_out]` each.
fn folded(
    [mut kernel, scale, shift, mean, variance]: [Vec<f32>; 5],
    epsilon: f64,
) -> (Vec<f32>, Vec<f32>) {
    let channels = scale.len();
    let mut bias = vec![0.0; channels];
    let of_one = kernel.len() / channels;
    for channel in 0..channels {
        // Doubles until the last step: the norm's own rounding is what is saved.
        let deviation = (f64::from(variance[channel]) + epsilon).sqrt();
        let factor = f64::from(scale[channel]) / deviation;
        for weight in &mut kernel[channel * of_one..][..of_one] {
            *weight = (f64::from(*weight) * factor) as f32;
        }
        bias[channel] = (f64::from(shift[channel]) - f64::from(mean[channel]) * factor) as f32;
    }
    (kernel, bias)
}

impl From<Activation> for Then {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::None => Self::Nothing,
            Activation::Relu => Self::Relu,
            Activation::Relu6 => Self::Relu6,
        }
    }
}

/// The linear layer that tells the classes.
#[derive(Debug)]
struct Head {
    /// `[width, classes]`.
    weight: Tensor<2>,
    /// `[classes]`.
    bias: Tensor<1>,
}

impl Head {
    /// Takes its tensors out of `state`, if they exist.
    fn new(
        architecture: &Architecture<ConvolutionShape>,
        state: &mut State,
        device: &Device,
    ) -> Option<Self> {
        let [weight, bias] = head_names(architecture.head).map(|name| state.take(&name));
        let (weight, bias) = (weight?, bias?);
        let classes = bias.numbers.len();
        let weight = TensorData::new(weight.numbers, [classes, architecture.width]);
        Some(Self {
            weight: Tensor::<2>::from_data(weight, device).transpose(),
            bias: Tensor::from_data(TensorData::new(bias.numbers, [classes]), device),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{self, DeviceName};

    fn load(kind: ExtractorKind, device: &Device) -> Extractor {
        let weights = WeightsChoice::Random { seed: 1 };
        Extractor::load(kind, &weights, Path::new("nowhere"), device).unwrap()
    }

    fn picture(height: usize, width: usize, device: &Device) -> Tensor<4> {
        let values: Vec<f32> = (0..3 * height * width)
            .map(|at| ((at * 37) % 101) as f32 / 50.0 - 1.0)
            .collect();
        Tensor::from_data(TensorData::new(values, [1, 3, height, width]), device)
    }

    fn numbers(tensor: Tensor<2>) -> Vec<f32> {
        tensor.try_into_vec_as().unwrap()
    }

    #[test]
    fn every_classifier_answers_at_every_size_from_32() {
        let device = backend::open(&DeviceName::Flex).unwrap();
        for kind in ExtractorKind::ALL {
            let extractor = load(kind, &device);
            for [height, width] in [[32, 32], [33, 47]] {
                for pooling in [Pooling::Max, Pooling::Average] {
                    let input = picture(height, width, &device);
                    let features = extractor.features(input, pooling);
                    assert_eq!(features.dims(), [1, kind.width()]);
                    let features = numbers(features);
                    assert!(features.iter().all(|it| it.is_finite()));
                    assert!(features.iter().any(|it| *it > 0.0), "{kind}");
                }
            }
            assert_eq!(extractor.classes(), None);
            assert!(extractor.logits(picture(32, 32, &device)).is_none());
        }
    }

    #[test]
    fn nothing_is_learnt_from_what_it_sees() {
        let device = backend::open(&DeviceName::Flex).unwrap().autodiff();
        let extractor = load(ExtractorKind::Resnet18, &device);
        assert!(!extractor.device().is_autodiff());
        let ask = |times: usize| {
            let one = picture(32, 32, extractor.device());
            let input = Tensor::cat(
                vec![one * 100.0 + 3.0, picture(32, 32, extractor.device())],
                0,
            );
            (0..times)
                .map(|_| numbers(extractor.features(input.clone(), Pooling::Max)))
                .next_back()
                .unwrap()
        };
        let first = ask(1);
        assert_eq!(first, ask(3));
        // Nor does the rest of the batch matter, as it does to a batch norm in training.
        let alone = extractor.features(picture(32, 32, extractor.device()), Pooling::Max);
        assert_eq!(first[512..], numbers(alone));
    }
}
