//! Convolutions of maps whose channels lie side by side, `[batch, height, width, channels]`, by register tiles.
//!
//! Of the two maps on the sides of a convolution the one with more pixels is called the large one here, whether it is what
//! goes in (a convolution) or what comes out (a transposed one): the pixel `small` of the small map and the tap `tap` of
//! the kernel belong to the pixel `stride * small + tap - before` of the large one. [`gather`] makes the small map of the
//! large one, [`scatter`] the large one of the small one, and [`correlate`] the gradient of the kernel of both, each either
//! [`direct`]ly or with fewer multiplications ([`winograd`]).
//!
//! Work is cut into bands of rows by the shapes alone, and what bands add up is added in their order: the bits do not
//! depend on the number of threads.

pub(super) mod direct;
pub(super) mod reading;

use burn::backend::flex::FlexTensor;
use rayon::prelude::*;

use super::lines::{Band, Extent, Lines};
use super::tile::panel_width;
use super::winograd;

/// Into about so many parts the sum over all pixels is cut.
pub(super) const PARTS: usize = 16;

/// Both maps and the kernel between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) batch: usize,
    /// Height and width of the large map.
    pub(super) large: [usize; 2],
    /// Of the small map.
    pub(super) small: [usize; 2],
    pub(super) large_channels: usize,
    pub(super) small_channels: usize,
    /// Height and width of the kernel.
    pub(super) size: usize,
    pub(super) stride: usize,
    /// Zeros at the top and the left of the large map.
    pub(super) before: usize,
}

impl Geometry {
    /// Of a convolution of `input`, or a transposed one, with a kernel of `[small channels, large channels, size]`, which is
    /// the order of both kinds of kernels.
    pub(super) fn of(
        input: &FlexTensor,
        [small_channels, large_channels, size]: [usize; 3],
        transposed: bool,
        stride: usize,
        [before, after]: [usize; 2],
    ) -> Self {
        let shape = input.layout().shape();
        let sides = [shape[2], shape[3]];
        let (large, small) = if transposed {
            let large = sides.map(|side| (side - 1) * stride + size - before - after);
            (large, sides)
        } else {
            let small = sides.map(|side| (side + before + after - size) / stride + 1);
            (sides, small)
        };
        Self {
            batch: shape[0],
            large,
            small,
            large_channels,
            small_channels,
            size,
            stride,
            before,
        }
    }

    /// Of the large map, or the small one.
    pub(super) fn extent(&self, large: bool) -> Extent {
        let ([height, width], channels) = if large {
            (self.large, self.large_channels)
        } else {
            (self.small, self.small_channels)
        };
        Extent {
            height,
            width,
            channels,
        }
    }
}

/// Packs a matrix of `rows` by `columns` into panels.
pub(super) fn packed(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let width = panel_width(columns);
    let mut panels = vec![0.0; columns.div_ceil(width) * rows * width];
    for (index, panel) in panels.chunks_exact_mut(rows * width).enumerate() {
        let first = index * width;
        for (row, values) in panel.chunks_exact_mut(width).enumerate() {
            for (column, place) in (first..columns).zip(values) {
                *place = value(row, column);
            }
        }
    }
    panels
}

/// The small map of the large one: a convolution, or a transposed one's gradient of its input. `kernel` is `[small
/// channels, large channels, size, size]`. What `finish` makes of every band once it is computed comes back in order.
pub(super) fn gather<R: Send>(
    geometry: &Geometry,
    large: &impl Lines,
    kernel: &[f32],
    small: &mut [f32],
    finish: impl Fn(&mut Band<'_>) -> R + Sync,
) -> Vec<R> {
    if winograd::applies(geometry) {
        winograd::gather(geometry, large, kernel, small, finish)
    } else {
        direct::gather(geometry, large, kernel, small, finish)
    }
}

/// The large map of the small one: a transposed convolution, or a convolution's gradient of its input. `kernel` and
/// `finish` as of [`gather`]; `large` holds zeros.
pub(super) fn scatter<R: Send>(
    geometry: &Geometry,
    small: &impl Lines,
    kernel: &[f32],
    large: &mut [f32],
    finish: impl Fn(&mut Band<'_>) -> R + Sync,
) -> Vec<R> {
    if winograd::applies(geometry) {
        winograd::scatter(geometry, small, kernel, large, finish)
    } else {
        direct::scatter(geometry, small, kernel, large, finish)
    }
}

/// The gradient of the kernel, `[small channels, large channels, size, size]`: the sum over all pixels of the products of
/// the small map, or its gradient, with the large one, or its gradient.
pub(super) fn correlate(geometry: &Geometry, large: &impl Lines, small: &impl Lines) -> Vec<f32> {
    if winograd::applies(geometry) {
        winograd::correlate(geometry, large, small)
    } else {
        direct::correlate(geometry, large, small)
    }
}

/// The gradient of the kernel, of the sums of every part, `[size, size, large channels, small channels]`.
pub(super) fn summed(geometry: &Geometry, sums: Vec<Vec<f32>>) -> Vec<f32> {
    let &Geometry {
        size,
        large_channels,
        small_channels,
        ..
    } = geometry;
    let area = size * size;
    let mut total = vec![0.0; area * large_channels * small_channels];
    total
        .par_chunks_mut(large_channels * small_channels)
        .enumerate()
        .for_each(|(tap, total)| {
            for sums in &sums {
                let sums = &sums[tap * total.len()..];
                for (place, value) in total.iter_mut().zip(sums) {
                    *place += value;
                }
            }
        });
    let mut kernel = vec![0.0; total.len()];
    kernel
        .par_chunks_mut(large_channels * area)
        .enumerate()
        .for_each(|(channel, kernel)| {
            for (from, kernel) in kernel.chunks_exact_mut(area).enumerate() {
                for (tap, place) in kernel.iter_mut().enumerate() {
                    *place = total[(tap * large_channels + from) * small_channels + channel];
                }
            }
        });
    kernel
}

#[cfg(test)]
pub(super) mod tests;
