//! Padding and cropping of feature maps.

use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;

/// Pads height and width by `padding` pixels on every side with the image's own reflection, which does not repeat the
/// edge: `a b c` padded by two is `c b a b c b a`.
///
/// # Shapes
///
/// `[batch, channels, height, width]` to `[batch, channels, height + 2 padding, width + 2 padding]`. Height and width
/// must be greater than `padding`.
pub fn reflect(input: Tensor<4>, padding: usize) -> Tensor<4> {
    if padding == 0 {
        return input;
    }
    input.pad((padding, padding, padding, padding), PadMode::Reflect)
}

/// Cuts `border` pixels off every side.
///
/// # Shapes
///
/// `[batch, channels, height, width]` to `[batch, channels, height - 2 border, width - 2 border]`.
pub fn crop(input: Tensor<4>, border: usize) -> Tensor<4> {
    let [batch, channels, height, width] = input.dims();
    input.slice([
        0..batch,
        0..channels,
        border..height - border,
        border..width - border,
    ])
}

/// Keeps the top left `height` by `width` pixels: a transposed convolution of stride 2 gives a row and a column more at
/// the bottom and the right than Keras's `same` keeps.
///
/// # Shapes
///
/// `[batch, channels, at least height, at least width]` to `[batch, channels, height, width]`.
pub fn keep_top_left(input: Tensor<4>, [height, width]: [usize; 2]) -> Tensor<4> {
    let [batch, channels, full_height, full_width] = input.dims();
    if [full_height, full_width] == [height, width] {
        return input;
    }
    input.slice([0..batch, 0..channels, 0..height, 0..width])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{self, DeviceName};
    use burn::tensor::TensorData;

    #[test]
    fn reflection_does_not_repeat_the_edge() {
        let device = backend::open(&DeviceName::Flex).unwrap();
        let input = Tensor::<4>::from_floats(
            [[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]],
            &device,
        );
        let padded = reflect(input.clone(), 2);
        assert_eq!(padded.dims(), [1, 1, 7, 7]);
        let rows = padded.clone().slice([0..1, 0..1, 0..3, 0..7]);
        rows.to_data().assert_eq(
            &TensorData::from([[[
                [9.0_f32, 8.0, 7.0, 8.0, 9.0, 8.0, 7.0],
                [6.0, 5.0, 4.0, 5.0, 6.0, 5.0, 4.0],
                [3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0],
            ]]]),
            true,
        );
        crop(padded, 2).to_data().assert_eq(&input.to_data(), true);
    }
}
