//! A convolution, the norm after it and what follows, as one operation where a backend has it.

use burn::tensor::Tensor;

/// A convolution without groups or dilation, a norm with the statistics of what it is given, and perhaps a relu.
#[derive(Debug, Clone)]
pub struct Layer {
    /// `[channels_out, channels_in, size, size]`, of a transposed convolution `[channels_in, channels_out, size, size]`.
    pub weight: Tensor<4>,
    /// `[channels_out]`.
    pub bias: Tensor<1>,
    /// What the norm takes its statistics over.
    pub norm: Norm,
    /// The norm's scale, `[channels_out]`.
    pub gamma: Tensor<1>,
    /// The norm's shift, `[channels_out]`.
    pub beta: Tensor<1>,
    /// Added to the variance under the root.
    pub epsilon: f64,
    /// Whether the convolution is a transposed one.
    pub transposed: bool,
    /// Of the convolution.
    pub stride: usize,
    /// Zeros around the input at the top and the left, and at the bottom and the right. Of a transposed convolution, the
    /// pixels that are cut off the output there.
    pub padding: [usize; 2],
    /// Whether a relu follows the norm.
    pub relu: bool,
}

/// Which values of a channel have a mean and a variance of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// All of the batch.
    Batch,
    /// Those of each image.
    Instance,
}

/// What [`layers`] gives.
#[derive(Debug)]
pub struct Normalized {
    /// `[batch, channels_out, height', width']`.
    pub output: Tensor<4>,
    /// Mean and biased variance of every channel before each layer's norm, without gradients; `None` of a norm that is not
    /// over the batch.
    pub statistics: Vec<Option<[Tensor<1>; 2]>>,
}

/// Runs one or two layers, and then adds the input with `shortcut` pixels cut off every side where that is given, as the
/// backend's own operation: with the gradients of everything on a device with autodiff, and elsewhere without a graph; with
/// the statistics of the input on both. `None` where the backend of `input` has no such operation: the same is then to be
/// composed of Burn's.
pub fn layers(input: &Tensor<4>, layers: &[Layer], shortcut: Option<usize>) -> Option<Normalized> {
    let by_flex = super::pure::layers(input, layers, shortcut);
    #[cfg(feature = "libtorch")]
    return by_flex.or_else(|| super::native::layers(input, layers, shortcut));
    #[cfg(not(feature = "libtorch"))]
    by_flex
}

#[cfg(test)]
mod tests;
