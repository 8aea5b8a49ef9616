//! Dense convolutions with weights that were packed once.

use rayon::prelude::*;

use crate::pure::convolution::Geometry;
use crate::pure::convolution::direct::Panels;
use crate::pure::lines::{Band, Lines, Map, bands, rows_at_once};
use crate::pure::tile::Product;

/// A product of 1x1 kernels sums up so many channels before it goes on with the next pixels, so that its part of the
/// weights stays in the first-level cache.
const CHANNELS_AT_ONCE: usize = 128;
/// The weights are gone through once for at least so many pixels of an image, where it has as many.
const PIXELS_AT_ONCE: usize = 48;

/// The small map of the large one; see [`gather`](crate::pure::convolution::gather).
pub(super) fn convolve(
    panels: &Panels,
    geometry: &Geometry,
    large: &Map<'_>,
    small: &mut [f32],
    finish: impl Fn(&mut Band<'_>) + Sync,
) {
    let is_product = geometry.size == 1 && geometry.stride == 1 && geometry.before == 0;
    match large.map() {
        Some(map) if is_product && panels.merged == 1 => mix(panels, geometry, map, small, finish),
        _ => drop(panels.gather(geometry, large, small, finish)),
    }
}

/// A 1x1 kernel: one product of matrices, whose rows are the pixels of an image, however they lie.
fn mix(
    panels: &Panels,
    geometry: &Geometry,
    map: &[f32],
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
    let length = if large_channels.is_multiple_of(CHANNELS_AT_ONCE) {
        CHANNELS_AT_ONCE
    } else {
        large_channels
    };
    let at_once =
        rows_at_once(width * (small_channels + large_channels)).max(PIXELS_AT_ONCE.div_ceil(width));
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
                panels: &panels.values,
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
