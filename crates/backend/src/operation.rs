//! What an operation of a backend's own needs to know of Burn's tensors.

use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Backend, DispatchAutodiffContext, DispatchKindConversion, DispatchTensor, DispatchTensorKind,
    GradientCheckpointingStrategy,
};
use burn::tensor::Tensor;

use super::layer::{Layer, Normalized};

/// What an operation leaves for a backward pass.
#[derive(Debug, Clone, Copy)]
pub(super) enum Graph {
    /// The tensor lives on a device with autodiff.
    Kept(GradientCheckpointingStrategy),
    /// It does not: no graph is kept.
    None,
}

/// What an operation on a tensor of the backend that `is_own` knows is to leave; `None` of every other backend's.
pub(super) fn graph(
    input: &Tensor<4>,
    is_own: impl FnOnce(&DispatchTensorKind) -> bool,
) -> Option<Graph> {
    let dispatch = input.clone().into_dispatch();
    let (kind, graph) = match (&dispatch.kind, dispatch.autodiff) {
        (DispatchTensorKind::Autodiff(inner), DispatchAutodiffContext::Enabled(strategy)) => {
            (&**inner, Graph::Kept(strategy))
        }
        (DispatchTensorKind::Autodiff(_), _) => return None,
        (kind, _) => (kind, Graph::None),
    };
    is_own(kind).then_some(graph)
}

/// The tensors that an operation has gradients of where it has any, as the backend's: the input, then weight, bias, gamma
/// and beta of every layer. `None` where one is another backend's.
pub(super) fn primitives<B: Backend>(
    input: &Tensor<4>,
    layers: &[Layer],
) -> Option<Vec<FloatTensor<B>>>
where
    DispatchTensor: DispatchKindConversion<B>,
{
    let mut tensors = vec![input.clone().try_into_primitive::<B>().ok()?];
    for layer in layers {
        tensors.push(layer.weight.clone().try_into_primitive::<B>().ok()?);
        for vector in [&layer.bias, &layer.gamma, &layer.beta] {
            tensors.push(vector.clone().try_into_primitive::<B>().ok()?);
        }
    }
    Some(tensors)
}

/// What an operation gives, of the backend's own tensors.
pub(super) fn normalized<B: Backend>(
    output: FloatTensor<B>,
    statistics: impl IntoIterator<Item = Option<[FloatTensor<B>; 2]>>,
) -> Normalized
where
    DispatchTensor: DispatchKindConversion<B>,
{
    Normalized {
        output: Tensor::from_primitive::<B>(output),
        statistics: statistics
            .into_iter()
            .map(|of_layer| of_layer.map(|both| both.map(Tensor::from_primitive::<B>)))
            .collect(),
    }
}
