//! LPIPS, version 0.1: how different two pictures look, by a classifier's maps (Zhang, Isola, Efros, Shechtman and Wang
//! 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric").
//!
//! Every map is divided by its length at each place; the squared differences are weighted per channel by what was learned
//! from people's judgments, averaged over places, and summed over the five maps. 0 for equal pictures.

use burn::tensor::{Device, Tensor, TensorData};

use super::stack::{Stack, StackKind, TAPS, normalized};
use crate::extractor::architecture::Role;
use crate::extractor::state::State;

/// Added to the length of a vector that is divided by it.
const EPSILON: f64 = 1e-10;

/// The metric with its weights.
#[derive(Debug)]
pub(crate) struct Lpips {
    stack: Stack,
    /// A weight per channel of each map, `[1, channels, 1, 1]`.
    weights: Vec<Tensor<4>>,
}

/// Names, shapes and roles of the learned weights of the maps of `kind`.
pub(crate) fn tensors(kind: StackKind) -> Vec<(String, Vec<usize>, Role)> {
    let widths = kind.widths().into_iter().enumerate();
    widths
        .map(|(map, width)| {
            let name = format!("lin{map}.model.1.weight");
            (name, vec![1, width, 1, 1], Role::Kernel)
        })
        .collect()
}

impl Lpips {
    /// Takes the learned weights for the maps of `stack` out of `state`, which has been found to hold them.
    pub(crate) fn new(kind: StackKind, stack: Stack, state: &mut State, device: &Device) -> Self {
        let weights = tensors(kind).into_iter().map(|(name, shape, _)| {
            let values = state.take(&name);
            let values = values.expect("`State::faults_of` found nothing missing");
            Tensor::from_data(TensorData::new(values.numbers, shape), device)
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
        // The original's shift and scale of RGB on [-1, 1] are ImageNet's mean and deviation on [0, 1].
        let maps = |rgb| self.stack.maps(normalized(rgb), TAPS).into_iter().map(unit);
        let of_maps = maps(one).zip(maps(other)).zip(&self.weights);
        of_maps
            .map(|((one, other), weights)| {
                let weighted = (one - other).square() * weights.clone();
                weighted.sum_dim(1).mean_dims(&[2, 3]).reshape([batch])
            })
            .fold(
                Tensor::zeros([batch], &self.weights[0].device()),
                |sum, it| sum + it,
            )
    }
}

/// Every place's vector at a length of 1.
fn unit(map: Tensor<4>) -> Tensor<4> {
    let length = map.clone().square().sum_dim(1).sqrt();
    map / length.add_scalar(EPSILON)
}
