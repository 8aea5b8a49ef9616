//! The backends' own operations against the same composed of Burn's.

use burn::tensor::{Device, Distribution};

use super::*;
use crate::Precision;

/// A layer for an input of `[3, channels[0], sides]`.
#[derive(Debug, Clone, Copy)]
struct Case {
    channels: [usize; 2],
    sides: [usize; 2],
    size: usize,
    padding: [[usize; 2]; 2],
    /// What is cut off a shortcut.
    crop: Option<usize>,
    shape: FixedShape,
}

const SHAPE: FixedShape = FixedShape {
    transposed: false,
    stride: 1,
    groups: 1,
    then: Then::Relu,
};

const PLAIN: Case = Case {
    channels: [5, 19],
    sides: [9, 11],
    size: 3,
    padding: [[1, 1]; 2],
    crop: None,
    shape: SHAPE,
};

/// A 1x1 convolution.
const POINT: Case = Case {
    size: 1,
    padding: [[0, 0]; 2],
    ..PLAIN
};

const TWICE: FixedShape = FixedShape { stride: 2, ..SHAPE };

const TRANSPOSED: FixedShape = FixedShape {
    transposed: true,
    ..SHAPE
};

/// One channel by itself each, of 33: no vector's width divides it.
const DEPTHWISE: Case = Case {
    channels: [33, 33],
    shape: FixedShape {
        groups: 33,
        then: Then::Relu6,
        ..SHAPE
    },
    ..PLAIN
};

/// Every way through the kernels.
fn cases() -> Vec<Case> {
    let mut cases = vec![
        PLAIN,
        // So many pixels that the weights are packed each time.
        Case {
            sides: [33, 35],
            ..PLAIN
        },
        Case {
            channels: [16, 64],
            crop: Some(0),
            ..PLAIN
        },
        Case {
            channels: [16, 16],
            padding: [[0, 0]; 2],
            crop: Some(1),
            shape: FixedShape {
                then: Then::Nothing,
                ..SHAPE
            },
            ..PLAIN
        },
        Case {
            shape: TWICE,
            padding: [[0, 1]; 2],
            ..PLAIN
        },
        Case {
            shape: TWICE,
            padding: [[1, 1], [0, 1]],
            ..PLAIN
        },
        Case {
            channels: [3, 20],
            size: 7,
            padding: [[3, 3]; 2],
            shape: TWICE,
            ..PLAIN
        },
        Case {
            channels: [1, 16],
            sides: [12, 16],
            size: 9,
            padding: [[4, 4]; 2],
            ..PLAIN
        },
        POINT,
        Case {
            channels: [256, 40],
            crop: Some(0),
            ..POINT
        },
        Case {
            channels: [20, 3],
            ..POINT
        },
        Case {
            shape: TWICE,
            ..POINT
        },
        Case {
            channels: [16, 8],
            padding: [[0, 1]; 2],
            shape: FixedShape {
                stride: 2,
                ..TRANSPOSED
            },
            ..PLAIN
        },
        Case {
            channels: [16, 2],
            sides: [12, 16],
            size: 9,
            padding: [[4, 4]; 2],
            shape: TRANSPOSED,
            ..PLAIN
        },
        DEPTHWISE,
        Case {
            size: 5,
            padding: [[2, 2]; 2],
            crop: Some(0),
            ..DEPTHWISE
        },
        Case {
            padding: [[0, 1], [1, 1]],
            shape: FixedShape {
                stride: 2,
                ..DEPTHWISE.shape
            },
            ..DEPTHWISE
        },
        // Several channels in each part: nobody's own.
        Case {
            channels: [6, 8],
            shape: FixedShape { groups: 2, ..SHAPE },
            ..PLAIN
        },
    ];
    let limited = |case: &Case| Case {
        shape: FixedShape {
            then: Then::Relu6,
            ..case.shape
        },
        ..*case
    };
    cases.extend([limited(&cases[2]), limited(&cases[7]), limited(&cases[8])]);
    cases
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.2, 1.0), device)
}

impl Case {
    fn layer(&self, device: &Device) -> FixedLayer {
        let [from, to] = self.channels;
        let kernel = if self.shape.transposed {
            [from, to]
        } else {
            [to, from / self.shape.groups]
        };
        let [first, second] = kernel;
        let weight = random([first, second, self.size, self.size], device);
        FixedLayer::new(self.shape, weight, random([to], device))
    }

    fn input(&self, device: &Device) -> Tensor<4> {
        let [height, width] = self.sides;
        random([3, self.channels[0], height, width], device)
    }

