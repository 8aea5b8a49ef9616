//! Dense convolutions with weights that were packed once.

use rayon::prelude::*;

use crate::pure::convolution::{Geometry, packed};
use crate::pure::lines::{Band, Lines, Map, Window, bands, rows_at_once};
use crate::pure::tile::Product;

/// A product of 1x1 kernels sums up so many channels before it goes on with the next pixels, so that its part of the
/// weights stays in the first-level cache.
const CHANNELS_AT_ONCE: usize = 128;
/// The weights are gone through once for at least so many pixels of an image, where it has as many.
const PIXELS_AT_ONCE: usize = 48;

/// The weights of a convolution as [`Product`] takes them.
#[derive(Debug)]
pub(super) struct Panels(Vec<f32>);

impl Panels {
    /// Of a kernel `[small channels, large channels, size, size]`.
    pub(super) fn of(geometry: &Geometry, kernel: &[f32]) -> Self {
        let &Geometry {
            size,
            large_channels,
            small_channels,
            ..
        } = geometry;
        let length = size * large_channels;
        Self(packed(size * length, small_channels, |row, column| {
            let (tap_y, tap_x) = (row / length, row % length / large_channels);
            let from = row % large_channels;
            kernel[((column * large_channels + from) * size + tap_y) * size + tap_x]
        }))
    }

    /// The small map of the large one; see [`gather`](crate::pure::convolution::gather).
    pub(super) fn convolve(
        &self,
        geometry: &Geometry,
        large: &Map<'_>,
        small: &mut [f32],
        finish: impl Fn(&mut Band<'_>) + Sync,
    ) {
        if geometry.size == 1 && geometry.stride == 1 && geometry.before == 0 {
            self.mix(geometry, large, small, finish);
        } else {
            self.correlate(geometry, large, small, finish);
        }
    }

    fn correlate(
        &self,
        geometry: &Geometry,
        large: &Map<'_>,
        small: &mut [f32],
        finish: impl Fn(&mut Band<'_>) + Sync,
    ) {
        let &Geometry {
            size,
            stride,
            before,
            large_channels,
            small_channels,
            ..
        } = geometry;
        let [height, width] = geometry.small;
        let window = Window {
            left: before,
            pixels: (width - 1) * stride + size,
            channels: large_channels,
            extent: geometry.large,
        };
        let [large_height, large_width] = geometry.large;
        let direct = large.map().filter(|_| {
            before == 0
                && window.pixels <= large_width
                && (height - 1) * stride + size <= large_height
        });
        let row = width * small_channels;
        let at_once = rows_at_once(row + stride * window.line());
        bands(small, height, row, at_once)
            .into_par_iter()
            .for_each_init(Vec::new, |scratch, mut band| {
                let rows = band.values.len() / row;
                let (source, line) = if let Some(map) = direct {
                    let line = large_width * large_channels;
                    let first = (band.image * large_height + band.first * stride) * line;
                    (&map[first..], line)
                } else {
                    let first = (band.first * stride) as isize - before as isize;
                    let lines = (rows - 1) * stride + size;
                    window.fill(large, band.image, first, lines, scratch);
                    (&scratch[..], window.line())
                };
                Product {
                    source,
                    line,
                    lines: size,
                    length: size * large_channels,
                    step: [stride * large_channels, stride * line],
                    panels: &self.0,
                    columns: small_channels,
                    stored: small_channels,
                    pixels: [width, rows],
                    output: band.values,
                    output_step: [small_channels, row],
                }
                .run();
                finish(&mut band);
            });
    }

    /// A 1x1 kernel: one product of matrices, whose rows are the pixels of an image, however they lie.
    fn mix(
        &self,
        geometry: &Geometry,
        large: &Map<'_>,
        small: &mut [f32],
        finish: impl Fn(&mut Band<'_>) + Sync,
    ) {
        let &Geometry {
            large_channels,
            small_channels,
            ..
        } = geometry;
        let [height, width] = geometry.small;
        let row = width * small_channels;
        let Some(map) = large.map() else { return };
        let length = if large_channels.is_multiple_of(CHANNELS_AT_ONCE) {
            CHANNELS_AT_ONCE
        } else {
            large_channels
        };
        let at_once = rows_at_once(width * (small_channels + large_channels))
            .max(PIXELS_AT_ONCE.div_ceil(width));
        bands(small, height, row, at_once)
            .into_par_iter()
            .for_each(|mut band| {
                let first = (band.image * height + band.first) * width;
                let pixels = band.values.len() / small_channels;
                Product {
                    source: &map[first * large_channels..][..pixels * large_channels],
                    line: length,
                    lines: large_channels / length,
                    length,
                    step: [large_channels, 0],
                    panels: &self.0,
                    columns: small_channels,
                    stored: small_channels,
                    pixels: [pixels, 1],
                    output: band.values,
                    output_step: [small_channels, 0],
                }
                .run();
                finish(&mut band);
            });
    }
}
