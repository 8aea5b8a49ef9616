//! The backends' own operations against the same composed of Burn's.

use burn::tensor::activation::relu;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{DType, Device, Distribution, FloatDType, Gradients, Tensor};

use super::*;
use crate::Precision;

/// A layer without its parameters, for an input of `[2, channels[0], side, side]`.
#[derive(Debug, Clone, Copy)]
struct Case {
    channels: [usize; 2],
    side: usize,
    size: usize,
    stride: usize,
    padding: [usize; 2],
    transposed: bool,
    norm: Norm,
    relu: bool,
}

const NORMS: [Norm; 2] = [Norm::Batch, Norm::Instance];

const PLAIN: Case = Case {
    channels: [5, 7],
    norm: Norm::Batch,
    side: 11,
    size: 3,
    stride: 1,
    padding: [0, 0],
    transposed: false,
    relu: true,
};

/// Those of the network, and every way through the kernels: channels that fill a register and that do not, few channels
/// in and out, widths that pair and that do not.
const CASES: [Case; 9] = [
    PLAIN,
    Case {
        channels: [64, 64],
        relu: false,
        ..PLAIN
    },
    Case {
        side: 12,
        stride: 2,
        padding: [0, 1],
        ..PLAIN
    },
    Case {
        channels: [1, 16],
        side: 16,
        size: 9,
        padding: [4, 4],
        ..PLAIN
    },
    Case {
        channels: [1, 3],
        side: 15,
        size: 9,
        padding: [4, 4],
        ..PLAIN
    },
    Case {
        channels: [3, 16],
        side: 16,
        size: 9,
        padding: [4, 4],
        ..PLAIN
    },
    Case {
        channels: [16, 8],
        side: 6,
        stride: 2,
        padding: [0, 1],
        transposed: true,
        ..PLAIN
    },
    Case {
        channels: [16, 2],
        side: 16,
        size: 9,
        padding: [4, 4],
        transposed: true,
        relu: false,
        ..PLAIN
    },
    Case {
        channels: [4, 3],
        side: 14,
        size: 9,
        padding: [4, 4],
        transposed: true,
        ..PLAIN
    },
];

/// A residual block.
const BLOCK: [Case; 2] = {
    let first = Case {
        channels: [16, 16],
        side: 9,
        ..PLAIN
    };
    [
        first,
        Case {
            relu: false,
            ..first
        },
    ]
};

/// The same with another norm.
fn with<const N: usize>(norm: Norm, cases: [Case; N]) -> [Case; N] {
    cases.map(|case| Case { norm, ..case })
}

impl Case {
    fn layer(self, device: &Device) -> Layer {
        let [channels_in, channels_out] = self.channels;
        let [first, second] = if self.transposed {
            [channels_in, channels_out]
        } else {
            [channels_out, channels_in]
        };
        let vector = |mean| random([channels_out], mean, device);
        Layer {
            weight: random([first, second, self.size, self.size], 0.0, device),
            bias: vector(0.0),
            norm: self.norm,
            gamma: vector(1.0),
            beta: vector(0.0),
            epsilon: 1e-3,
            transposed: self.transposed,
            stride: self.stride,
            padding: self.padding,
            relu: self.relu,
        }
    }
}

fn random<const D: usize>(shape: [usize; D], mean: f64, device: &Device) -> Tensor<D> {
    let tensor = Tensor::random(shape, Distribution::Normal(mean, 1.0), device);
    if device.is_autodiff() {
        tensor.require_grad()
    } else {
        tensor
    }
}

fn composed(input: Tensor<4>, layer: &Layer) -> (Tensor<4>, Option<[Tensor<1>; 2]>) {
    let [before, after] = layer.padding;
    let stride = [layer.stride; 2];
    let (weight, bias) = (layer.weight.clone(), Some(layer.bias.clone()));
    let map = if layer.transposed {
        let [_, _, height, width] = input.dims();
        let options = ConvTransposeOptions::new(stride, [before; 2], [0, 0], [1, 1], 1);
        let [high, wide] = [height, width].map(|side| side * layer.stride);
        conv_transpose2d(input, weight, bias, options)
            .narrow(2, 0, high)
            .narrow(3, 0, wide)
    } else {
        let padding = [(before, after); 2];
        let options = ConvOptions::new_with_padding(stride, padding, [1, 1], 1);
        conv2d(input, weight, bias, options)
    };
    let over: &[usize] = match layer.norm {
        Norm::Batch => &[0, 2, 3],
        Norm::Instance => &[2, 3],
    };
    let mean = map.clone().mean_dims(over);
    let deviation = map - mean.clone();
    let variance = deviation.clone().square().mean_dims(over);
    let channels = [1, layer.gamma.dims()[0], 1, 1];
    let gamma = layer.gamma.clone().reshape(channels);
    let beta = layer.beta.clone().reshape(channels);
    let output = deviation / (variance.clone() + layer.epsilon).sqrt() * gamma + beta;
    let output = if layer.relu { relu(output) } else { output };
    let of_batch = (layer.norm == Norm::Batch)
        .then(|| [mean, variance].map(|values| values.reshape([channels[1]])));
    (output, of_batch)
}

fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().try_to_vec().unwrap()
}

/// The gradients of the input and of every parameter.
fn gradients(input: &Tensor<4>, layers: &[Layer], all: &Gradients) -> Vec<Vec<f32>> {
    let mut found = vec![values(&input.grad(all).unwrap())];
    for layer in layers {
        found.push(values(&layer.weight.grad(all).unwrap()));
        for vector in [&layer.bias, &layer.gamma, &layer.beta] {
            found.push(values(&vector.grad(all).unwrap()));
        }
    }
    found
}

fn assert_close(found: &[f32], expected: &[f32], scale: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected
        .iter()
        .fold(scale, |most, value| most.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(
            error <= 1e-4 * size,
            "{what}: {found} is not {expected}, of {size}"
        );
    }
}

/// Output, statistics and gradients of `cases` one after the other, by the backend and composed; the same bits twice.
fn compare(cases: &[Case], shortcut: Option<usize>) {
    for name in crate::present() {
        for checkpointing in [false, true] {
            let plain = crate::open(&name).unwrap();
            plain.seed(3);
            let mut device = plain.autodiff();
            if checkpointing {
                device = device.gradient_checkpointing();
            }
            let what = format!("{name}, checkpointing {checkpointing}, {cases:?}");
            let side = cases[0].side;
            let input = random([2, cases[0].channels[0], side, side], 0.5, &device);
            let given: Vec<Layer> = cases.iter().map(|case| case.layer(&device)).collect();

            let mut expected = input.clone();
            let mut statistics = Vec::new();
            for layer in &given {
                let (output, of_layer) = composed(expected, layer);
                expected = output;
                statistics.push(of_layer);
            }
            if let Some(crop) = shortcut {
                let [_, _, height, width] = expected.dims();
                expected = expected + input.clone().narrow(2, crop, height).narrow(3, crop, width);
            }
            let weighting =
                Tensor::random(expected.dims(), Distribution::Normal(0.0, 1.0), &device);
            let all = (expected.clone() * weighting.clone()).sum().backward();
            let of_composed = gradients(&input, &given, &all);

            let by_backend = || {
                let normalized = layers(&input, &given, shortcut).unwrap();
                let output = normalized.output.clone();
                let all = (output * weighting.clone()).sum().backward();
                (normalized, gradients(&input, &given, &all))
            };
            let (normalized, found) = by_backend();
            assert_close(&values(&normalized.output), &values(&expected), 0.0, &what);
            assert_eq!(normalized.statistics.len(), statistics.len());
            for (found, expected) in normalized.statistics.iter().zip(&statistics) {
                assert_eq!(found.is_some(), expected.is_some());
                let both = found.iter().flatten().zip(expected.iter().flatten());
                for (found, expected) in both {
                    assert_close(&values(found), &values(expected), 0.1, &what);
                }
            }
            // The gradients of biases in front of a norm are zero; composed, they are what rounding leaves.
            let size = of_composed[0]
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            for (index, (found, expected)) in found.iter().zip(&of_composed).enumerate() {
                assert_close(found, expected, size, &format!("{what}, gradient {index}"));
            }
            if crate::is_deterministic(&name) {
                let (again, gradients) = by_backend();
                assert_eq!(values(&again.output), values(&normalized.output), "{what}");
                assert_eq!(gradients, found, "{what}");
            }
        }
    }
}

#[test]
fn a_layer_is_what_burn_composes() {
    for norm in NORMS {
        for case in with(norm, CASES) {
            compare(&[case], None);
        }
    }
}

/// What CUDA takes, on the processor: libtorch's own norm instead of our passes over memory.
#[cfg(feature = "libtorch")]
#[test]
fn without_own_passes_it_is_the_same() {
    use crate::native::OWN_PASSES;
    OWN_PASSES.set(false);
    for norm in NORMS {
        for case in with(norm, CASES) {
            compare(&[case], None);
        }
        compare(&with(norm, BLOCK), Some(2));
    }
    OWN_PASSES.set(true);
}

