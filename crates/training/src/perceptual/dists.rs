//! DISTS: how different two pictures are in structure and texture (Ding, Ma, Wang and Simoncelli 2020, "Image Quality
//! Assessment: Unifying Structure and Texture Similarity").
//!
//! The picture and five maps of VGG-16, whose maxima are replaced by a root of a weighted mean of squares. Per channel, the
//! means are compared (texture) and the covariance (structure); both are weighted by what was learned, and 1 is reduced by
//! their sum. 0 for equal pictures.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};

use super::stack::{Stack, StackKind, TAPS, normalized};
use crate::extractor::architecture::Role;
use crate::extractor::state::State;

/// What keeps the quotients of small numbers finite.
const C: f64 = 1e-6;

/// Added to a mean of squares before its root.
const EPSILON: f64 = 1e-12;

/// The Hann window of five values without its zeros, over its sum; a pooling's kernel is its product with itself.
const WINDOW: [f32; 3] = [0.25, 0.5, 0.25];

/// The metric with its weights.
#[derive(Debug)]
pub(crate) struct Dists {
    stack: Stack,
    /// The weights of the means, and those of the covariances, of the picture and each map, `[1, channels, 1, 1]`: all of
    /// them together add up to 1.
    weights: Vec<[Tensor<4>; 2]>,
}

/// Channels of the picture and of the maps.
fn widths() -> impl Iterator<Item = usize> {
    std::iter::once(3).chain(StackKind::Vgg16.widths())
}

/// Names, shapes and roles of the learned weights.
pub(crate) fn tensors() -> Vec<(String, Vec<usize>, Role)> {
    let all: usize = widths().sum();
    ["alpha", "beta"]
        .map(|name| (name.to_owned(), vec![1, all, 1, 1], Role::Kernel))
        .to_vec()
}

impl Dists {
    /// Takes the learned weights out of `state`, which has been found to hold them; `stack` is VGG-16.
    pub(crate) fn new(stack: Stack, state: &mut State, device: &Device) -> Self {
        let learned = ["alpha", "beta"].map(|name| {
            let values = state.take(name);
            values
                .expect("`State::faults_of` found nothing missing")
                .numbers
        });
        let all: f64 = learned.iter().flatten().map(|&it| f64::from(it)).sum();
        let mut start = 0;
        let weights = widths().map(|width| {
            let range = start..start + width;
            start += width;
            [0, 1].map(|kind| {
                let values = learned[kind][range.clone()].iter();
                let values: Vec<f32> = values.map(|&it| (f64::from(it) / all) as f32).collect();
                Tensor::from_data(TensorData::new(values, [1, width, 1, 1]), device)
            })
        });
        Self {
            stack,
            weights: weights.collect(),
        }
    }

    /// How different each picture is from the other of its pair.
    ///
    /// # Shapes
    ///
    /// RGB on [0, 1], `[batch, 3, height, width]` each, to `[batch]`.
    pub(crate) fn distances(&self, one: Tensor<4>, other: Tensor<4>) -> Tensor<1> {
        let [batch, ..] = one.dims();
        let maps = |rgb: Tensor<4>| {
            let seen = normalized(rgb.clone());
            let maps = self.stack.maps_pooled(seen, TAPS, pooled);
            std::iter::once(rgb).chain(maps)
        };
        let similarities = maps(one).zip(maps(other)).zip(&self.weights).map(
            |((one, other), [of_means, of_covariances])| {
                let (means, covariances) = similarities(one, other);
                let weighted = means * of_means.clone() + covariances * of_covariances.clone();
                weighted.sum_dim(1).reshape([batch])
            },
        );
        let left = similarities.fold(
            Tensor::ones([batch], &self.weights[0][0].device()),
            |left, it| left - it,
        );
        // Equal pictures are as far apart as the last digits.
        left.clamp_min(0.0)
    }
}

/// The root of the weighted mean of squares over 3x3 at stride 2, as many zeros around as it needs.
fn pooled(map: Tensor<4>) -> Tensor<4> {
    let channels = map.dims()[1];
    let kernel: Vec<f32> = WINDOW
        .iter()
        .flat_map(|row| WINDOW.map(|column| row * column))
        .collect();
    let kernel = Tensor::<4>::from_data(TensorData::new(kernel, [1, 1, 3, 3]), &map.device());
    let options = ConvOptions::new([2, 2], [1, 1], [1, 1], channels);
    let mean = conv2d(map.square(), kernel.repeat_dim(0, channels), None, options);
    mean.add_scalar(EPSILON).sqrt()
}

/// How much alike two maps are in every channel, `[batch, channels, 1, 1]`: their means, and their covariance.
fn similarities(one: Tensor<4>, other: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
    let mean = |map: Tensor<4>| map.mean_dims(&[2, 3]);
    let [of_one, of_other] = [one.clone(), other.clone()].map(mean);
    let means = (of_one.clone() * of_other.clone())
        .mul_scalar(2.0)
        .add_scalar(C)
        / (of_one.clone().square() + of_other.clone().square()).add_scalar(C);
    let (one, other) = (one - of_one, other - of_other);
    let variances = mean(one.clone().square()) + mean(other.clone().square());
    let covariances = mean(one * other).mul_scalar(2.0).add_scalar(C) / variances.add_scalar(C);
    (means, covariances)
}
