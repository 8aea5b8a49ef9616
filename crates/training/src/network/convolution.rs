//! Convolutions with Keras's padding and initial weights, each with the norm that follows it.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::initial::InitialWeights;
use super::norm::Norm;
use super::own::{by_backend, padding_of, shape_of};
use super::{NormKind, Upsampling, padding};
use crate::backend::{FixedLayer, FixedShape, Layer, Then};

/// What follows a norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// max(0, x).
    Relu,
}

impl Activation {
    pub(super) fn of(self, map: Tensor<4>) -> Tensor<4> {
        match self {
            Self::None => map,
            Self::Relu => relu(map),
        }
    }
}

impl From<Activation> for Then {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::None => Self::Nothing,
            Activation::Relu => Self::Relu,
        }
    }
}

/// A convolution and the norm after it.
#[derive(Module, Debug)]
pub struct Convolution {
    /// Kernel `[channels_out, channels_in, size, size]` and bias `[channels_out]`.
    pub convolution: Conv2d,
    /// Over `channels_out`.
    pub norm: Norm,
}

/// How a convolution treats the border of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// No padding: the output is `size - 1` pixels smaller.
    Valid,
    /// Zeros, so that the output is as large as the input, or half as large at stride 2; what does not divide evenly
    /// goes to the bottom and the right, as in TensorFlow.
    Same,
    /// Zeros, half a kernel on every side, as is usual in PyTorch: the output is as large as the input, or half as large at
    /// stride 2, rounded up.
    Around,
}

/// The padding of [`Border::Same`] for sizes that the stride divides.
pub(super) fn same(size: usize, stride: usize) -> PaddingConfig2d {
    let total = size - stride;
    let before = total / 2;
    let after = total - before;
    PaddingConfig2d::Explicit(before, before, after, after)
}

/// The padding of [`Border::Around`].
pub(super) fn around(size: usize) -> PaddingConfig2d {
    let half = size / 2;
    PaddingConfig2d::Explicit(half, half, half, half)
}

/// A convolution without a norm. Glorot uniform, and a bias of zeros.
pub(super) fn initial(
    weights: &mut InitialWeights,
    config: &Conv2dConfig,
    device: &Device,
) -> Conv2d {
    let [from, to] = config.channels;
    let [height, width] = config.kernel_size;
    let mut convolution = config.init(device);
    convolution.weight = weights.kernel([to, from, height, width], device);
    convolution.bias = Some(InitialWeights::bias(to, device));
    convolution
}

impl Convolution {
    /// A convolution from `channels[0]` to `channels[1]` channels with a kernel of `size` by `size`.
    pub fn new(
        weights: &mut InitialWeights,
        norm: NormKind,
        channels: [usize; 2],
        size: usize,
        stride: usize,
        border: Border,
        device: &Device,
    ) -> Self {
        let padding = match border {
            Border::Valid => PaddingConfig2d::Valid,
            Border::Same => same(size, stride),
            Border::Around => around(size),
        };
        let convolution = Conv2dConfig::new(channels, [size, size])
            .with_stride([stride, stride])
            .with_padding(padding);
        Self {
            convolution: initial(weights, &convolution, device),
            norm: Norm::new(norm, channels[1], device),
        }
    }

    /// Convolution, then norm, then what follows.
    ///
    /// # Shapes
    ///
    /// `[batch, channels_in, height, width]` to `[batch, channels_out, height', width']`, see [`Border`].
    pub fn forward(&self, input: Tensor<4>, then: Activation) -> Tensor<4> {
        let device = input.device();
        let layer = self.layer(&device, then);
        if let Some(output) = by_backend(&input, [(layer, &self.norm)], None) {
            return output;
        }
        match self.fixed(&device, then) {
            Some((layer, padding)) => layer.forward(input, [padding; 2], None),
            None => then.of(self.norm.forward(self.convolution.forward(input))),
        }
    }

