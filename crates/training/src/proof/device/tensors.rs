//! Tensors of a training by name, read back from its device.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use crate::network::Place;

/// Numbers by the name of their tensor.
pub(super) type Tensors = BTreeMap<String, Vec<f32>>;

/// The part of a model's names that says nothing: all of it is the network.
const NETWORK: &str = "network.";

/// Weights and running statistics of a model.
///
/// # Panics
///
/// When they cannot be read from their device.
pub(super) fn values<M: Module>(model: &M) -> Tensors {
    let mut reader = Reader::default();
    model.visit(&mut reader);
    reader.tensors
}

/// The gradients of a model.
///
/// # Panics
///
/// When they cannot be read from their device.
pub(super) fn gradients<M: Module>(model: &M, gradients: &GradientsParams) -> Tensors {
    let mut reader = Reader {
        gradients: Some(gradients),
        ..Reader::default()
    };
    model.visit(&mut reader);
    reader.tensors
}

/// The numbers of a tensor, the last dimension fastest.
///
/// # Panics
///
/// When they cannot be read from their device.
pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .try_to_vec()
        .expect("a training answers in 32-bit floats")
}

#[derive(Default)]
struct Reader<'a> {
    /// Where they are to be read and not the values.
    gradients: Option<&'a GradientsParams>,
    place: Place,
    tensors: Tensors,
}

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            Some(gradients) => gradients.get::<D>(param.id),
            None => Some(param.val()),
        };
        if let Some(tensor) = tensor {
            let name = self.place.name();
            let name = name.strip_prefix(NETWORK).unwrap_or(&name).to_owned();
            self.tensors.insert(name, numbers(tensor));
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.place.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.exit();
    }
}
