//! Fusion of one vector an image with a map.

use burn::module::{Module, Param};
use burn::tensor::{Device, FloatDType, Tensor, TensorData};

use super::initial::InitialWeights;

/// The fusion layer of Iizuka et al. (2016), "Let there be Color!", as the original has it: the vector stands at every
/// place of the map, and a 1x1 convolution (no norm, no activation) brings both back to the map's channels.
///
/// The concatenation is never made. Its convolution is `W [x; f] = Wx x + Wf f`, and `Wf f` is the same at every
/// place: one product of a vector and a matrix an image.
#[derive(Module, Debug)]
pub struct Fusion {
    /// Wx, `[channels_out, channels]`.
    pub map: Param<Tensor<2>>,
    /// Wf, `[width, channels_out]`.
    pub features: Param<Tensor<2>>,
    /// `[channels_out]`.
    pub bias: Param<Tensor<1>>,
}

impl Fusion {
    /// Fuses vectors of `width` values with a map of `channels`. Glorot uniform with the fans of the convolution over
    /// the concatenation, and a bias of zeros.
    pub fn new(
        weights: &mut InitialWeights,
        channels: usize,
        width: usize,
        device: &Device,
    ) -> Self {
        let both = channels + width;
        // [channels_out, channels + width]
        let kernel = weights.values([channels, both, 1, 1]);
        let rows = || kernel.chunks_exact(both);
        let map: Vec<f32> = rows().flat_map(|row| &row[..channels]).copied().collect();
        let features: Vec<f32> = (channels..both)
            .flat_map(|column| rows().map(move |row| row[column]))
            .collect();
        Self {
            map: Param::from_data(TensorData::new(map, [channels, channels]), device),
            features: Param::from_data(TensorData::new(features, [width, channels]), device),
            bias: InitialWeights::bias(channels, device),
        }
    }

    /// # Shapes
    ///
    /// `[batch, channels, height, width of the map]` and `[batch, width]` to
    /// `[batch, channels, height, width of the map]`.
    pub fn forward(&self, map: Tensor<4>, features: Tensor<2>) -> Tensor<4> {
        let [batch, channels, height, width] = map.dims();
        let of_map: FloatDType = map.dtype().into();
        let places = map.reshape([batch, channels, height * width]);
        // Casts to a type that a tensor has already do nothing.
        let kernel = self.map.val().cast(of_map).unsqueeze::<3>();
        let mixed = kernel
            .matmul(places)
            .reshape([batch, channels, height, width]);
        let everywhere = features.matmul(self.features.val()) + self.bias.val().unsqueeze::<2>();
        let everywhere = everywhere.cast(of_map);
        mixed + everywhere.reshape([batch, channels, 1, 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Distribution;
    use burn::tensor::module::conv2d;
    use burn::tensor::ops::ConvOptions;

    use crate::backend;

    fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
        tensor.to_data().try_to_vec().unwrap()
    }

    fn assert_close(found: &[f32], expected: &[f32], what: &str) {
        let size = expected
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(size > 0.0);
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() <= 1e-5 * size,
                "{what}: {found} and {expected}"
            );
        }
    }

    /// The layer, and all of its gradients, against the convolution of the concatenation.
    #[test]
    fn is_the_convolution_of_the_concatenation() {
        for name in backend::present() {
            let device = backend::open(&name).unwrap();
            device.seed(0);
            let device = device.autodiff();
            let (batch, channels, width, [high, wide]) = (3, 8, 37, [5, 6]);
            let fusion = Fusion::new(&mut InitialWeights::new(1), channels, width, &device);
            let normal = Distribution::Normal(0.0, 1.0);
            let map = Tensor::<4>::random([batch, channels, high, wide], normal, &device);
            let features = Tensor::<2>::random([batch, width], normal, &device);
            let weighting = Tensor::<4>::random([batch, channels, high, wide], normal, &device);

            let input = map.clone().detach().require_grad();
            let output = fusion.forward(input.clone(), features.clone());
            let gradients = (output.clone() * weighting.clone()).sum().backward();

            let naive_input = map.detach().require_grad();
            let kernel = Tensor::cat(vec![fusion.map.val(), fusion.features.val().transpose()], 1)
                .detach()
                .require_grad();
            let tiled = features
                .reshape([batch, width, 1, 1])
                .expand([batch, width, high, wide]);
            let naive = conv2d(
                Tensor::cat(vec![naive_input.clone(), tiled], 1),
                kernel.clone().reshape([channels, channels + width, 1, 1]),
                Some(fusion.bias.val()),
                ConvOptions::new([1, 1], [0, 0], [1, 1], 1),
            );
            let naive_gradients = (naive.clone() * weighting).sum().backward();

            assert_close(&values(&output), &values(&naive), "output");
            let gradient = input.grad(&gradients).unwrap();
            let expected = naive_input.grad(&naive_gradients).unwrap();
            assert_close(
                &values(&gradient),
                &values(&expected),
                "gradient of the map",
            );
            let expected = kernel.grad(&naive_gradients).unwrap();
            let gradient = Tensor::cat(
                vec![
                    fusion.map.grad(&gradients).unwrap(),
                    fusion.features.grad(&gradients).unwrap().transpose(),
                ],
                1,
            );
            assert_close(
                &values(&gradient),
                &values(&expected),
                "gradient of the kernel",
            );
            let gradient = fusion.bias.grad(&gradients).unwrap();
            let expected = fusion.bias.grad(&naive_gradients).unwrap();
            assert_close(
                &values(&gradient),
                &values(&expected),
                "gradient of the bias",
            );
        }
    }
}