    /// Convolution, norm, and the middle of `shortcut`, which has `border` pixels more on every side.
    pub(super) fn forward_onto(
        &self,
        input: Tensor<4>,
        shortcut: Tensor<4>,
        border: usize,
    ) -> Tensor<4> {
        match self.fixed(&input.device(), Activation::None) {
            Some((layer, padding)) => layer.forward(input, [padding; 2], Some((shortcut, border))),
            None => self.forward(input, Activation::None) + padding::crop(shortcut, border),
        }
    }

    /// The same for the backend, where the norm uses its running statistics, and its padding.
    fn fixed(&self, device: &Device, then: Activation) -> Option<(FixedLayer, [usize; 2])> {
        let [scale, shift] = self.norm.fixed(device)?;
        let padding = padding_of(&self.convolution)?;
        let shape = shape_of(&self.convolution, then)?;
        let channels = scale.dims()[0];
        let weight = self.convolution.weight.val() * scale.clone().reshape([channels, 1, 1, 1]);
        let bias = self.convolution.bias.as_ref()?.val() * scale + shift;
        Some((FixedLayer::new(shape, weight, bias), padding))
    }

    /// The same for the backend, where the norm takes its statistics from what it is given.
    pub(super) fn layer(&self, device: &Device, then: Activation) -> Option<Layer> {
        let norm = self.norm.of_given(device)?;
        let padding = padding_of(&self.convolution)?;
        Some(Layer {
            weight: self.convolution.weight.val(),
            bias: self.convolution.bias.as_ref()?.val(),
            norm: norm.kind,
            gamma: norm.gamma.val(),
            beta: norm.beta.val(),
            epsilon: norm.epsilon,
            transposed: false,
            stride: self.convolution.stride[0],
            padding,
            relu: then == Activation::Relu,
        })
    }
}

/// A transposed convolution, padded like Keras's `same`, and the norm after it.
#[derive(Module, Debug)]
pub struct TransposedConvolution {
    /// Kernel `[channels_in, channels_out, size, size]` and bias `[channels_out]`.
    pub convolution: ConvTranspose2d,
    /// Over `channels_out`.
    pub norm: Norm,
    /// How often every pixel is repeated in both directions before the convolution.
    #[module(skip)]
    repeat: usize,
}

impl TransposedConvolution {
    /// Doubles its input with a kernel of 3 by 3, from `channels[0]` to `channels[1]` channels. The weights are the same,
    /// and drawn alike, either way: a transposed convolution of stride 1 is a convolution with its kernel turned around.
    pub fn doubling(
        weights: &mut InitialWeights,
        norm: NormKind,
        channels: [usize; 2],
        upsampling: Upsampling,
        device: &Device,
    ) -> Self {
        let (stride, repeat) = match upsampling {
            Upsampling::Transposed => (2, 1),
            Upsampling::Nearest => (1, 2),
        };
        Self {
            repeat,
            ..Self::new(weights, norm, channels, 3, stride, device)
        }
    }

    /// A transposed convolution from `channels[0]` to `channels[1]` channels with a kernel of `size` by `size`, which
    /// enlarges its input `stride` times.
    pub fn new(
        weights: &mut InitialWeights,
        norm: NormKind,
        channels: [usize; 2],
        size: usize,
        stride: usize,
        device: &Device,
    ) -> Self {
        let before = (size - stride) / 2;
        let mut convolution = ConvTranspose2dConfig::new(channels, [size, size])
            .with_stride([stride, stride])
            .with_padding([before, before])
            .init(device);
        convolution.weight = weights.kernel([channels[0], channels[1], size, size], device);
        convolution.bias = Some(InitialWeights::bias(channels[1], device));
        Self {
            convolution,
            norm: Norm::new(norm, channels[1], device),
            repeat: 1,
        }
    }

    /// Transposed convolution, then norm, then what follows.
    ///
    /// # Shapes
    ///
    /// `[batch, channels_in, height, width]` to `[batch, channels_out, stride height, stride width]`; the stride counts
    /// together with the repetition of [`Self::doubling`].
    pub fn forward(&self, input: Tensor<4>, then: Activation) -> Tensor<4> {
        let input = repeated(input, self.repeat);
        let device = input.device();
        let layer = self.layer(&device, then);
        if let Some(output) = by_backend(&input, [(layer, &self.norm)], None) {
            return output;
        }
        if let Some(layer) = self.fixed(&device, then) {
            return layer.forward(input, [self.padding(); 2], None);
        }
        let [_, _, height, width] = input.dims();
        let [stride, _] = self.convolution.stride;
        let output = self.convolution.forward(input);
        let output = padding::keep_top_left(output, [stride * height, stride * width]);
        then.of(self.norm.forward(output))
    }

