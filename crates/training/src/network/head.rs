//! The end of a network that chooses among classes.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::initial::InitialWeights;

/// A 1x1 convolution to the classes' logits, without norm or activation.
#[derive(Module, Debug)]
pub struct ClassHead {
    /// `[classes, channels]`.
    pub weight: Param<Tensor<2>>,
    /// `[classes]`.
    pub bias: Param<Tensor<1>>,
}

impl ClassHead {
    /// From `channels` to `classes`. Glorot uniform, and a bias of zeros.
    pub fn new(
        weights: &mut InitialWeights,
        channels: usize,
        classes: usize,
        device: &Device,
    ) -> Self {
        let kernel = weights.values([classes, channels, 1, 1]);
        Self {
            weight: Param::from_data(TensorData::new(kernel, [classes, channels]), device),
            bias: InitialWeights::bias(classes, device),
        }
    }

    /// # Shapes
    ///
    /// `[batch, channels, height, width]` to `[batch, classes, height, width]`.
    pub fn forward(&self, map: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = map.dims();
        let [classes, _] = self.weight.dims();
        let places = map.reshape([batch, channels, height * width]);
        // One matrix product an image: the gradient of Burn's 1x1 convolution is a convolution with a kernel as large as
        // the map.
        let logits = self.weight.val().unsqueeze::<3>().matmul(places);
        let bias = self.bias.val().reshape([1, classes, 1]);
        (logits + bias).reshape([batch, classes, height, width])
    }
}
