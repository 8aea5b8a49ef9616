//! [`layers`](super::layers) for flex, in Rust alone: convolutions by register tiles over maps whose channels lie side by
//! side, and norm, relu and shortcut in as few passes over memory as they need. Burn's own way with flex makes of the
//! gradient of a weight a convolution with a kernel as large as the map, and of batch norm about ten operations.
//!
//! The tensors that come out have the shape of every map, `[batch, channels, height, width]`, and strides that put the
//! channels last; Burn's operations read them as they are.

mod convolution;
mod fixed;
mod lines;
mod map;
mod norm;
mod rows;
mod tile;
mod winograd;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::{
    BalancedCheckpointing, CheckpointStrategy, NoCheckpointing,
};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::{
    Autodiff, AutodiffBackend, DispatchKindConversion, DispatchTensor, DispatchTensorKind, Flex,
    GradientCheckpointingStrategy,
};
use burn::tensor::{DType, Tensor};

use self::convolution::{Geometry, correlate, gather, scatter};
pub(super) use self::fixed::FixedLayer;
use self::lines::{Band, Extent, Map};
use self::map::{channels_last, like, map_of, parameter, values, vector_of};
use self::norm::{Channels, Moments, NormGradient, add, normalized, statistics};
use super::layer::{Layer, Norm, Normalized};
use super::operation::Graph;
use super::{memory, operation};

/// See [`super::layers`].
pub(super) fn layers(
    input: &Tensor<4>,
    layers: &[Layer],
    shortcut: Option<usize>,
) -> Option<Normalized> {
    let graph = operation::graph(input, |kind| matches!(kind, DispatchTensorKind::Flex(_)))?;
    memory::keep();
    // The operation keeps what its gradients need, whatever the strategy: that is less than Burn's checkpoints hold.
    match graph {
        Graph::Kept(GradientCheckpointingStrategy::Disabled) => {
            by_count::<NoCheckpointing>(input, layers, shortcut)
        }
        Graph::Kept(GradientCheckpointingStrategy::Balanced) => {
            by_count::<BalancedCheckpointing>(input, layers, shortcut)
        }
        Graph::None => {
            let primitives = operation::primitives::<Flex>(input, layers)?;
            let pass = pass(primitives, layers, shortcut)?;
            Some(operation::normalized::<Flex>(pass.output, pass.statistics))
        }
    }
}

/// The number of tensors with gradients is part of an operation's type: the input, and four of every layer.
fn by_count<C: CheckpointStrategy>(
    input: &Tensor<4>,
    layers: &[Layer],
    shortcut: Option<usize>,
) -> Option<Normalized>
where
    DispatchTensor: DispatchKindConversion<Autodiff<Flex, C>>,
{
    match layers.len() {
        1 => run::<C, 5>(input, layers, shortcut),
        2 => run::<C, 9>(input, layers, shortcut),
        _ => None,
    }
}

fn run<C: CheckpointStrategy, const N: usize>(
    input: &Tensor<4>,
    layers: &[Layer],
    shortcut: Option<usize>,
) -> Option<Normalized>
where
    DispatchTensor: DispatchKindConversion<Autodiff<Flex, C>>,
{
    let (primitives, guards): (Vec<FlexTensor>, Vec<_>) =
        operation::primitives::<Autodiff<Flex, C>>(input, layers)?
            .into_iter()
            .map(|tensor| tensor.into_parts())
            .unzip();
    let guards = guards.try_into().ok()?;
    let pass = pass(primitives, layers, shortcut)?;
    let state = State {
        layers: pass.kept,
        shortcut,
    };
    let prepared = Backward::<Flex, N>::prepare::<C>(Layers, guards);
    let output = match prepared.compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation.finish(state, pass.output),
        OpsKind::UnTracked(preparation) => preparation.finish(pass.output),
    };
    let statistics = pass.statistics.into_iter().map(|of_layer| {
        of_layer.map(|both| both.map(<Autodiff<Flex, C> as AutodiffBackend>::from_inner))
    });
    Some(operation::normalized::<Autodiff<Flex, C>>(
        output, statistics,
    ))
}

