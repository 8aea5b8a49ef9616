//! What `tests/golden/optimizers.py` stored, and the layer that it is about: for tests.

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Golden {
    /// The learning rate of the updates.
    pub(super) rate: f64,
    /// The layer's nine numbers before the first step.
    pub(super) start: Vec<f32>,
    /// Its gradients at every step.
    pub(super) gradients: Vec<Vec<f32>>,
    /// The numbers after every step, by case.
    pub(super) updates: BTreeMap<String, Vec<Vec<f32>>>,
    /// The learning rate of every step, by schedule and steps of warm-up.
    pub(super) rates: BTreeMap<String, Vec<f64>>,
    /// The gradients of the first step, clipped, by case.
    pub(super) clipped: BTreeMap<String, Vec<f32>>,
}

impl Golden {
    pub(super) fn read() -> Self {
        let text = include_str!("../../../../tests/golden/optimizers.json");
        serde_json::from_str(text).unwrap()
    }
}

/// A kernel of 2 by 3 and a bias of 3, in training.
#[derive(Module, Debug)]
pub(super) struct Layer {
    kernel: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Layer {
    pub(super) fn new(numbers: &[f32]) -> Self {
        let (kernel, bias) = tensors(numbers, &Device::flex().autodiff());
        Self {
            kernel: Param::from_tensor(kernel),
            bias: Param::from_tensor(bias),
        }
    }

    pub(super) fn numbers(&self) -> Vec<f32> {
        joined(self.kernel.val(), self.bias.val())
    }

    /// Gradients of this layer.
    pub(super) fn gradients(&self, numbers: &[f32]) -> GradientsParams {
        let (kernel, bias) = tensors(numbers, &Device::flex());
        let mut gradients = GradientsParams::new();
        gradients.register(self.kernel.id, kernel);
        gradients.register(self.bias.id, bias);
        gradients
    }

    pub(super) fn numbers_of(&self, gradients: &GradientsParams) -> Vec<f32> {
        let kernel = gradients.get::<2>(self.kernel.id).unwrap();
        joined(kernel, gradients.get::<1>(self.bias.id).unwrap())
    }
}

fn tensors(numbers: &[f32], device: &Device) -> (Tensor<2>, Tensor<1>) {
    let (kernel, bias) = numbers.split_at(6);
    (
        Tensor::from_data(TensorData::new(kernel.to_vec(), [2, 3]), device),
        Tensor::from_data(TensorData::new(bias.to_vec(), [3]), device),
    )
}

fn joined(kernel: Tensor<2>, bias: Tensor<1>) -> Vec<f32> {
    let kernel = kernel.into_data().try_to_vec::<f32>().unwrap();
    let bias = bias.into_data().try_to_vec::<f32>().unwrap();
    [kernel, bias].concat()
}
