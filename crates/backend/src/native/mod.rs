//! [`layers`](super::layers) by libtorch's own kernels: convolutions by `at::convolution_backward`, and norm, relu
//! and shortcut in as few passes over memory as they need. Burn's own way to libtorch makes of the gradient of a weight a
//! convolution with a kernel as large as the map, and of batch norm about ten operations.

mod ffi;
mod fixed;
mod upload;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::{
    BalancedCheckpointing, CheckpointStrategy, NoCheckpointing,
};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::libtorch::TchTensor;
use burn::backend::{
    Autodiff, AutodiffBackend, DispatchKindConversion, DispatchTensor, DispatchTensorKind,
    GradientCheckpointingStrategy, LibTorch,
};
use burn::tensor::Tensor;

use self::ffi::Settings;
use super::layer::{Layer, Norm, Normalized};
use super::operation::Graph;
use super::{memory, operation};

pub(super) use self::ffi::{gpu_has_bfloat16, set_cudnn};
pub(super) use self::fixed::FixedLayer;
pub(super) use self::upload::{pictures, rows};

/// See [`super::layers`].
pub(super) fn layers(
    input: &Tensor<4>,
    layers: &[Layer],
    shortcut: Option<usize>,
) -> Option<Normalized> {
    let graph = operation::graph(input, |kind| {
        matches!(kind, DispatchTensorKind::LibTorch(_))
    })?;
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
            let primitives = operation::primitives::<LibTorch>(input, layers)?;
            let pass = pass(&primitives, layers, shortcut, false);
            Some(operation::normalized::<LibTorch>(
                pass.output,
                pass.statistics,
            ))
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
    DispatchTensor: DispatchKindConversion<Autodiff<LibTorch, C>>,
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
    DispatchTensor: DispatchKindConversion<Autodiff<LibTorch, C>>,
{
    let (primitives, guards): (Vec<TchTensor>, Vec<_>) =
        operation::primitives::<Autodiff<LibTorch, C>>(input, layers)?
            .into_iter()
            .map(|tensor| tensor.into_parts())
            .unzip();
    let guards = guards.try_into().ok()?;
    let pass = pass(&primitives, layers, shortcut, true);
    let state = State {
        layers: pass.kept,
        shortcut,
    };
    let prepared = Backward::<LibTorch, N>::prepare::<C>(NativeLayers, guards);
    let output = match prepared.compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation.finish(state, pass.output),
        OpsKind::UnTracked(preparation) => preparation.finish(pass.output),
    };
    let statistics = pass.statistics.into_iter().map(|of_layer| {
        of_layer.map(|both| both.map(<Autodiff<LibTorch, C> as AutodiffBackend>::from_inner))
    });
    Some(operation::normalized::<Autodiff<LibTorch, C>>(
        output, statistics,
    ))
}

/// A forward pass through all layers.
struct Pass {
    output: TchTensor,
    /// Mean and biased variance of every channel, of every layer with batch norm.
    statistics: Vec<Option<[TchTensor; 2]>>,
    kept: Vec<Kept>,
}

/// Keeps what a backward pass needs where `keep` says that one follows.
fn pass(primitives: &[TchTensor], layers: &[Layer], shortcut: Option<usize>, keep: bool) -> Pass {
    let mut statistics = Vec::with_capacity(layers.len());
    let mut kept = Vec::with_capacity(layers.len());
    let mut map = primitives[0].clone();
    for (index, layer) in layers.iter().enumerate() {
        let settings = settings(layer, shortcut, keep);
        let parameters: [TchTensor; 4] =
            std::array::from_fn(|position| primitives[1 + 4 * index + position].clone());
        let is_last = index + 1 == layers.len();
        let forward = ffi::forward(
            &settings,
            &map.tensor,
            parameters.each_ref().map(|parameter| &parameter.tensor),
            (is_last && shortcut.is_some()).then_some(&primitives[0].tensor),
        );
        let of_batch = forward.mean.zip(forward.variance);
        statistics.push(of_batch.map(|(mean, variance)| [mean, variance].map(TchTensor::new)));
        if let (Some(of_convolution), Some(statistics)) = (forward.map, forward.statistics) {
            kept.push(Kept {
                settings,
                prepared: forward.prepared.map_or(map, TchTensor::new),
                parameters,
                map: TchTensor::new(of_convolution),
                statistics: TchTensor::new(statistics),
            });
        }
        map = TchTensor::new(forward.output);
    }
    Pass {
        output: map,
        statistics,
        kept,
    }
}