/// A forward pass through all layers.
struct Pass {
    output: FlexTensor,
    /// Mean and biased variance of every channel, of every layer with batch norm.
    statistics: Vec<Option<[FlexTensor; 2]>>,
    kept: Vec<Kept>,
}

/// `None` where a tensor is not of 32-bit floats.
fn pass(
    mut primitives: Vec<FlexTensor>,
    layers: &[Layer],
    shortcut: Option<usize>,
) -> Option<Pass> {
    if primitives
        .iter()
        .any(|primitive| primitive.dtype() != DType::F32)
    {
        return None;
    }
    let parameters = primitives.split_off(1);
    let input = channels_last(primitives.pop()?);
    let mut statistics = Vec::with_capacity(layers.len());
    let mut kept = Vec::with_capacity(layers.len());
    let mut map = input.clone();
    for (index, (layer, parameters)) in layers.iter().zip(parameters.chunks_exact(4)).enumerate() {
        let is_last = index + 1 == layers.len();
        let beside = shortcut.filter(|_| is_last).map(|crop| (&input, crop));
        let forward = forward(layer, map, parameters, beside);
        statistics.push(forward.statistics.map(|both| both.map(vector_of)));
        kept.push(forward.kept);
        map = forward.output;
    }
    Some(Pass {
        output: map,
        statistics,
        kept,
    })
}

/// What the backward pass of one layer needs.
#[derive(Debug, Clone)]
struct Kept {
    geometry: Geometry,
    transposed: bool,
    relu: bool,
    input: FlexTensor,
    weight: FlexTensor,
    /// Before the norm.
    map: FlexTensor,
    /// Of every image, or one for all.
    channels: Vec<Channels>,
}

impl Kept {
    /// Of the map.
    fn extent(&self) -> Extent {
        self.geometry.extent(self.transposed)
    }

    /// Of the input.
    fn input_extent(&self) -> Extent {
        self.geometry.extent(!self.transposed)
    }
}

struct Forward {
    output: FlexTensor,
    /// Mean and biased variance of every channel, with batch norm.
    statistics: Option<[Vec<f32>; 2]>,
    kept: Kept,
}

/// The bias is not added: the norm takes it out again with the mean. It counts in the mean that is handed on, and its
/// gradient is zero.
fn forward(
    layer: &Layer,
    input: FlexTensor,
    parameters: &[FlexTensor],
    shortcut: Option<(&FlexTensor, usize)>,
) -> Forward {
    let [weight, bias, gamma, beta] = [0, 1, 2, 3].map(|index| parameter(&parameters[index]));
    let kernel = weight.layout().shape();
    let kernel = [kernel[0], kernel[1], kernel[2]];
    let geometry = Geometry::of(
        &input,
        kernel,
        layer.transposed,
        layer.stride,
        layer.padding,
    );
    let extent = geometry.extent(layer.transposed);
    let source = Map::new(geometry.extent(!layer.transposed), values(&input));
    let mut map = vec![0.0; geometry.batch * extent.values()];
    let moments = |band: &mut Band<'_>| (band.image, Moments::of(extent, band.values));
    let parts = if layer.transposed {
        scatter(&geometry, &source, values(&weight), &mut map, moments)
    } else {
        gather(&geometry, &source, values(&weight), &mut map, moments)
    };
    let groups: Vec<[Vec<f64>; 2]> = match layer.norm {
        Norm::Batch => vec![statistics(extent.channels, &parts)],
        Norm::Instance => parts
            .chunk_by(|(image, _), (next, _)| image == next)
            .map(|parts| statistics(extent.channels, parts))
            .collect(),
    };
    let channels: Vec<Channels> = groups
        .iter()
        .map(|group| Channels::new(group, values(&gamma), values(&beta), layer.epsilon))
        .collect();
    let shortcut = shortcut.map(|(shortcut, crop)| (values(shortcut), crop));
    let output = normalized(extent, &map, &channels, layer.relu, shortcut);
    let statistics = (layer.norm == Norm::Batch).then(|| {
        let [mean, variance] = &groups[0];
        let means = mean.iter().zip(values(&bias));
        [
            means
                .map(|(mean, bias)| (mean + f64::from(*bias)) as f32)
                .collect(),
            variance.iter().map(|variance| *variance as f32).collect(),
        ]
    });
    Forward {
        output: map_of(extent, output),
        statistics,
        kept: Kept {
            geometry,
            transposed: layer.transposed,
            relu: layer.relu,
            input,
            weight,
            map: map_of(extent, map),
            channels,
        },
    }
}

