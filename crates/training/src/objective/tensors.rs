//! The conversions of [`crate::color::yuv`] and [`crate::color::lab`] on tensors, for the network's input, target and answer.

use burn::tensor::Tensor;

use crate::color::{lab, yuv};

/// Y, U, V of RGB on [0, 1], `[batch, 3, height, width]` in and out.
pub(super) fn rgb_to_yuv(rgb: &Tensor<4>) -> Tensor<4> {
    linear(rgb, &yuv::FROM_RGB)
}

/// RGB of Y, U, V, `[batch, 3, height, width]` in and out; outside [0, 1] where no such color exists.
pub(super) fn yuv_to_rgb(yuv: &Tensor<4>) -> Tensor<4> {
    linear(yuv, &yuv::TO_RGB)
}

/// L (0 to 100), a, b of RGB on [0, 1], `[batch, 3, height, width]` in and out.
pub(super) fn rgb_to_lab(rgb: Tensor<4>) -> Tensor<4> {
    let low = rgb.clone().div_scalar(12.92);
    // Every number is clipped before a root or a power, so that neither branch can be infinite or not a number.
    let high = rgb
        .clone()
        .clamp_min(0.0)
        .add_scalar(0.055)
        .div_scalar(1.055)
        .powf_scalar(2.4);
    let linear_light = high.mask_where(rgb.lower_equal_elem(0.04045), low);
    let xyz = linear(&linear_light, &SHARES_FROM_RGB);
    let cubic = xyz.clone().clamp_min(1e-9).powf_scalar(1.0 / 3.0);
    let straight = xyz.clone().mul_scalar(lab::SLOPE).add_scalar(lab::OFFSET);
    let f = cubic.mask_where(xyz.lower_equal_elem(lab::LINEAR_BELOW), straight);
    let offset = constant(&OFFSET, &f);
    linear(&f, &LAB_FROM_F) + offset
}

/// RGB of L (0 to 100), a, b, `[batch, 3, height, width]` in and out; at least 0, above 1 where no such color exists.
pub(super) fn lab_to_rgb(lab: &Tensor<4>) -> Tensor<4> {
    let f = linear(&lab.clone().sub(constant(&OFFSET, lab)), &F_FROM_LAB);
    let cube = f.clone().powi_scalar(3);
    let straight = f.clone().sub_scalar(lab::OFFSET).div_scalar(lab::SLOPE);
    let xyz = cube.mask_where(f.lower_equal_elem(lab::LINEAR_BELOW.cbrt()), straight);
    let light = linear(&xyz.clamp_min(0.0), &RGB_FROM_SHARES).clamp_min(0.0);
    let low = light.clone().mul_scalar(12.92);
    let high = light
        .clone()
        .clamp_min(1e-9)
        .powf_scalar(1.0 / 2.4)
        .mul_scalar(1.055)
        .sub_scalar(0.055);
    high.mask_where(light.lower_equal_elem(0.003_130_8), low)
}

/// X, Y, Z over white's, of linear RGB; rows are R, G, B.
const SHARES_FROM_RGB: [[f64; 3]; 3] = {
    let mut matrix = [[0.0; 3]; 3];
    let (mut from, mut to) = (0, 0);
    while from < 3 {
        while to < 3 {
            matrix[from][to] = lab::XYZ_FROM_RGB[to][from] / lab::WHITE[to];
            to += 1;
        }
        (from, to) = (from + 1, 0);
    }
    matrix
};

/// Its inverse; rows are X, Y, Z over white's.
const RGB_FROM_SHARES: [[f64; 3]; 3] = {
    let mut matrix = [[0.0; 3]; 3];
    let (mut from, mut to) = (0, 0);
    while from < 3 {
        while to < 3 {
            matrix[from][to] = lab::RGB_FROM_XYZ[to][from] * lab::WHITE[from];
            to += 1;
        }
        (from, to) = (from + 1, 0);
    }
    matrix
};

/// L, a, b of f(X), f(Y), f(Z) but for the offset; rows are the f's.
const LAB_FROM_F: [[f64; 3]; 3] = [
    [0.0, 500.0, 0.0],
    [116.0, -500.0, 200.0],
    [0.0, 0.0, -200.0],
];

/// Its inverse.
const F_FROM_LAB: [[f64; 3]; 3] = [
    [1.0 / 116.0, 1.0 / 116.0, 1.0 / 116.0],
    [1.0 / 500.0, 0.0, 0.0],
    [0.0, 0.0, -1.0 / 200.0],
];

/// What L, a and b are beyond that.
const OFFSET: [f64; 3] = [-16.0, 0.0, 0.0];

/// Every pixel as a row vector times `matrix`.
fn linear(pixels: &Tensor<4>, matrix: &[[f64; 3]; 3]) -> Tensor<4> {
    let row = |row: usize| pixels.clone().narrow(1, row, 1) * constant(&matrix[row], pixels);
    row(0) + row(1) + row(2)
}

/// One value a channel, `[1, channels, 1, 1]`, on the device of `like`.
pub(super) fn constant<const N: usize>(values: &[f64; N], like: &Tensor<4>) -> Tensor<4> {
    Tensor::<1>::from_floats(values.map(|value| value as f32), &like.device()).reshape([1, N, 1, 1])
}
