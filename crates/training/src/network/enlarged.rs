//! Larger maps by interpolation, as two products of matrices: every backend has their gradient, and not all have that of
//! its own interpolation.

use burn::tensor::{Device, Tensor, TensorData};

/// Changes when the same map would be enlarged otherwise.
pub(crate) const VERSION: u32 = 1;

/// The planes `times` times as large, bilinear between the centers of pixels; beyond the outermost centers it is their value.
///
/// # Shapes
///
/// `[batch, planes, height, width]` to `[batch, planes, times height, times width]`.
pub(crate) fn enlarged(planes: Tensor<4>, times: usize) -> Tensor<4> {
    let [_, _, height, width] = planes.dims();
    let (device, kind) = (planes.device(), planes.dtype());
    let rows = interpolation(height, times, &device).cast(kind);
    let columns = interpolation(width, times, &device).cast(kind);
    rows.unsqueeze::<4>()
        .matmul(planes)
        .matmul(columns.transpose().unsqueeze::<4>())
}

/// What each of `side` values adds to each of those between them, `[times side, side]`.
fn interpolation(side: usize, times: usize, device: &Device) -> Tensor<2> {
    let long = times * side;
    let mut shares = vec![0.0_f32; long * side];
    for (place, row) in shares.chunks_exact_mut(side).enumerate() {
        let at = (place as f64 + 0.5) / times as f64 - 0.5;
        let at = at.clamp(0.0, (side - 1) as f64);
        let before = at as usize;
        let beyond = at - before as f64;
        row[before] += (1.0 - beyond) as f32;
        row[(before + 1).min(side - 1)] += beyond as f32;
    }
    Tensor::from_data(TensorData::new(shares, [long, side]), device)
}

#[cfg(test)]
mod tests {
    use burn::tensor::module::interpolate;
    use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
    use burn::tensor::{Distribution, Tolerance};

    use super::*;
    use crate::backend;

    #[test]
    fn it_is_what_burn_interpolates() {
        let device = backend::open(&backend::DeviceName::Flex).unwrap();
        let map = Tensor::<4>::random([2, 3, 5, 7], Distribution::Default, &device);
        let bilinear = InterpolateOptions::new(InterpolateMode::Bilinear)
            .with_align_corners(false)
            .with_scale_factor([4.0, 4.0]);
        let expected = interpolate(map.clone(), bilinear).into_data();
        let found = enlarged(map, 4).into_data();
        found.assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-6));
    }
}