#[derive(Debug)]
struct Layers;

#[derive(Debug, Clone)]
struct State {
    layers: Vec<Kept>,
    shortcut: Option<usize>,
}

impl<const N: usize> Backward<Flex, N> for Layers {
    type State = State;

    fn backward(self, ops: Ops<State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let of_output = channels_last(gradients.consume::<Flex>(&ops.node));
        let State { layers, shortcut } = ops.state;
        let needs_input = ops.parents[0].is_some();
        let mut register = |position: usize, gradient: FlexTensor| {
            if let Some(parent) = &ops.parents[position] {
                gradients.register::<Flex>(parent.id, gradient);
            }
        };
        let mut gradient = of_output.clone();
        for (index, layer) in layers.into_iter().enumerate().rev() {
            let beside = shortcut
                .filter(|_| index == 0)
                .map(|crop| (&of_output, crop));
            let of_layer = backward(layer, &gradient, index > 0 || needs_input, beside);
            for (position, of_parameter) in of_layer.parameters.into_iter().enumerate() {
                register(1 + 4 * index + position, of_parameter);
            }
            match of_layer.input {
                Some(of_input) => gradient = of_input,
                None => return,
            }
        }
        register(0, gradient);
    }
}

struct OfLayer {
    input: Option<FlexTensor>,
    /// Weight, bias, gamma and beta.
    parameters: [FlexTensor; 4],
}

/// `shortcut` is what is added to the middle of the gradient of the input.
fn backward(
    kept: Kept,
    gradient: &FlexTensor,
    needs_input: bool,
    shortcut: Option<(&FlexTensor, usize)>,
) -> OfLayer {
    let (extent, input_extent) = (kept.extent(), kept.input_extent());
    let Kept {
        geometry,
        transposed,
        relu,
        input,
        weight,
        map,
        channels,
    } = kept;
    // The gradient of the map is never written down: both of what follow make the lines of it that they need.
    let norm = NormGradient::new(extent, values(gradient), values(&map), &channels, relu);
    let source = Map::new(input_extent, values(&input));
    let of_weight = if transposed {
        correlate(&geometry, &norm, &source)
    } else {
        correlate(&geometry, &source, &norm)
    };
    drop(input);
    let of_input = needs_input.then(|| {
        let mut of_input = vec![0.0; geometry.batch * input_extent.values()];
        let finish = |band: &mut Band<'_>| {
            if let Some((shortcut, crop)) = shortcut {
                add_middle(band, input_extent, values(shortcut), crop);
            }
        };
        let weight = values(&weight);
        if transposed {
            gather(&geometry, &norm, weight, &mut of_input, finish);
        } else {
            scatter(&geometry, &norm, weight, &mut of_input, finish);
        }
        map_of(input_extent, of_input)
    });
    OfLayer {
        input: of_input,
        parameters: [
            like(&weight, of_weight),
            vector_of(vec![0.0; extent.channels]),
            vector_of(norm.gamma),
            vector_of(norm.beta),
        ],
    }
}

/// Adds `middle`, which has `crop` pixels less on every side, to the rows of a band.
fn add_middle(band: &mut Band<'_>, extent: Extent, middle: &[f32], crop: usize) {
    let (high, row) = (
        extent.height - 2 * crop,
        (extent.width - 2 * crop) * extent.channels,
    );
    for (index, values) in band.values.chunks_exact_mut(extent.row()).enumerate() {
        let line = (band.first + index).checked_sub(crop);
        if let Some(line) = line.filter(|line| *line < high) {
            let first = (band.image * high + line) * row;
            add(
                &mut values[crop * extent.channels..][..row],
                &middle[first..][..row],
            );
        }
    }
}
