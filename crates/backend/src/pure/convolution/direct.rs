//! The convolutions with every product of their definitions. No map is ever unrolled: a pixel's window is `size` stretches
//! of memory.

use rayon::prelude::*;

use super::reading::Reading;
use super::{Geometry, PARTS, packed, summed};
use crate::pure::lines::{Band, Lines, Window, bands, rows_at_once};
use crate::pure::tile::{Outer, Product, panel_width};

/// Maps with fewer channels are computed several pixels at a time.
const FEW_CHANNELS: usize = 8;

/// How many pixels of a map are computed as one pixel of so many times the channels: with few channels most of a vector
/// would be empty. The kernel is as much wider, with zeros in it: what is not a number spreads to the pixels beside, as the
/// norm that follows spreads it to all of them.
fn merged(channels: usize) -> usize {
    if channels < FEW_CHANNELS {
        2 * FEW_CHANNELS / channels
    } else {
        1
    }
}

/// See [`gather`](super::gather).
pub(in crate::pure) fn gather<R: Send>(
    geometry: &Geometry,
    large: &impl Lines,
    kernel: &[f32],
    small: &mut [f32],
    finish: impl Fn(&mut Band<'_>) -> R + Sync,
) -> Vec<R> {
    Panels::of(geometry, kernel).gather(geometry, large, small, finish)
}

/// The weights of a [`gather`] as [`Product`] takes them, for maps of any size.
#[derive(Debug)]
pub(in crate::pure) struct Panels {
    pub(in crate::pure) values: Vec<f32>,
    /// Pixels that are computed as one.
    pub(in crate::pure) merged: usize,
    /// Values of a line of the large map that they need.
    length: usize,
}

impl Panels {
    /// Of a kernel `[small channels, large channels, size, size]`.
    pub(in crate::pure) fn of(geometry: &Geometry, kernel: &[f32]) -> Self {
        let &Geometry {
            size,
            stride,
            large_channels,
            small_channels,
            ..
        } = geometry;
        let merged = merged(small_channels);
        let length = (size + (merged - 1) * stride) * large_channels;
        let values = packed(size * length, merged * small_channels, |row, column| {
            let (tap_y, tap_x) = (row / length, row % length / large_channels);
            let (pixel, channel) = (column / small_channels, column % small_channels);
            match tap_x.checked_sub(pixel * stride) {
                Some(tap_x) if tap_x < size => {
                    let from = row % large_channels;
                    kernel[((channel * large_channels + from) * size + tap_y) * size + tap_x]
                }
                _ => 0.0,
            }
        });
        Self {
            values,
            merged,
            length,
        }
    }

    /// See [`gather`](super::gather).
    pub(in crate::pure) fn gather<R: Send>(
        &self,
        geometry: &Geometry,
        large: &impl Lines,
        small: &mut [f32],
        finish: impl Fn(&mut Band<'_>) -> R + Sync,
    ) -> Vec<R> {
        let &Geometry {
            size,
            stride,
            large_channels,
            small_channels,
            ..
        } = geometry;
        let &Self { merged, length, .. } = self;
        let [height, width] = geometry.small;
        let steps = width.div_ceil(merged);
        let pixels = (steps - 1) * merged * stride + length / large_channels;
        let reading = Reading::new(geometry, large, pixels);
        let row = width * small_channels;
        let at_once = rows_at_once(row + reading.of_row());
        bands(small, height, row, at_once)
            .into_par_iter()
            .map_init(Vec::new, |scratch, mut band| {
                let rows = band.values.len() / row;
                let (source, line) = reading.lines(band.image, band.first, rows, scratch);
                let step = merged * stride * large_channels;
                for (first, pixels, stored) in [
                    (0, width / merged, merged),
                    (width / merged, 1, width % merged),
                ] {
                    if pixels == 0 || stored == 0 {
                        continue;
                    }
                    Product {
                        source: &source[first * step..],
                        line,
                        lines: size,
                        length,
                        step: [step, stride * line],
                        panels: &self.values,
                        columns: merged * small_channels,
                        stored: stored * small_channels,
                        pixels: [pixels, rows],
                        output: &mut band.values[first * merged * small_channels..],
                        output_step: [merged * small_channels, row],
                    }
                    .run();
                }
                finish(&mut band)
            })
            .collect()
    }
}

/// The pixels of the large map, along one axis, that have the same taps.
#[derive(Debug, Clone, Copy)]
struct Phase {
    /// The first tap.
    tap: usize,
    taps: usize,
    /// The first pixel of the large map.
    first: usize,
    /// How many there are, a stride apart.
    count: usize,
    /// The first pixel of the small map that belongs to the first one, which may lie before its edge.
    source: isize,
}

/// The phases of the pixels `from..until`.
fn phases(geometry: &Geometry, from: usize, until: usize) -> Vec<Phase> {
    let &Geometry {
        size,
        stride,
        before,
        ..
    } = geometry;
    (from..until.min(from + stride))
        .map(|first| {
            let tap = (first + before) % stride;
            let taps = size.saturating_sub(tap).div_ceil(stride);
            let last = (first + before) / stride;
            Phase {
                tap,
                taps,
                first,
                count: (until - first).div_ceil(stride),
                source: last as isize + 1 - taps as isize,
            }
        })
        .filter(|phase| phase.taps > 0)
        .collect()
}

/// The panels of every phase, with the first tap of either axis, which tells the phase; `merged` pixels of it are computed
/// as one.
fn packed_phases(
    geometry: &Geometry,
    merged: usize,
    kernel: &[f32],
) -> Vec<(usize, usize, Vec<f32>)> {
    let &Geometry {
        size,
        stride,
        large_channels,
        small_channels,
        ..
    } = geometry;
    (0..stride.min(size))
        .flat_map(|tap_y| (0..stride.min(size)).map(move |tap_x| (tap_y, tap_x)))
        .map(|(first_y, first_x)| {
            let [taps_y, taps_x] = [first_y, first_x].map(|tap| (size - tap).div_ceil(stride));
            let length = (taps_x + merged - 1) * small_channels;
            let panels = packed(taps_y * length, merged * large_channels, |row, column| {
                let (index_y, index_x) = (row / length, row % length / small_channels);
                let (pixel, channel) = (column / large_channels, column % large_channels);
                match index_x.checked_sub(pixel) {
                    Some(index_x) if index_x < taps_x => {
                        let tap_y = first_y + stride * (taps_y - 1 - index_y);
                        let tap_x = first_x + stride * (taps_x - 1 - index_x);
                        let from = row % small_channels;
                        kernel[((from * large_channels + channel) * size + tap_y) * size + tap_x]
                    }
                    _ => 0.0,
                }
            });
            (first_y, first_x, panels)
        })
        .collect()
}

/// See [`scatter`](super::scatter).
pub(in crate::pure) fn scatter<R: Send>(
    geometry: &Geometry,
    small: &impl Lines,
    kernel: &[f32],
    large: &mut [f32],
    finish: impl Fn(&mut Band<'_>) -> R + Sync,
) -> Vec<R> {
    let &Geometry {
        stride,
        large_channels,
        small_channels,
        ..
    } = geometry;
    let [height, width] = geometry.large;
    let merged = if stride == 1 {
        merged(large_channels)
    } else {
        1
    };
    let wide = phases(geometry, 0, width);
    let left = wide
        .iter()
        .map(|phase| -phase.source)
        .max()
        .unwrap_or(0)
        .max(0);
    let pixels = wide
        .iter()
        .map(|phase| {
            let steps = phase.count.div_ceil(merged);
            left + phase.source + (steps * merged - 1 + phase.taps) as isize
        })
        .max()
        .unwrap_or(0);
    let window = Window {
        left: left as usize,
        pixels: pixels as usize,
        channels: small_channels,
        extent: geometry.small,
    };
    let panels = packed_phases(geometry, merged, kernel);
    let row = width * large_channels;
    let at_once = rows_at_once(row + window.line() / stride).next_multiple_of(stride);
    bands(large, height, row, at_once)
        .into_par_iter()
        .map_init(Vec::new, |scratch, mut band| {
            let rows = band.values.len() / row;
            let high = phases(geometry, band.first, band.first + rows);
            let first = high.iter().map(|phase| phase.source).min().unwrap_or(0);
            let end = high
                .iter()
                .map(|phase| phase.source + (phase.count - 1 + phase.taps) as isize)
                .max()
                .unwrap_or(0);
            window.fill(small, band.image, first, (end - first) as usize, scratch);
            let line = window.line();
            for (tap_y, tap_x, panels) in &panels {
                let of_tap = |phases: &[Phase], tap: usize| {
                    phases.iter().find(|phase| phase.tap == tap).copied()
                };
                let (Some(y), Some(x)) = (of_tap(&high, *tap_y), of_tap(&wide, *tap_x)) else {
                    continue;
                };
                let source = (y.source - first) as usize * line
                    + (left + x.source) as usize * small_channels;
                let place = (y.first - band.first) * row + x.first * large_channels;
                for (begin, pixels, stored) in [
                    (0, x.count / merged, merged),
                    (x.count / merged, 1, x.count % merged),
                ] {
                    if pixels == 0 || stored == 0 {
                        continue;
                    }
                    Product {
                        source: &scratch[source + begin * merged * small_channels..],
                        line,
                        lines: y.taps,
                        length: (x.taps + merged - 1) * small_channels,
                        step: [merged * small_channels, line],
                        panels,
                        columns: merged * large_channels,
                        stored: stored * large_channels,
                        pixels: [pixels, y.count],
                        output: &mut band.values[place + begin * merged * large_channels..],
                        output_step: [stride * merged * large_channels, stride * row],
                    }
                    .run();
                }
            }
            finish(&mut band)
        })
        .collect()
}

/// See [`correlate`](super::correlate).
pub(in crate::pure) fn correlate(
    geometry: &Geometry,
    large: &impl Lines,
    small: &impl Lines,
) -> Vec<f32> {
    let &Geometry {
        size,
        stride,
        large_channels,
        small_channels,
        batch,
        ..
    } = geometry;
    let [height, width] = geometry.small;
    let length = size * large_channels;
    let reading = Reading::new(geometry, large, (width - 1) * stride + size);
    let row = width * small_channels;
    let at_once = rows_at_once(row + reading.of_row());
    let rows_of_part = height.div_ceil(PARTS.div_ceil(batch));
    let parts: Vec<(usize, usize)> = (0..batch)
        .flat_map(|image| {
            (0..height)
                .step_by(rows_of_part)
                .map(move |row| (image, row))
        })
        .collect();
    let panel_width = panel_width(small_channels);
    let panels = small_channels.div_ceil(panel_width);
    let part = |(image, first): (usize, usize)| {
        let mut sums = vec![0.0; size * length * small_channels];
        let mut scratch = Vec::new();
        let mut small_row = vec![0.0; row];
        let mut packed = vec![0.0; panels * width * panel_width];
        let until = height.min(first + rows_of_part);
        for first in (first..until).step_by(at_once) {
            let rows = at_once.min(until - first);
            let (source, line) = reading.lines(image, first, rows, &mut scratch);
            for index in 0..rows {
                small.write(image, first + index, &mut small_row);
                for (panel, packed) in packed.chunks_exact_mut(width * panel_width).enumerate() {
                    let begin = panel * panel_width;
                    let columns = panel_width.min(small_channels - begin);
                    let pixels = packed.chunks_exact_mut(panel_width);
                    for (place, pixel) in pixels.zip(small_row.chunks_exact(small_channels)) {
                        place[..columns].copy_from_slice(&pixel[begin..][..columns]);
                    }
                    for (tap, sums) in sums.chunks_exact_mut(length * small_channels).enumerate() {
                        Outer {
                            source: &source[(index * stride + tap) * line..],
                            step: stride * large_channels,
                            length,
                            panel: packed,
                            columns,
                            all_columns: small_channels,
                            output: &mut sums[begin..],
                        }
                        .run();
                    }
                }
            }
        }
        sums
    };
    summed(geometry, parts.into_par_iter().map(part).collect())
}
