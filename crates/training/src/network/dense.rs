//! Fully connected layers.

use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use super::NormKind;
use super::initial::InitialWeights;
use super::norm::Norm;

/// A fully connected layer, the batch norm after it, and a relu.
#[derive(Module, Debug)]
pub struct Dense {
    /// `[values_out, values_in]`.
    pub weight: Param<Tensor<2>>,
    /// `[values_out]`.
    pub bias: Param<Tensor<1>>,
    /// Over the photographs of the batch.
    pub norm: Norm,
}

impl Dense {
    /// From `values[0]` to `values[1]` values. Glorot uniform, and a bias of zeros.
    pub fn new(weights: &mut InitialWeights, values: [usize; 2], device: &Device) -> Self {
        let [from, to] = values;
        let weight = weights.values([to, from, 1, 1]);
        Self {
            weight: Param::from_data(TensorData::new(weight, [to, from]), device),
            bias: InitialWeights::bias(to, device),
            norm: Norm::new(NormKind::Batch, to, device),
        }
    }

    /// # Shapes
    ///
    /// `[batch, values_in]` to `[batch, values_out]`.
    pub fn forward(&self, values: Tensor<2>) -> Tensor<2> {
        let [batch, _] = values.dims();
        let [width, _] = self.weight.dims();
        let mixed = values.matmul(self.weight.val().transpose());
        let mixed = mixed + self.bias.val().unsqueeze::<2>();
        // To the norm, each value is a map of one pixel.
        let normal = self.norm.forward(mixed.reshape([batch, width, 1, 1]));
        relu(normal.reshape([batch, width]))
    }
}