    /// Input, shortcut, and what Burn's operations make of them.
    fn composed(
        &self,
        layer: &FixedLayer,
        device: &Device,
    ) -> (Tensor<4>, Option<(Tensor<4>, usize)>, Tensor<4>) {
        let input = self.input(device);
        let [high, wide] = self.padding;
        let (padded, padding) = if self.shape.transposed {
            (input.clone(), high)
        } else {
            let around = (wide[0], wide[1], high[0], high[1]);
            let padded = input.clone().pad(around, PadMode::Constant(0.0));
            (padded, [0, 0])
        };
        let [batch, channels, height, width] = layer.composed(padded.clone(), padding, None).dims();
        let shortcut = self.crop.map(|crop| {
            let sides = [height, width].map(|side| side + 2 * crop);
            (random([batch, channels, sides[0], sides[1]], device), crop)
        });
        let expected = layer.composed(padded, padding, shortcut.clone());
        (input, shortcut, expected)
    }
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    let tensor = tensor.cast(FloatDType::F32);
    tensor.into_data().try_to_vec().unwrap()
}

/// `share` of the largest value is what they may differ by.
fn assert_close(found: &[f32], expected: &[f32], share: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    assert!(size > 0.0, "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(error <= share * size, "{what}: {found} is not {expected}");
    }
}

fn compare() {
    for name in crate::present() {
        let device = crate::open(&name).unwrap();
        device.seed(5);
        for case in cases() {
            let what = format!("{name}, {case:?}");
            let layer = case.layer(&device);
            let (input, shortcut, expected) = case.composed(&layer, &device);
            let run = || values(layer.forward(input.clone(), case.padding, shortcut.clone()));
            let found = run();
            assert_close(&found, &values(expected), 1e-5, &what);
            if crate::is_deterministic(&name) {
                assert_eq!(run(), found, "{what}");
            }
            // Nobody's memory has been written over.
            let again = layer.forward(input, case.padding, shortcut);
            assert_close(&values(again), &found, 1e-5, &what);
        }
    }
}

#[test]
fn a_fixed_layer_is_what_burn_composes() {
    compare();
}

/// What CUDA takes, on the processor.
#[cfg(feature = "libtorch")]
#[test]
fn without_own_passes_it_is_the_same() {
    use crate::native::OWN_PASSES;
    OWN_PASSES.set(false);
    compare();
    OWN_PASSES.set(true);
}

#[test]
fn on_every_device_a_layer_has_an_operation_of_its_own() {
    for name in crate::present() {
        let device = crate::open(&name).unwrap();
        for case in cases() {
            let is_own = !matches!(case.layer(&device).own, Own::None);
            let some_channels = case.shape.groups == 2 && name == crate::DeviceName::Flex;
            assert_eq!(is_own, !some_channels, "{name}, {case:?}");
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
fn in_bfloat16_it_is_nearly_the_same() {
    for name in crate::present() {
        if crate::computes(&name, Precision::Bf16).is_err() {
            continue;
        }
        let device = crate::open(&name).unwrap();
        device.seed(6);
        for case in cases() {
            let layer = case.layer(&device);
            let (input, shortcut, expected) = case.composed(&layer, &device);
            let weight = layer.weight.clone().cast(FloatDType::BF16);
            let short = FixedLayer::new(case.shape, weight, layer.bias.clone());
            let found = short.forward(input, case.padding, shortcut);
            // What is cut off at 6 says nothing of how large the sums are that were rounded.
            let similarity = similarity(&values(found), &values(expected));
            assert!(similarity > 0.9995, "{name}, {case:?}: {similarity}");
        }
    }
}

/// Other sizes than that of the first input.
#[test]
fn what_was_made_of_the_weights_fits_every_size() {
    for name in crate::present() {
        let device = crate::open(&name).unwrap();
        for case in cases() {
            let layer = case.layer(&device);
            layer.forward(case.input(&device), case.padding, None);
            let larger = Case {
                sides: case.sides.map(|side| side + 32),
                ..case
            };
            let (input, shortcut, expected) = larger.composed(&layer, &device);
            let found = layer.forward(input, case.padding, shortcut);
            let what = format!("{name}, {case:?}");
            assert_close(&values(found), &values(expected), 1e-5, &what);
        }
    }
}

/// As a training that went wrong leaves it.
#[test]
fn what_is_not_a_number_in_the_weights_stays_in_sight() {
    for name in crate::present() {
        let device = crate::open(&name).unwrap();
        for case in cases() {
            let FixedLayer { weight, bias, .. } = case.layer(&device);
            let input = case.input(&device);
            for (weight, bias) in [
                (weight.clone().mul_scalar(f32::NAN), bias.clone()),
                (weight, bias.mul_scalar(f32::NAN)),
            ] {
                let layer = FixedLayer::new(case.shape, weight, bias);
                let found = values(layer.forward(input.clone(), case.padding, None));
                assert!(found.iter().all(|value| value.is_nan()), "{name}, {case:?}");
            }
        }
    }
}
