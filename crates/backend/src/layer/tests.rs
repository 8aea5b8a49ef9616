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
    relu: bool,
}

const PLAIN: Case = Case {
    channels: [5, 7],
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

fn composed(input: Tensor<4>, layer: &Layer) -> (Tensor<4>, [Tensor<1>; 2]) {
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
    let mean = map.clone().mean_dims(&[0, 2, 3]);
    let deviation = map - mean.clone();
    let variance = deviation.clone().square().mean_dims(&[0, 2, 3]);
    let channels = [1, layer.gamma.dims()[0], 1, 1];
    let gamma = layer.gamma.clone().reshape(channels);
    let beta = layer.beta.clone().reshape(channels);
    let output = deviation / (variance.clone() + layer.epsilon).sqrt() * gamma + beta;
    let output = if layer.relu { relu(output) } else { output };
    (
        output,
        [mean, variance].map(|values| values.reshape([channels[1]])),
    )
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
            for (found, expected) in normalized.statistics.iter().zip(&statistics) {
                for (found, expected) in found.iter().zip(expected) {
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
    for case in CASES {
        compare(&[case], None);
    }
}

/// What CUDA takes, on the processor: libtorch's own norm instead of our passes over memory.
#[cfg(feature = "libtorch")]
#[test]
fn without_own_passes_it_is_the_same() {
    use crate::native::OWN_PASSES;
    OWN_PASSES.set(false);
    for case in CASES {
        compare(&[case], None);
    }
    compare(&BLOCK, Some(2));
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
        for (cases, shortcut) in CASES
            .iter()
            .map(|case| (std::slice::from_ref(case), None))
            .chain([(&BLOCK[..], Some(2))])
        {
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
    for channels in [3, 16, 32] {
        let first = Case {
            channels: [channels; 2],
            side: 9,
            ..PLAIN
        };
        let second = Case {
            relu: false,
            ..first
        };
        compare(&[first, second], Some(2));
    }
}

#[test]
fn without_autodiff_the_operation_gives_the_same_bits_and_keeps_no_graph() {
    for name in crate::present() {
        let device = crate::open(&name).unwrap();
        let layer = PLAIN.layer(&device);
        let shape = [2, PLAIN.channels[0], PLAIN.side, PLAIN.side];
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
                let [mean, variance] = made.statistics[0].clone();
                let is_autodiff = made.output.device().is_autodiff();
                let values = [made.output.reshape([-1]), mean, variance]
                    .map(|tensor: Tensor<1>| tensor.into_data().try_to_vec::<f32>().unwrap());
                (is_autodiff, values)
            });
        assert!(!plain.0 && training.0);
        assert_eq!(plain.1, training.1, "{name}");
    }
}
