//! Convolutions of 3 by 3 taps with fewer multiplications, after Winograd: a tile of 6 by 6 pixels and the kernel are each
//! transformed into 36 numbers, whose products, summed up over the channels, are transformed into 4 by 4 pixels. That is a
//! quarter of the multiplications, of which 36 products of matrices remain.
//!
//! A band is gone through in groups of tiles that fit the second-level cache with all they become. Which tile a pixel
//! belongs to depends on its place alone, and each of its sums is one chain over the channels.

mod correlate;
mod source;
mod transform;

use rayon::prelude::*;

use self::source::Tiles;
use self::transform::{OUT, OfKernel, OfMap, PLANES, SIZE, Squares, TILE, ToMap};
use super::convolution::{Geometry, packed};
use super::lines::{Band, Extent, Lines, bands, rows_at_once};
use super::tile::{Product, panel_width};

pub(super) use self::correlate::correlate;

/// Vectors of all widths divide the channels.
const WIDEST: usize = 16;
/// With fewer channels on a side the transforms take about as long as what they save: 16 to 16 channels ran at 0.9 to 1.1
/// times the speed of the direct kernels, 32 to 32 at 1.7 to 2.0 times.
const LEAST_CHANNELS: usize = 32;
/// At most so many tiles are transformed at once: two rounds of the largest register tile. Between 8 and 128 the time varied
/// by a twentieth.
const GROUP: usize = 24;

/// Whether a convolution is computed here.
pub(super) fn applies(geometry: &Geometry) -> bool {
    let &Geometry {
        size,
        stride,
        before,
        large_channels,
        small_channels,
        small: [height, width],
        ..
    } = geometry;
    let has_channels = [large_channels, small_channels]
        .iter()
        .all(|channels| *channels >= LEAST_CHANNELS && channels.is_multiple_of(WIDEST));
    // Where most of a tile lies beyond the map nothing is saved.
    let tiles = height.div_ceil(OUT) * width.div_ceil(OUT);
    let is_filled = 2 * height * width >= tiles * OUT * OUT;
    size == SIZE && stride == 1 && before < SIZE && has_channels && is_filled
}

