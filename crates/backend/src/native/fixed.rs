//! [`FixedLayer`](crate::FixedLayer) for libtorch.

use std::sync::{Mutex, PoisonError};

use burn::backend::libtorch::TchTensor;
use burn::backend::{DispatchTensorKind, LibTorch};
use burn::tensor::Tensor;

use super::ffi::{self, FixedSettings};
use super::own_passes;
use crate::fixed::FixedShape;
use crate::operation::Graph;
use crate::{memory, operation};

/// See [`crate::FixedLayer`].
#[derive(Debug)]
pub(crate) struct FixedLayer {
    shape: FixedShape,
    weight: TchTensor,
    /// Of the weight's type, as the weight is.
    bias: TchTensor,
    packed: Mutex<Packed>,
}

/// What the convolution has made of the weights.
#[derive(Debug)]
enum Packed {
    NotYet,
    AsTheyAre,
    Made(tch::Tensor),
}

impl FixedLayer {
    /// `None` where the tensors are not libtorch's, or live on a device with autodiff.
    pub(crate) fn new(shape: FixedShape, weight: &Tensor<4>, bias: &Tensor<1>) -> Option<Self> {
        let is_own = |kind: &DispatchTensorKind| matches!(kind, DispatchTensorKind::LibTorch(_));
        let Some(Graph::None) = operation::graph(weight, is_own) else {
            return None;
        };
        memory::keep();
        let weight = weight.clone().try_into_primitive::<LibTorch>().ok()?;
        let bias = bias.clone().try_into_primitive::<LibTorch>().ok()?;
        let of_weight = bias.tensor.to_kind(weight.tensor.kind());
        Some(Self {
            shape,
            weight,
            bias: TchTensor::new(of_weight),
            packed: Mutex::new(Packed::NotYet),
        })
    }

    /// `None` where the maps are not libtorch's, or live on a device with autodiff.
    pub(crate) fn forward(
        &self,
        input: &Tensor<4>,
        [before, after]: [usize; 2],
        shortcut: Option<(&Tensor<4>, usize)>,
    ) -> Option<Tensor<4>> {
        let of_libtorch = |map: &Tensor<4>| map.clone().try_into_primitive::<LibTorch>().ok();
        let input = of_libtorch(input)?;
        let crop = shortcut.map_or(0, |(_, crop)| crop);
        let shortcut = match shortcut {
            Some((map, _)) => Some(of_libtorch(map)?),
            None => None,
        };
        let [least, most] = self.shape.then.limits().map(f64::from);
        let settings = FixedSettings {
            transposed: i64::from(self.shape.transposed),
            stride: self.shape.stride as i64,
            before: before as i64,
            after: after as i64,
            crop: crop as i64,
            groups: self.shape.groups as i64,
            passes: i64::from(own_passes()),
            least,
            most,
        };
        let mut packed = self.packed.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*packed, Packed::NotYet) {
            let made = ffi::fixed_pack(
                &settings,
                &input.tensor,
                &self.weight.tensor,
                &self.bias.tensor,
            );
            *packed = made.map_or(Packed::AsTheyAre, Packed::Made);
        }
        let packed = match &*packed {
            Packed::Made(packed) => Some(packed),
            Packed::NotYet | Packed::AsTheyAre => None,
        };
        let output = ffi::fixed_forward(
            &settings,
            &input.tensor,
            &self.weight.tensor,
            packed,
            &self.bias.tensor,
            shortcut.as_ref().map(|map| &map.tensor),
        );
        Some(Tensor::from_primitive::<LibTorch>(TchTensor::new(output)))
    }
}
