//! The backward pass of a norm.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

use pulp::Simd;
use rayon::prelude::*;

use super::{Channels, fold, of_image, repeated};
use crate::pure::lines::{Extent, Lines, rows_at_once};
use crate::pure::rows::{self, Formula};

/// The gradients of a norm's scale and shift, and what the gradient of its input needs of them: that is read line by line.
#[derive(Debug)]
pub(in crate::pure) struct NormGradient<'a> {
    pub(in crate::pure) gamma: Vec<f32>,
    pub(in crate::pure) beta: Vec<f32>,
    extent: Extent,
    relu: bool,
    /// Of the norm's output.
    gradient: &'a [f32],
    /// The norm's input.
    map: &'a [f32],
    /// Mean, scale, offset, and then slope and level: the gradient of the input is that of the output times the scale, plus
    /// the input less its mean times the slope, plus the level. Each of them is a period long, and every group has its own.
    numbers: Vec<[Vec<f32>; 5]>,
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
    pub(in crate::pure) fn new(
        extent: Extent,
        gradient: &'a [f32],
        map: &'a [f32],
        groups: &[Channels],
        relu: bool,
    ) -> Self {
        let numbers: Vec<[Vec<f32>; 3]> = groups
            .iter()
            .map(|group| {
                [&group.mean, &group.scale, &group.offset]
                    .map(|numbers| repeated(extent.channels, |channel| numbers[channel]))
            })
            .collect();
        let sums = sums(extent, gradient, map, &numbers, relu);
        let count = (map.len() / extent.channels / groups.len()) as f64;
        let (mut gamma, mut beta) = (vec![0.0; extent.channels], vec![0.0; extent.channels]);
        let mut all = Vec::with_capacity(groups.len());
        for ((group, [plain, weighted]), numbers) in groups.iter().zip(&sums).zip(numbers) {
            let inverse = &group.inverse;
            let exact_scale = |channel: usize| f64::from(group.scale[channel]);
            let slope = repeated(extent.channels, |channel| {
                let inverse = inverse[channel] * inverse[channel];
                (exact_scale(channel) * inverse * weighted[channel] / -count) as f32
            });
            let level = repeated(extent.channels, |channel| {
                (exact_scale(channel) * plain[channel] / -count) as f32
            });
            for channel in 0..extent.channels {
                gamma[channel] += weighted[channel] * inverse[channel];
                beta[channel] += plain[channel];
            }
            let [mean, scale, offset] = numbers;
            all.push([mean, scale, offset, slope, level]);
        }
        let [gamma, beta] =
            [gamma, beta].map(|sums| sums.into_iter().map(|sum| sum as f32).collect());
        Self {
            gamma,
            beta,
            extent,
            relu,
            gradient,
            map,
            numbers: all,
        }
    }
}

/// Of every group and channel, the sums of the gradient behind the relu, and of its product with the value less its mean.
/// `numbers` are mean, scale and offset of every group.
fn sums(
    extent: Extent,
    gradient: &[f32],
    map: &[f32],
    numbers: &[[Vec<f32>; 3]],
    relu: bool,
) -> Vec<[Vec<f64>; 2]> {
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
    let group = |begin: usize| begin / image % numbers.len();
    let of_parts: Vec<[Vec<f64>; 2]> = parts
        .par_iter()
        .map(|&(begin, end)| {
            let numbers = numbers[group(begin)].each_ref().map(Vec::as_slice);
            let period = numbers[0].len();
            let mut of_part = [vec![0.0; extent.channels], vec![0.0; extent.channels]];
            let [mut plain, mut weighted] = [vec![0.0; period], vec![0.0; period]];
            let rows = gradient[begin..end].chunks_exact(row);
            for (gradient, map) in rows.zip(map[begin..end].chunks_exact(row)) {
                plain.fill(0.0);
                weighted.fill(0.0);
                let values = [gradient, map];
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
    let mut total = vec![[vec![0.0; extent.channels], vec![0.0; extent.channels]]; numbers.len()];
    for ((begin, _), of_part) in parts.into_iter().zip(of_parts) {
        for (total, of_part) in total[group(begin)].iter_mut().zip(of_part) {
            for (sum, value) in total.iter_mut().zip(of_part) {
                *sum += value;
            }
        }
    }
    total
}

impl Lines for NormGradient<'_> {
    fn write(&self, image: usize, line: usize, values: &mut [f32]) {
        let first = (image * self.extent.height + line) * self.extent.row();
        let given = [self.gradient, self.map].map(|map| &map[first..][..values.len()]);
        let numbers = of_image(&self.numbers, image).each_ref().map(Vec::as_slice);
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