/// In bfloat16 against 32 bits: outputs and gradients as close as 8 bits of mantissa allow, and the gradients of parameters
/// in 32 bits.
#[test]
fn in_bfloat16_it_is_nearly_the_same() {
    for name in crate::present() {
        if crate::computes(&name, Precision::Bf16).is_err() {
            continue;
        }
        let of = |norm| {
            let alone = with(norm, CASES).map(|case| (vec![case], None));
            alone
                .into_iter()
                .chain([(with(norm, BLOCK).to_vec(), Some(2))])
        };
        for (cases, shortcut) in NORMS.into_iter().flat_map(of) {
            let what = format!("{name}, {cases:?}");
            let plain = crate::open(&name).unwrap();
            plain.seed(4);
            let device = plain.autodiff();
            let side = cases[0].side;
            let input = random([2, cases[0].channels[0], side, side], 0.5, &device);
            let given: Vec<Layer> = cases.iter().map(|case| case.layer(&device)).collect();
            let run = |precision: FloatDType| {
                let normalized = layers(&input.clone().cast(precision), &given, shortcut).unwrap();
                let output = normalized.output.cast(FloatDType::F32);
                // The same weighting both times.
                let weighting = output.clone().detach().powi_scalar(2);
                let all = (output.clone() * weighting).sum().backward();
                for layer in &given {
                    assert_eq!(layer.weight.grad(&all).unwrap().dtype(), DType::F32);
                }
                (values(&output), gradients(&input, &given, &all))
            };
            let (expected, gradients) = run(FloatDType::F32);
            let (found, short) = run(FloatDType::BF16);
            assert!(similarity(&found, &expected) > 0.9995, "{what}");
            for (index, (found, expected)) in short.iter().zip(&gradients).enumerate() {
                if expected.iter().any(|value| *value != 0.0) {
                    let similarity = similarity(found, expected);
                    assert!(similarity > 0.99, "{what}, gradient {index}: {similarity}");
                }
            }
        }
    }
}

/// The cosine of the angle between two vectors.
fn similarity(one: &[f32], other: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    product(one, other) / (product(one, one) * product(other, other)).sqrt()
}

#[test]
fn two_layers_and_a_shortcut_are_what_burn_composes() {
    for norm in NORMS {
        for channels in [3, 16, 32] {
            let cases = with(norm, BLOCK).map(|case| Case {
                channels: [channels; 2],
                ..case
            });
            compare(&cases, Some(2));
        }
    }
}

#[test]
fn without_autodiff_the_operation_gives_the_same_bits_and_keeps_no_graph() {
    for (name, norm) in crate::present()
        .into_iter()
        .flat_map(|name| NORMS.map(|norm| (name, norm)))
    {
        let device = crate::open(&name).unwrap();
        let [case] = with(norm, [PLAIN]);
        let layer = case.layer(&device);
        let shape = [2, case.channels[0], case.side, case.side];
        let input: Tensor<4> = random(shape, 0.0, &device);
        let with_graph = Layer {
            weight: Tensor::from_inner(layer.weight.clone()).require_grad(),
            bias: Tensor::from_inner(layer.bias.clone()).require_grad(),
            gamma: Tensor::from_inner(layer.gamma.clone()).require_grad(),
            beta: Tensor::from_inner(layer.beta.clone()).require_grad(),
            ..layer
        };
        let in_training = Tensor::from_inner(input.clone());
        let [plain, training] =
            [(input, layer), (in_training, with_graph)].map(|(input, layer)| {
                let made = layers(&input, &[layer], None).unwrap();
                let is_autodiff = made.output.device().is_autodiff();
                let statistics = made.statistics[0]
                    .clone()
                    .map(|of| of.map(|it| values(&it)));
                (is_autodiff, values(&made.output), statistics)
            });
        assert!(!plain.0 && training.0);
        assert_eq!(plain.1, training.1, "{name}");
        assert_eq!(plain.2, training.2, "{name}");
    }
}

/// What an image becomes does not depend on the others of its batch, as it does with batch norm.
#[test]
fn instance_norm_sees_one_image() {
    for name in crate::present() {
        let device = crate::open(&name).unwrap();
        for case in with(Norm::Instance, CASES) {
            let layer = case.layer(&device);
            let input = random([3, case.channels[0], case.side, case.side], 0.5, &device);
            let run = |input: &Tensor<4>| {
                let made = layers(input, std::slice::from_ref(&layer), None).unwrap();
                made.output
            };
            let together = run(&input);
            for image in 0..3 {
                let alone = values(&run(&input.clone().narrow(0, image, 1)));
                let one = values(&together.clone().narrow(0, image, 1));
                assert_close(&one, &alone, 0.0, &format!("{name}, {case:?}"));
            }
        }
    }
}