fn settings(layer: &Layer, shortcut: Option<usize>, keep: bool) -> Settings {
    Settings {
        transposed: i64::from(layer.transposed),
        stride: layer.stride as i64,
        before: layer.padding[0] as i64,
        after: layer.padding[1] as i64,
        crop: shortcut.unwrap_or(0) as i64,
        relu: i64::from(layer.relu),
        per_image: i64::from(layer.norm == Norm::Instance),
        passes: i64::from(own_passes()),
        keep: i64::from(keep),
        epsilon: layer.epsilon,
    }
}

/// Whether the passes over memory that are written for the processor are taken. They are; a test of those that other
/// devices take sets this to false for its thread.
fn own_passes() -> bool {
    #[cfg(test)]
    return OWN_PASSES.get();
    #[cfg(not(test))]
    true
}

#[cfg(test)]
thread_local! {
    pub(super) static OWN_PASSES: std::cell::Cell<bool> = const { std::cell::Cell::new(true) };
}

#[derive(Debug)]
struct NativeLayers;

/// What the backward pass of one layer needs. Clones of Burn's tensors, and not of libtorch's alone: Burn writes into
/// memory that nobody else of its own holds.
#[derive(Debug, Clone)]
struct Kept {
    settings: Settings,
    /// The input, or what was made of it.
    prepared: TchTensor,
    parameters: [TchTensor; 4],
    map: TchTensor,
    statistics: TchTensor,
}

#[derive(Debug, Clone)]
struct State {
    layers: Vec<Kept>,
    shortcut: Option<usize>,
}

impl<const N: usize> Backward<LibTorch, N> for NativeLayers {
    type State = State;

    fn backward(self, ops: Ops<State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let of_output = gradients.consume::<LibTorch>(&ops.node);
        let State { layers, shortcut } = ops.state;
        let needs_input = ops.parents[0].is_some();
        let mut register = |position: usize, gradient: tch::Tensor| {
            if let Some(parent) = &ops.parents[position] {
                gradients.register::<LibTorch>(parent.id, TchTensor::new(gradient));
            }
        };
        let mut gradient = of_output.tensor.shallow_clone();
        for (index, layer) in layers.into_iter().enumerate().rev() {
            let of_layer = ffi::backward(
                &layer.settings,
                &gradient,
                &layer.prepared.tensor,
                layer
                    .parameters
                    .each_ref()
                    .map(|parameter| &parameter.tensor),
                &layer.map.tensor,
                &layer.statistics.tensor,
                index > 0 || needs_input,
            );
            let of_parameters = [
                of_layer.weight,
                of_layer.bias,
                of_layer.gamma,
                of_layer.beta,
            ];
            for (position, of_parameter) in of_parameters.into_iter().enumerate() {
                register(1 + 4 * index + position, of_parameter);
            }
            match of_layer.input {
                Some(of_input) => gradient = of_input,
                None => return,
            }
        }
        if let Some(crop) = shortcut {
            // The gradient of the input is a new tensor, and nobody else's.
            let [_, _, height, width] = of_output.tensor.size()[..] else {
                unreachable!("maps have four dimensions");
            };
            let crop = crop as i64;
            let mut middle = gradient.narrow(2, crop, height).narrow(3, crop, width);
            let _ = middle.g_add_(&of_output.tensor);
        }
        register(0, gradient);
    }
}
