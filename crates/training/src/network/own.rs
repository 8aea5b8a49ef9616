//! What the backends compute themselves: from the modules to their layers.

use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::tensor::Tensor;

use super::convolution::Activation;
use super::norm::Norm;
use crate::backend::{self, FixedLayer, FixedShape, Layer};

/// Layers one after the other by the backend's own operation, where it has one and their norms take their statistics from
/// what they are given; see [`backend::layers`]. Those of the batch go into the norms.
pub(super) fn by_backend<const N: usize>(
    input: &Tensor<4>,
    layers: [(Option<Layer>, &Norm); N],
    shortcut: Option<usize>,
) -> Option<Tensor<4>> {
    let norms = layers.each_ref().map(|(_, norm)| *norm);
    let layers: Option<Vec<Layer>> = layers.into_iter().map(|(layer, _)| layer).collect();
    let normalized = backend::layers(input, &layers?, shortcut)?;
    for (norm, statistics) in norms.into_iter().zip(normalized.statistics) {
        if let Some(statistics) = statistics {
            norm.take_in(statistics);
        }
    }
    Some(normalized.output)
}

/// Zeros at the top and the left, and at the bottom and the right, which are the same for both sides of all networks here.
pub(super) fn padding_of(convolution: &Conv2d) -> Option<[usize; 2]> {
    match convolution.padding {
        PaddingConfig2d::Valid => Some([0, 0]),
        PaddingConfig2d::Explicit(top, left, bottom, right) => {
            ([top, bottom] == [left, right]).then_some([top, bottom])
        }
        PaddingConfig2d::Same => None,
    }
}

/// `None` of dilated convolutions.
pub(super) fn shape_of(convolution: &Conv2d, then: Activation) -> Option<FixedShape> {
    (convolution.dilation == [1, 1]).then_some(FixedShape {
        transposed: false,
        stride: convolution.stride[0],
        groups: convolution.groups,
        then: then.into(),
    })
}

/// A convolution without a norm, and what follows: by the backend's own operation where nobody learns and it has one.
pub(super) fn without_norm(convolution: &Conv2d, input: Tensor<4>, then: Activation) -> Tensor<4> {
    let own = || {
        let (shape, padding) = (shape_of(convolution, then)?, padding_of(convolution)?);
        let (weight, bias) = (convolution.weight.val(), convolution.bias.as_ref()?.val());
        Some((FixedLayer::new(shape, weight, bias), padding))
    };
    match own().filter(|_| !input.device().is_autodiff()) {
        Some((layer, padding)) => layer.forward(input, [padding; 2], None),
        None => then.of(convolution.forward(input)),
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::conv::Conv2dConfig;
    use burn::tensor::{Device, Distribution, Tolerance};

    use super::*;
    use crate::network::convolution::{Border, Convolution, TransposedConvolution, initial, same};
    use crate::network::initial::InitialWeights;
    use crate::network::residual_block::ResidualBlock;
    use crate::network::{NormKind, Upsampling, padding};

    fn random<const D: usize>(shape: [usize; D], mean: f64, device: &Device) -> Tensor<D> {
        Tensor::random(shape, Distribution::Normal(mean, 0.2), device)
    }

    /// As training leaves a norm.
    fn trained(norm: &Norm, device: &Device) {
        let Norm::Batch(norm) = norm else {
            unreachable!("only batch norm has running statistics");
        };
        let channels = norm.gamma.dims();
        norm.running_mean.update(random(channels, 0.3, device));
        norm.running_var.update(random(channels, 2.0, device).abs());
        norm.running_mean.value_sync();
        norm.running_var.value_sync();
    }

    fn assert_close(found: Tensor<4>, expected: Tensor<4>) {
        let tolerance = Tolerance::absolute(1e-5).set_relative(1e-5);
        found
            .into_data()
            .assert_approx_eq::<f32>(&expected.into_data(), tolerance);
    }

    #[test]
    fn after_training_a_layer_is_what_burn_composes() {
        let relu = Activation::Relu;
        for name in backend::present() {
            let device = backend::open(&name).unwrap();
            device.seed(7);
            let mut weights = InitialWeights::new(4);
            let batch = NormKind::Batch;
            let input = random([2, 3, 12, 12], 0.5, &device);

            let borders = [(Border::Valid, 1), (Border::Same, 2), (Border::Around, 2)];
            for (border, stride) in borders {
                let channels = [3, 20];
                let layer =
                    Convolution::new(&mut weights, batch, channels, 3, stride, border, &device);
                trained(&layer.norm, &device);
                let map = layer.convolution.forward(input.clone());
                let expected = relu.of(layer.norm.forward(map));
                assert_close(layer.forward(input.clone(), relu), expected);
            }

            for upsampling in [Upsampling::Transposed, Upsampling::Nearest] {
                let layer = TransposedConvolution::doubling(
                    &mut weights,
                    batch,
                    [3, 4],
                    upsampling,
                    &device,
                );
                trained(&layer.norm, &device);
                let stride = layer.convolution.stride[0];
                let given = crate::network::convolution::repeated(input.clone(), 2 / stride);
                let map = padding::keep_top_left(layer.convolution.forward(given), [24, 24]);
                let expected = relu.of(layer.norm.forward(map));
                assert_close(layer.forward(input.clone(), relu), expected);
            }

            let block = ResidualBlock::new(&mut weights, batch, 3, &device);
            let layers = [&block.first, &block.second];
            for layer in layers {
                trained(&layer.norm, &device);
            }
            let [first, second] =
                layers.map(|layer| |map| layer.norm.forward(layer.convolution.forward(map)));
            let expected = second(relu.of(first(input.clone()))) + padding::crop(input.clone(), 2);
            assert_close(block.forward(input.clone()), expected);

            let config = Conv2dConfig::new([3, 5], [3, 3]).with_padding(same(3, 1));
            let plain = initial(&mut weights, &config, &device);
            let expected = relu.of(plain.forward(input.clone()));
            assert_close(without_norm(&plain, input, relu), expected);
        }
    }
}
