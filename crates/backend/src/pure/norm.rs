//! Batch norm with what follows it, in few passes over maps of `[batch, height, width, channels]`.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

use pulp::Simd;
use rayon::prelude::*;

use super::lines::{Extent, Lines, bands, rows_at_once};
use super::rows::{self, Formula};

/// A period of the numbers of channels has at least so many values, and a multiple of all widths of vectors.
const PERIOD: usize = 128;
const WIDEST: usize = 16;

/// One value a channel over and over, a period long.
fn repeated(channels: usize, value: impl Fn(usize) -> f32) -> Vec<f32> {
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

/// Mean and biased variance of every channel.
pub(super) fn statistics(channels: usize, parts: &[Moments]) -> [Vec<f64>; 2] {
    let mut means = vec![0.0; channels];
    let mut variances = vec![0.0; channels];
    for channel in 0..channels {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for part in parts {
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

/// What both directions need of a norm for every channel.
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
    channels: &Channels,
    relu: bool,
    shortcut: Option<(&[f32], usize)>,
) -> Vec<f32> {
    let scale = repeated(extent.channels, |channel| channels.scale[channel]);
    let offset = repeated(extent.channels, |channel| channels.offset[channel]);
    let row = extent.row();
    let mut output = vec![0.0; map.len()];
    bands(&mut output, extent.height, row, rows_at_once(2 * row))
        .into_par_iter()
        .for_each(|band| {
            for (index, places) in band.values.chunks_exact_mut(row).enumerate() {
                let line = band.first + index;
                let values = &map[(band.image * extent.height + line) * row..][..row];
                if relu {
                    rows::write(Normalize::<true>, [values], [&scale, &offset], [places]);
                } else {
                    rows::write(Normalize::<false>, [values], [&scale, &offset], [places]);
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

/// The gradients of a norm's scale and shift, and what the gradient of its input needs of them: that is read line by line.
#[derive(Debug)]
pub(super) struct NormGradient<'a> {
    pub(super) gamma: Vec<f32>,
    pub(super) beta: Vec<f32>,
    extent: Extent,
    relu: bool,
    /// Of the norm's output.
    gradient: &'a [f32],
    /// The norm's input.
    map: &'a [f32],
    /// Mean, scale, offset, and then slope and level: the gradient of the input is that of the output times the scale, plus
    /// the input less its mean times the slope, plus the level. Each of them is a period long.
    numbers: [Vec<f32>; 5],
}

/// The gradient behind the relu: nothing where the relu cut.
#[inline(always)]
fn behind<S: Simd, const RELU: bool>(
    simd: S,
    gradient: S::f32s,
    value: S::f32s,
    scale: S::f32s,
    offset: S::f32s,
) -> S::f32s {
    if !RELU {
        return gradient;
    }
    let zero = simd.splat_f32s(0.0);
    let value = simd.add_f32s(simd.mul_f32s(value, scale), offset);
    simd.select_f32s(simd.less_than_or_equal_f32s(value, zero), zero, gradient)
}

#[derive(Clone, Copy)]
struct GradientSums<const RELU: bool>;

impl<const RELU: bool> Formula<2, 3, 2> for GradientSums<RELU> {
    #[inline(always)]
    fn apply<S: Simd>(
        self,
        simd: S,
        [gradient, value]: [S::f32s; 2],
        [mean, scale, offset]: [S::f32s; 3],
    ) -> [S::f32s; 2] {
        let gradient = behind::<S, RELU>(simd, gradient, value, scale, offset);
        [
            gradient,
            simd.mul_f32s(gradient, simd.sub_f32s(value, mean)),
        ]
    }
}

#[derive(Clone, Copy)]
struct MapGradient<const RELU: bool>;

impl<const RELU: bool> Formula<2, 5, 1> for MapGradient<RELU> {
    #[inline(always)]
    fn apply<S: Simd>(
        self,
        simd: S,
        [gradient, value]: [S::f32s; 2],
        [mean, scale, offset, slope, level]: [S::f32s; 5],
    ) -> [S::f32s; 1] {
        let gradient = behind::<S, RELU>(simd, gradient, value, scale, offset);
        let own = simd.mul_f32s(simd.sub_f32s(value, mean), slope);
        [simd.add_f32s(simd.mul_f32s(gradient, scale), simd.add_f32s(own, level))]
    }
}

impl<'a> NormGradient<'a> {
    pub(super) fn new(
        extent: Extent,
        gradient: &'a [f32],
        map: &'a [f32],
        channels: &Channels,
        relu: bool,
    ) -> Self {
        let [mean, scale, offset] = [&channels.mean, &channels.scale, &channels.offset]
            .map(|numbers| repeated(extent.channels, |channel| numbers[channel]));
        let row = extent.row();
        let at_once = rows_at_once(2 * row) * row;
        let image = extent.height * row;
        let parts: Vec<(usize, usize)> = (0..map.len())
            .step_by(image)
            .flat_map(|first| {
                (first..first + image)
                    .step_by(at_once)
                    .map(move |begin| (begin, (begin + at_once).min(first + image)))
            })
            .collect();
        let sums: Vec<[Vec<f64>; 2]> = parts
            .into_par_iter()
            .map(|(begin, end)| {
                let mut of_part = [vec![0.0; extent.channels], vec![0.0; extent.channels]];
                let [mut plain, mut weighted] = [vec![0.0; mean.len()], vec![0.0; mean.len()]];
                let rows = gradient[begin..end].chunks_exact(row);
                for (gradient, map) in rows.zip(map[begin..end].chunks_exact(row)) {
                    plain.fill(0.0);
                    weighted.fill(0.0);
                    let values = [gradient, map];
                    let numbers = [&mean[..], &scale, &offset];
                    let sums = [&mut plain[..], &mut weighted];
                    if relu {
                        rows::sum(GradientSums::<true>, values, numbers, sums);
                    } else {
                        rows::sum(GradientSums::<false>, values, numbers, sums);
                    }
                    fold(&plain, &mut of_part[0]);
                    fold(&weighted, &mut of_part[1]);
                }
                of_part
            })
            .collect();
        let count = (map.len() / extent.channels) as f64;
        let total = |which: usize| -> Vec<f64> {
            (0..extent.channels)
                .map(|channel| sums.iter().map(|of_part| of_part[which][channel]).sum())
                .collect()
        };
        let (beta, weighted) = (total(0), total(1));
        let inverse = &channels.inverse;
        let exact_scale = |channel: usize| f64::from(channels.scale[channel]);
        let slope = repeated(extent.channels, |channel| {
            let inverse = inverse[channel] * inverse[channel];
            (exact_scale(channel) * inverse * weighted[channel] / -count) as f32
        });
        let level = repeated(extent.channels, |channel| {
            (exact_scale(channel) * beta[channel] / -count) as f32
        });
        Self {
            gamma: (0..extent.channels)
                .map(|channel| (weighted[channel] * inverse[channel]) as f32)
                .collect(),
            beta: beta.into_iter().map(|sum| sum as f32).collect(),
            extent,
            relu,
            gradient,
            map,
            numbers: [mean, scale, offset, slope, level],
        }
    }
}

impl Lines for NormGradient<'_> {
    fn write(&self, image: usize, line: usize, values: &mut [f32]) {
        let first = (image * self.extent.height + line) * self.extent.row();
        let given = [self.gradient, self.map].map(|map| &map[first..][..values.len()]);
        let numbers = self.numbers.each_ref().map(|numbers| &numbers[..]);
        if self.relu {
            rows::write(MapGradient::<true>, given, numbers, [values]);
        } else {
            rows::write(MapGradient::<false>, given, numbers, [values]);
        }
    }

    fn map(&self) -> Option<&[f32]> {
        None
    }
}

#[cfg(test)]
mod tests;