/// The small map of the large one, see [`gather`](super::convolution::gather).
pub(super) fn gather<R: Send>(
    geometry: &Geometry,
    large: &impl Lines,
    kernel: &[f32],
    small: &mut [f32],
    finish: impl Fn(&mut Band<'_>) -> R + Sync,
) -> Vec<R> {
    let from_channels = geometry.large_channels;
    let pass = Pass {
        from: geometry.extent(true),
        to: geometry.extent(false),
        before: geometry.before,
    };
    let tap = |from: usize, to: usize, tap: usize| {
        kernel[(to * from_channels + from) * SIZE * SIZE + tap]
    };
    pass.run(large, tap, small, finish)
}

/// The large map of the small one, see [`scatter`](super::convolution::scatter): at a stride of 1 a convolution with the
/// kernel turned around.
pub(super) fn scatter<R: Send>(
    geometry: &Geometry,
    small: &impl Lines,
    kernel: &[f32],
    large: &mut [f32],
    finish: impl Fn(&mut Band<'_>) -> R + Sync,
) -> Vec<R> {
    let to_channels = geometry.large_channels;
    let pass = Pass {
        from: geometry.extent(false),
        to: geometry.extent(true),
        before: SIZE - 1 - geometry.before,
    };
    let tap = |from: usize, to: usize, tap: usize| {
        kernel[(from * to_channels + to) * SIZE * SIZE + SIZE * SIZE - 1 - tap]
    };
    pass.run(small, tap, large, finish)
}

/// From one map to the other.
#[derive(Debug, Clone, Copy)]
struct Pass {
    from: Extent,
    to: Extent,
    /// Zeros at the top and the left of the map that goes in.
    before: usize,
}

/// What a thread computes with.
struct Scratch<'a, L> {
    tiles: Tiles<'a, L>,
    /// Tiles of the map that goes in, transformed: `[planes, tiles, channels]`.
    inputs: Vec<f32>,
    /// The sums of their products with the kernel, likewise.
    sums: Vec<f32>,
    /// A tile that comes out and reaches beyond an edge.
    edge: Vec<f32>,
}

/// Values of a plane of so many tiles. A little more than it needs keeps the planes out of each other's way in the cache.
fn plane(tiles: usize, channels: usize) -> usize {
    tiles * channels + WIDEST
}

/// So many values of a buffer that their vectors do not lie across two lines of the cache.
fn aligned(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    buffer.resize(length + WIDEST, 0.0);
    let first = buffer.as_ptr().align_offset(4 * WIDEST).min(WIDEST);
    &mut buffer[first..][..length]
}

impl Pass {
    fn run<R: Send>(
        self,
        source: &impl Lines,
        tap: impl Fn(usize, usize, usize) -> f32,
        target: &mut [f32],
        finish: impl Fn(&mut Band<'_>) -> R + Sync,
    ) -> Vec<R> {
        let mut buffer = Vec::new();
        let weights = self.weights(tap, &mut buffer);
        let Extent { height, .. } = self.to;
        let row = self.to.row();
        let at_once = rows_at_once(row).next_multiple_of(OUT);
        bands(target, height, row, at_once)
            .into_par_iter()
            .map_init(
                || Scratch {
                    tiles: Tiles::new(source, self.from),
                    inputs: Vec::new(),
                    sums: Vec::new(),
                    edge: Vec::new(),
                },
                |scratch, mut band| {
                    self.band(weights, scratch, &mut band);
                    finish(&mut band)
                },
            )
            .collect()
    }

    /// The transformed kernel: planes of panels.
    fn weights(self, tap: impl Fn(usize, usize, usize) -> f32, buffer: &mut Vec<f32>) -> &[f32] {
        let (from, to) = (self.from.channels, self.to.channels);
        let width = panel_width(to);
        let panels = packed(SIZE * SIZE * from, to, |row, column| {
            tap(row % from, column, row / from)
        });
        let of_panel = from * width;
        let of_plane = panels.len() / (SIZE * SIZE);
        let weights = aligned(buffer, PLANES * of_plane);
        for (index, panel) in panels.chunks_exact(SIZE * SIZE * of_panel).enumerate() {
            Squares {
                transform: OfKernel,
                source: panel,
                step: [SIZE * of_panel, of_panel],
                output: &mut weights[index * of_panel..],
                output_step: [TILE * of_plane, of_plane],
                squares: of_panel,
            }
            .run();
        }
        weights
    }

    fn band<L: Lines>(self, weights: &[f32], scratch: &mut Scratch<'_, L>, band: &mut Band<'_>) {
        let (from, to) = (self.from.channels, self.to.channels);
        let row = self.to.row();
        let rows = band.values.len() / row;
        let across = self.to.width.div_ceil(OUT);
        let all = rows.div_ceil(OUT) * across;
        let group = GROUP.min(all);
        let [input_plane, sum_plane] = [from, to].map(|channels| plane(group, channels));
        let inputs = aligned(&mut scratch.inputs, PLANES * input_plane);
        let sums = aligned(&mut scratch.sums, PLANES * sum_plane);
        let edge = aligned(&mut scratch.edge, OUT * OUT * to);
        let corner = |tile: usize| [tile / across * OUT, tile % across * OUT];
        for first in (0..all).step_by(group) {
            let tiles = group.min(all - first);
            for index in 0..tiles {
                let [down, right] = corner(first + index);
                let place =
                    [band.first + down, right].map(|place| place as isize - self.before as isize);
                let (source, line) = scratch.tiles.tile(band.image, place, TILE);
                Squares {
                    transform: OfMap,
                    source,
                    step: [line, from],
                    output: &mut inputs[index * from..],
                    output_step: [TILE * input_plane, input_plane],
                    squares: from,
                }
                .run();
            }
            let planes = inputs.chunks_exact(input_plane);
            let weights = weights.chunks_exact(weights.len() / PLANES);
            let of_planes = sums.chunks_exact_mut(sum_plane);
            for ((source, panels), output) in planes.zip(weights).zip(of_planes) {
                Product {
                    source,
                    line: 0,
                    lines: 1,
                    length: from,
                    step: [from, 0],
                    panels,
                    columns: to,
                    stored: to,
                    pixels: [tiles, 1],
                    output,
                    output_step: [to, 0],
                }
                .run();
            }
            for index in 0..tiles {
                let [down, right] = corner(first + index);
                let (high, wide) = (OUT.min(rows - down), OUT.min(self.to.width - right));
                let is_whole = high == OUT && wide == OUT;
                let place = &mut band.values[down * row + right * to..];
                let (output, line) = if is_whole {
                    (&mut *place, row)
                } else {
                    (&mut *edge, OUT * to)
                };
                Squares {
                    transform: ToMap,
                    source: &sums[index * to..],
                    step: [TILE * sum_plane, sum_plane],
                    output,
                    output_step: [line, to],
                    squares: to,
                }
                .run();
                if !is_whole {
                    let lines = place.chunks_mut(row).zip(edge.chunks_exact(OUT * to));
                    for (place, values) in lines.take(high) {
                        place[..wide * to].copy_from_slice(&values[..wide * to]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
