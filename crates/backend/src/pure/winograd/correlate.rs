//! The gradient of the kernel: a tile of the small map takes the kernel's place, and the products of transformed tiles are
//! summed up over all tiles before they are transformed back.

use std::ops::Range;

use rayon::prelude::*;

use super::source::Tiles;
use super::transform::{OUT, OfMap, OfOut, PLANES, SIZE, Squares, TILE, ToKernel};
use super::{GROUP, aligned, plane};
use crate::pure::convolution::{Geometry, PARTS, summed};
use crate::pure::lines::Lines;
use crate::pure::tile::{Outer, panel_width};

/// The sum over all tiles is cut into parts of at least so many: to begin and to end one takes as long as a few tiles.
const LEAST_TILES: usize = 32;

/// See [`correlate`](super::super::convolution::correlate).
pub(in crate::pure) fn correlate(
    geometry: &Geometry,
    large: &impl Lines,
    small: &impl Lines,
) -> Vec<f32> {
    let rows = geometry.batch * geometry.small[0].div_ceil(OUT);
    let across = geometry.small[1].div_ceil(OUT);
    let at_once = rows.div_ceil(PARTS).max(LEAST_TILES.div_ceil(across));
    let parts: Vec<Part> = (0..rows)
        .step_by(at_once)
        .map(|first| Part {
            geometry: *geometry,
            rows: first..rows.min(first + at_once),
        })
        .collect();
    let sums = parts
        .into_par_iter()
        .map_init(
            || Scratch {
                large: Tiles::new(large, geometry.extent(true)),
                small: Tiles::new(small, geometry.extent(false)),
                of_large: Vec::new(),
                of_small: Vec::new(),
                sums: Vec::new(),
            },
            |scratch, part| part.run(scratch),
        )
        .collect();
    summed(geometry, sums)
}

/// What a thread computes with.
struct Scratch<'a, L, M> {
    large: Tiles<'a, L>,
    small: Tiles<'a, M>,
    /// Tiles of the large map, transformed: `[planes, tiles, channels]`.
    of_large: Vec<f32>,
    /// Those of the small map: planes of panels.
    of_small: Vec<f32>,
    /// `[planes, large channels, small channels]`.
    sums: Vec<f32>,
}

/// Rows of tiles, counted through all images.
#[derive(Debug)]
struct Part {
    geometry: Geometry,
    rows: Range<usize>,
}

impl Part {
    /// `[size, size, large channels, small channels]`.
    fn run(self, scratch: &mut Scratch<'_, impl Lines, impl Lines>) -> Vec<f32> {
        let Geometry {
            large_channels,
            small_channels,
            before,
            ..
        } = self.geometry;
        let [high, across] = self.geometry.small.map(|side| side.div_ceil(OUT));
        let all = self.rows.len() * across;
        let group = GROUP.min(all);
        let width = panel_width(small_channels);
        let panels = small_channels.div_ceil(width);
        let large_plane = plane(group, large_channels);
        let small_plane = plane(group, panels * width);
        let channels = large_channels * small_channels;
        let Scratch {
            large,
            small,
            of_large,
            of_small,
            sums,
        } = scratch;
        let of_large = aligned(of_large, PLANES * large_plane);
        let of_small = aligned(of_small, PLANES * small_plane);
        let sums = aligned(sums, PLANES * channels);
        sums.fill(0.0);
        for first in (0..all).step_by(group) {
            let tiles = group.min(all - first);
            for index in 0..tiles {
                let (row, column) = (
                    self.rows.start + (first + index) / across,
                    (first + index) % across,
                );
                let image = row / high;
                let place = [row % high * OUT, column * OUT].map(|place| place as isize);
                let above = place.map(|place| place - before as isize);
                let (source, line) = large.tile(image, above, TILE);
                Squares {
                    transform: OfMap,
                    source,
                    step: [line, large_channels],
                    output: &mut of_large[index * large_channels..],
                    output_step: [TILE * large_plane, large_plane],
                    squares: large_channels,
                }
                .run();
                let (source, line) = small.tile(image, place, OUT);
                for panel in 0..panels {
                    let begin = panel * width;
                    Squares {
                        transform: OfOut,
                        source: &source[begin..],
                        step: [line, small_channels],
                        output: &mut of_small[(panel * tiles + index) * width..],
                        output_step: [TILE * small_plane, small_plane],
                        squares: width.min(small_channels - begin),
                    }
                    .run();
                }
            }
            let planes = of_large
                .chunks_exact(large_plane)
                .zip(of_small.chunks_exact(small_plane));
            for ((source, packed), sums) in planes.zip(sums.chunks_exact_mut(channels)) {
                let packed = packed.chunks_exact(tiles * width).take(panels);
                for (panel, packed) in packed.enumerate() {
                    let begin = panel * width;
                    Outer {
                        source,
                        step: large_channels,
                        length: large_channels,
                        panel: packed,
                        columns: width.min(small_channels - begin),
                        all_columns: small_channels,
                        output: &mut sums[begin..],
                    }
                    .run();
                }
            }
        }
        let mut kernel = vec![0.0; SIZE * SIZE * channels];
        Squares {
            transform: ToKernel,
            source: sums,
            step: [TILE * channels, channels],
            output: &mut kernel,
            output_step: [SIZE * channels, channels],
            squares: channels,
        }
        .run();
        kernel
    }
}