    /// The same for the backend, where the norm takes its statistics from what it is given.
    fn layer(&self, device: &Device, then: Activation) -> Option<Layer> {
        let norm = self.norm.of_given(device)?;
        Some(Layer {
            weight: self.convolution.weight.val(),
            bias: self.convolution.bias.as_ref()?.val(),
            norm: norm.kind,
            gamma: norm.gamma.val(),
            beta: norm.beta.val(),
            epsilon: norm.epsilon,
            transposed: true,
            stride: self.convolution.stride[0],
            padding: self.padding(),
            relu: then == Activation::Relu,
        })
    }

    /// The same for the backend, where the norm uses its running statistics.
    fn fixed(&self, device: &Device, then: Activation) -> Option<FixedLayer> {
        let [scale, shift] = self.norm.fixed(device)?;
        let channels = scale.dims()[0];
        let weight = self.convolution.weight.val() * scale.clone().reshape([1, channels, 1, 1]);
        let bias = self.convolution.bias.as_ref()?.val() * scale + shift;
        let shape = FixedShape {
            transposed: true,
            stride: self.convolution.stride[0],
            groups: 1,
            then: then.into(),
        };
        Some(FixedLayer::new(shape, weight, bias))
    }

    /// Pixels that are cut off the output at the top and the left, and at the bottom and the right.
    fn padding(&self) -> [usize; 2] {
        let [size, _] = self.convolution.kernel_size;
        let [stride, _] = self.convolution.stride;
        let [before, _] = self.convolution.padding;
        [before, size - stride - before]
    }
}

/// Every pixel `times` times in both directions.
pub(super) fn repeated(map: Tensor<4>, times: usize) -> Tensor<4> {
    if times == 1 {
        return map;
    }
    let [batch, channels, height, width] = map.dims();
    map.reshape([batch, channels, height, 1, width, 1])
        .expand([batch, channels, height, times, width, times])
        .reshape([batch, channels, times * height, times * width])
}

#[cfg(test)]
mod tests {
    use burn::tensor::module::{conv2d, interpolate};
    use burn::tensor::ops::{ConvOptions, InterpolateMode, InterpolateOptions};
    use burn::tensor::{Distribution, Tolerance};

    use super::*;
    use crate::backend;

    /// The layers' own operation in training, and Burn's outside of it.
    #[test]
    fn repeating_pixels_is_a_convolution_of_the_larger_picture() {
        for name in backend::present() {
            let device = backend::open(&name).unwrap().autodiff();
            let mut weights = InitialWeights::new(3);
            let kind = Upsampling::Nearest;
            let layer = TransposedConvolution::doubling(
                &mut weights,
                NormKind::Batch,
                [4, 2],
                kind,
                &device,
            );
            let input = Tensor::random([2, 4, 6, 6], Distribution::Default, &device);
            let output = layer.forward(input.clone(), Activation::None);

            let nearest =
                InterpolateOptions::new(InterpolateMode::Nearest).with_scale_factor([2.0, 2.0]);
            let larger = interpolate(input, nearest);
            let kernel = layer.convolution.weight.val().swap_dims(0, 1).flip([2, 3]);
            let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
            let map = conv2d(
                larger,
                kernel,
                layer.convolution.bias.as_ref().map(|bias| bias.val()),
                options,
            );
            let (variance, mean) = map
                .clone()
                .permute([1, 0, 2, 3])
                .reshape([2, -1])
                .var_mean_bias(1);
            let scale = (variance + 1e-3).sqrt().reshape([1, 2, 1, 1]);
            let expected = (map - mean.reshape([1, 2, 1, 1])) / scale;
            output
                .into_data()
                .assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-4));
        }
    }
}
