//! Convolutions in which every channel is by itself.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::pure::convolution::Geometry;
use crate::pure::convolution::reading::Reading;
use crate::pure::lines::{Band, Map, bands, rows_at_once};

/// So many pixels are computed at once: each weight is read once for them.
const PIXELS: usize = 4;

/// The weights as `[size, size, channels]`, of `[channels, 1, size, size]`.
pub(super) fn taps(geometry: &Geometry, kernel: &[f32]) -> Vec<f32> {
    let area = geometry.size * geometry.size;
    (0..kernel.len())
        .map(|at| {
            let (tap, channel) = (at / geometry.small_channels, at % geometry.small_channels);
            kernel[channel * area + tap]
        })
        .collect()
}

/// The small map of the large one; see [`gather`](crate::pure::convolution::gather).
pub(super) fn convolve(
    geometry: &Geometry,
    large: &Map<'_>,
    taps: &[f32],
    small: &mut [f32],
    finish: impl Fn(&mut Band<'_>) + Sync,
) {
    let &Geometry {
        size,
        stride,
        small_channels: channels,
        ..
    } = geometry;
    let [height, width] = geometry.small;
    let reading = Reading::new(geometry, large, (width - 1) * stride + size);
    let row = width * channels;
    let at_once = rows_at_once(row + reading.of_row());
    bands(small, height, row, at_once)
        .into_par_iter()
        .for_each_init(Vec::new, |scratch, mut band| {
            let rows = band.values.len() / row;
            let (source, line) = reading.lines(band.image, band.first, rows, scratch);
            for (index, output) in band.values.chunks_exact_mut(row).enumerate() {
                Arch::new().dispatch(Row {
                    source: &source[index * stride * line..],
                    line,
                    step: stride * channels,
                    taps,
                    size,
                    channels,
                    output,
                });
            }
            finish(&mut band);
        });
}

/// A row of the small map.
struct Row<'a> {
    /// From the first tap of the first pixel on.
    source: &'a [f32],
    /// Values from a line of the source to the next one.
    line: usize,
    /// Values of the source from a pixel to the next one.
    step: usize,
    taps: &'a [f32],
    size: usize,
    channels: usize,
    output: &'a mut [f32],
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let pixels = self.output.len() / self.channels;
        let mut pixel = 0;
        while pixels - pixel >= PIXELS {
            self.pixels::<S, PIXELS>(simd, pixel);
            pixel += PIXELS;
        }
        while pixel < pixels {
            self.pixels::<S, 1>(simd, pixel);
            pixel += 1;
        }
    }
}

impl Row<'_> {
    #[inline(always)]
    fn pixels<S: Simd, const COUNT: usize>(&mut self, simd: S, pixel: usize) {
        let channels = self.channels;
        let source = &self.source[pixel * self.step..];
        let output = &mut self.output[pixel * channels..][..COUNT * channels];
        for first in (0..channels).step_by(S::F32_LANES) {
            // At the end of the channels some lanes stay empty.
            let lanes = S::F32_LANES.min(channels - first);
            let mut sums = [simd.splat_f32s(0.0); COUNT];
            for tap_y in 0..self.size {
                for tap_x in 0..self.size {
                    let weight = &self.taps[(tap_y * self.size + tap_x) * channels + first..];
                    let weight = simd.partial_load_f32s(&weight[..lanes]);
                    let at = tap_y * self.line + tap_x * channels + first;
                    for (index, sum) in sums.iter_mut().enumerate() {
                        let value = &source[at + index * self.step..][..lanes];
                        let value = simd.partial_load_f32s(value);
                        *sum = simd.mul_add_e_f32s(value, weight, *sum);
                    }
                }
            }
            for (index, sum) in sums.into_iter().enumerate() {
                let places = &mut output[index * channels + first..][..lanes];
                simd.partial_store_f32s(places, sum);
            }
        }
    }
}
