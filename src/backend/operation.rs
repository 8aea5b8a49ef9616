//! What an operation of a backend's own needs to know of Burn's tensors.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, Backend, DispatchAutodiffContext, DispatchKindConversion, DispatchTensor,
    DispatchTensorKind, GradientCheckpointingStrategy,
};
use burn::tensor::Tensor;

use super::layer::Layer;

/// The strategy of a tensor with autodiff on the backend that `is_own` knows; `None` of every other tensor.
pub(super) fn strategy(
    input: &Tensor<4>,
    is_own: impl FnOnce(&DispatchTensorKind) -> bool,
) -> Option<GradientCheckpointingStrategy> {
    let dispatch = input.clone().into_dispatch();
    match (&dispatch.kind, dispatch.autodiff) {
        (DispatchTensorKind::Autodiff(inner), DispatchAutodiffContext::Enabled(strategy)) => {
            is_own(inner).then_some(strategy)
        }
        _ => None,
    }
}

/// The tensors that get gradients, as the backend's: the input, then weight, bias, gamma and beta of every layer. `None`
/// where one is another backend's.
pub(super) fn primitives<B: Backend, C: CheckpointStrategy>(
    input: &Tensor<4>,
    layers: &[Layer],
) -> Option<Vec<FloatTensor<Autodiff<B, C>>>>
where
    DispatchTensor: DispatchKindConversion<Autodiff<B, C>>,
{
    let mut tensors = vec![primitive::<B, C, 4>(input)?];
    for layer in layers {
        tensors.push(primitive::<B, C, 4>(&layer.weight)?);
        for vector in [&layer.bias, &layer.gamma, &layer.beta] {
            tensors.push(primitive::<B, C, 1>(vector)?);
        }
    }
    Some(tensors)
}

fn primitive<B: Backend, C: CheckpointStrategy, const D: usize>(
    tensor: &Tensor<D>,
) -> Option<FloatTensor<Autodiff<B, C>>>
where
    DispatchTensor: DispatchKindConversion<Autodiff<B, C>>,
{
    tensor.clone().try_into_primitive::<Autodiff<B, C>>().ok()
}
