//! A convolution that nobody learns through and what follows it, in one pass over memory where a backend has that.

use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions, PadMode};
use burn::tensor::{FloatDType, Tensor, activation};

/// What is fixed about a [`FixedLayer`] beside its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedShape {
    /// Whether the convolution is a transposed one; it has no groups and takes no shortcut then.
    pub transposed: bool,
    /// Of the convolution.
    pub stride: usize,
    /// Into how many parts the channels are divided that do not see each other.
    pub groups: usize,
    /// What follows.
    pub then: Then,
}

/// What follows a convolution, its bias and the shortcut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
}

impl Then {
    /// The least and the largest value that comes out.
    pub(crate) fn limits(self) -> [f32; 2] {
        match self {
            Self::Nothing => [f32::NEG_INFINITY, f32::INFINITY],
            Self::Relu => [0.0, f32::INFINITY],
            Self::Relu6 => [0.0, 6.0],
        }
    }
}

/// A convolution whose weights never change, so that the norm after it, whose statistics are fixed, can be in them; its
/// bias, a shortcut, and an activation. What a backend makes of the weights beforehand is made once.
///
/// It computes in the type of its weights, and leaves no graph on devices without autodiff. What is not a number in the
/// weights is still there behind the activation.
#[derive(Debug)]
pub struct FixedLayer {
    shape: FixedShape,
    /// As of a [`Layer`](super::Layer), with groups `[channels_out, channels_in / groups, size, size]`.
    weight: Tensor<4>,
    /// `[channels_out]`.
    bias: Tensor<1>,
    own: Own,
}

/// The backend's own operation.
#[derive(Debug)]
enum Own {
    Flex(Box<super::pure::FixedLayer>),
    #[cfg(feature = "libtorch")]
    LibTorch(super::native::FixedLayer),
    None,
}

impl Own {
    fn of(shape: FixedShape, weight: &Tensor<4>, bias: &Tensor<1>) -> Self {
        if let Some(own) = super::pure::FixedLayer::new(shape, weight, bias) {
            return Self::Flex(Box::new(own));
        }
        #[cfg(feature = "libtorch")]
        if let Some(own) = super::native::FixedLayer::new(shape, weight, bias) {
            return Self::LibTorch(own);
        }
        Self::None
    }
}

impl FixedLayer {
    /// The layer with these weights, on their device.
    pub fn new(shape: FixedShape, weight: Tensor<4>, bias: Tensor<1>) -> Self {
        Self {
            shape,
            own: Own::of(shape, &weight, &bias),
            weight,
            bias,
        }
    }

    /// Convolution, bias, then the shortcut, of which `crop` pixels are cut off every side, and then what follows.
    ///
    /// `padding` is that of height and width: zeros at the top and the left, and at the bottom and the right. Of a
    /// transposed convolution, the pixels that are cut off the output there.
    ///
    /// # Shapes
    ///
    /// `[batch, channels_in, height, width]` to `[batch, channels_out, height', width']`.
    pub fn forward(
        &self,
        input: Tensor<4>,
        padding: [[usize; 2]; 2],
        shortcut: Option<(Tensor<4>, usize)>,
    ) -> Tensor<4> {
        let of_weights: FloatDType = self.weight.dtype().into();
        let input = input.cast(of_weights);
        let [high, wide] = padding;
        // The backends' own know one padding for both.
        let (input, padding) = if high == wide || self.shape.transposed {
            (input, high)
        } else {
            let around = (wide[0], wide[1], high[0], high[1]);
            (input.pad(around, PadMode::Constant(0.0)), [0, 0])
        };
        let shortcut = shortcut.map(|(map, crop)| (map.cast(of_weights), crop));
        let beside = shortcut.as_ref().map(|(map, crop)| (map, *crop));
        let own = match &self.own {
            Own::Flex(own) => own.forward(&input, padding, beside),
            #[cfg(feature = "libtorch")]
            Own::LibTorch(own) => own.forward(&input, padding, beside),
            Own::None => None,
        };
        own.unwrap_or_else(|| self.composed(input, padding, shortcut))
    }

    /// The same of Burn's operations.
    pub(crate) fn composed(
        &self,
        input: Tensor<4>,
        [before, after]: [usize; 2],
        shortcut: Option<(Tensor<4>, usize)>,
    ) -> Tensor<4> {
        let FixedShape { stride, groups, .. } = self.shape;
        let (weight, bias) = (self.weight.clone(), Some(self.bias.clone()));
        let mut map = if self.shape.transposed {
            let options =
                ConvTransposeOptions::new([stride; 2], [before; 2], [0; 2], [1; 2], groups);
            let whole = conv_transpose2d(input, weight, bias, options);
            let [_, _, height, width] = whole.dims();
            // What is cut off at the bottom and the right, beyond what is cut off at the top and the left.
            let cut = after.saturating_sub(before);
            whole.narrow(2, 0, height - cut).narrow(3, 0, width - cut)
        } else {
            let padding = [(before, after); 2];
            let options = ConvOptions::new_with_padding([stride; 2], padding, [1; 2], groups);
            conv2d(input, weight, bias, options)
        };
        if let Some((shortcut, crop)) = shortcut {
            let [_, _, height, width] = map.dims();
            map = map + shortcut.narrow(2, crop, height).narrow(3, crop, width);
        }
        match self.shape.then {
            Then::Nothing => map,
            Then::Relu => activation::relu(map),
            Then::Relu6 => map.clamp(0.0, 6.0),
        }
    }
}

#[cfg(test)]
mod tests;
