//! Batch norm and instance norm with what follows them, in few passes over maps of `[batch, height, width, channels]`.
//!
//! The images of a batch that share a mean and a variance are a group: all of them, or each for itself.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

mod gradient;

use pulp::Simd;
use rayon::prelude::*;

use super::lines::{Extent, bands, rows_at_once};
use super::rows::{self, Formula};

pub(super) use self::gradient::NormGradient;

/// A period of the numbers of channels has at least so many values, and a multiple of all widths of vectors.
const PERIOD: usize = 128;
const WIDEST: usize = 16;

/// One value a channel over and over, a period long.
pub(super) fn repeated(channels: usize, value: impl Fn(usize) -> f32) -> Vec<f32> {
    let mut period = channels;
    while !period.is_multiple_of(WIDEST) {
        period *= 2;
    }
    period *= PERIOD.div_ceil(period);
    (0..period).map(|index| value(index % channels)).collect()
}

/// Adds the sums of a period to those of its channels.
fn fold(of_period: &[f32], of_channels: &mut [f64]) {
    for values in of_period.chunks_exact(of_channels.len()) {
        for (sum, value) in of_channels.iter_mut().zip(values) {
            *sum += f64::from(*value);
        }
    }
}

/// Sums over some of the pixels of values less the values of some pixel, and of their squares.
#[derive(Debug)]
pub(super) struct Moments {
    count: usize,
    origin: Vec<f32>,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

#[derive(Clone, Copy)]
struct Powers;

impl Formula<1, 1, 2> for Powers {
    #[inline(always)]
    fn apply<S: Simd>(
        self,
        simd: S,
        [value]: [S::f32s; 1],
        [origin]: [S::f32s; 1],
    ) -> [S::f32s; 2] {
        let difference = simd.sub_f32s(value, origin);
        [difference, simd.mul_f32s(difference, difference)]
    }
}

impl Moments {
    pub(super) fn of(extent: Extent, values: &[f32]) -> Self {
        let origin = repeated(extent.channels, |channel| values[channel]);
        let mut sums = vec![0.0; extent.channels];
        let mut squares = vec![0.0; extent.channels];
        let [mut plain, mut squared] = [vec![0.0; origin.len()], vec![0.0; origin.len()]];
        for row in values.chunks_exact(extent.row()) {
            plain.fill(0.0);
            squared.fill(0.0);
            rows::sum(Powers, [row], [&origin], [&mut plain, &mut squared]);
            fold(&plain, &mut sums);
            fold(&squared, &mut squares);
        }
        Self {
            count: values.len() / extent.channels,
            origin,
            sums,
            squares,
        }
    }
}

/// Mean and biased variance of every channel over these parts, each of which comes with its image.
pub(super) fn statistics(channels: usize, parts: &[(usize, Moments)]) -> [Vec<f64>; 2] {
    let mut means = vec![0.0; channels];
    let mut variances = vec![0.0; channels];
    for channel in 0..channels {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for (_, part) in parts {
            let of_part = part.count as f64;
            let shift = part.sums[channel] / of_part;
            let difference = f64::from(part.origin[channel]) + shift - mean;
            let all = count + of_part;
            squares += part.squares[channel] - part.sums[channel] * shift
                + difference * difference * count * of_part / all;
            mean += difference * of_part / all;
            count = all;
        }
        means[channel] = mean;
        // Rounding can leave less than nothing; what is not a number is handed on.
        let variance = squares / count;
        variances[channel] = if variance < 0.0 { 0.0 } else { variance };
    }
    [means, variances]
}

/// What both directions need of a norm for every channel of a group.
#[derive(Debug, Clone)]
pub(super) struct Channels {
    mean: Vec<f32>,
    /// One over the root of the variance.
    inverse: Vec<f64>,
    /// Of the norm and the learned scale and shift in one: the value times `scale` plus `offset`.
    scale: Vec<f32>,
    offset: Vec<f32>,
}

impl Channels {
    pub(super) fn new(
        [mean, variance]: &[Vec<f64>; 2],
        gamma: &[f32],
        beta: &[f32],
        epsilon: f64,
    ) -> Self {
        let inverse: Vec<f64> = variance
            .iter()
            .map(|variance| (variance + epsilon).sqrt().recip())
            .collect();
        let scale = |channel: usize| inverse[channel] * f64::from(gamma[channel]);
        Self {
            mean: mean.iter().map(|mean| *mean as f32).collect(),
            scale: (0..mean.len())
                .map(|channel| scale(channel) as f32)
                .collect(),
            offset: (0..mean.len())
                .map(|channel| (f64::from(beta[channel]) - mean[channel] * scale(channel)) as f32)
                .collect(),
            inverse,
        }
    }
}

/// What belongs to an image: there is as much as there are images, or one for all of them.
fn of_image<T>(groups: &[T], image: usize) -> &T {
    &groups[image % groups.len()]
}

/// The norm, and the relu behind it. What is not a number passes both.
#[derive(Clone, Copy)]
struct Normalize<const RELU: bool>;

impl<const RELU: bool> Formula<1, 2, 1> for Normalize<RELU> {
    #[inline(always)]
    fn apply<S: Simd>(
        self,
        simd: S,
        [value]: [S::f32s; 1],
        [scale, offset]: [S::f32s; 2],
    ) -> [S::f32s; 1] {
        let value = simd.add_f32s(simd.mul_f32s(value, scale), offset);
        if !RELU {
            return [value];
        }
        let zero = simd.splat_f32s(0.0);
        [simd.select_f32s(simd.less_than_f32s(value, zero), zero, value)]
    }
}

/// The normalized map, with the relu behind it if there is one, and with the middle of `shortcut` added, a map with `crop`
/// pixels more on every side.
pub(super) fn normalized(
    extent: Extent,
    map: &[f32],
    groups: &[Channels],
    relu: bool,
    shortcut: Option<(&[f32], usize)>,
) -> Vec<f32> {
    let numbers: Vec<[Vec<f32>; 2]> = groups
        .iter()
        .map(|group| {
            [&group.scale, &group.offset]
                .map(|numbers| repeated(extent.channels, |channel| numbers[channel]))
        })
        .collect();
    let row = extent.row();
    let mut output = vec![0.0; map.len()];
    bands(&mut output, extent.height, row, rows_at_once(2 * row))
        .into_par_iter()
        .for_each(|band| {
            let [scale, offset] = of_image(&numbers, band.image);
            for (index, places) in band.values.chunks_exact_mut(row).enumerate() {
                let line = band.first + index;
                let values = &map[(band.image * extent.height + line) * row..][..row];
                if relu {
                    rows::write(Normalize::<true>, [values], [scale, offset], [places]);
                } else {
                    rows::write(Normalize::<false>, [values], [scale, offset], [places]);
                }
                if let Some((shortcut, crop)) = shortcut {
                    let (high, wide) = (extent.height + 2 * crop, extent.width + 2 * crop);
                    let first = ((band.image * high + line + crop) * wide + crop) * extent.channels;
                    add(places, &shortcut[first..][..row]);
                }
            }
        });
    output
}

/// Adds values to others.
pub(super) fn add(places: &mut [f32], values: &[f32]) {
    for (place, value) in places.iter_mut().zip(values) {
        *place += value;
    }
}

#[cfg(test)]
mod tests;
