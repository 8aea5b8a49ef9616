//! The end of a network: to the logits of classes, or to values without a norm after them.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::initial::InitialWeights;

/// A 1x1 convolution, without norm or activation.
#[derive(Module, Debug)]
pub struct Head {
    /// `[channels_out, channels_in]`.
    pub weight: Param<Tensor<2>>,
    /// `[channels_out]`.
    pub bias: Param<Tensor<1>>,
}

impl Head {
    /// From `channels` to `values` channels. Glorot uniform, and a bias of zeros.
    pub fn new(
        weights: &mut InitialWeights,
        channels: usize,
        values: usize,
        device: &Device,
    ) -> Self {
        let kernel = weights.values([values, channels, 1, 1]);
        Self {
            weight: Param::from_data(TensorData::new(kernel, [values, channels]), device),
            bias: InitialWeights::bias(values, device),
        }
    }

    /// # Shapes
    ///
    /// `[batch, channels_in, height, width]` to `[batch, channels_out, height, width]`.
    pub fn forward(&self, map: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = map.dims();
        let [values, _] = self.weight.dims();
        let places = map.reshape([batch, channels, height * width]);
        // One matrix product an image: the gradient of Burn's 1x1 convolution is a convolution with a kernel as large as
        // the map.
        let mixed = self.weight.val().unsqueeze::<3>().matmul(places);
        let bias = self.bias.val().reshape([1, values, 1]);
        (mixed + bias).reshape([batch, values, height, width])
    }
}
