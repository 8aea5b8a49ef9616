//! Five steps of every optimizer on a kernel and a bias, compared with PyTorch's: see `tests/golden/optimizers.py`.

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    rate: f64,
    start: Vec<f32>,
    gradients: Vec<Vec<f32>>,
    updates: BTreeMap<String, Vec<Vec<f32>>>,
}

#[derive(Module, Debug)]
struct Layer {
    kernel: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

/// A kernel and a bias from their nine numbers.
fn tensors(numbers: &[f32], device: &Device) -> (Tensor<2>, Tensor<1>) {
    let (kernel, bias) = numbers.split_at(6);
    (
        Tensor::from_data(TensorData::new(kernel.to_vec(), [2, 3]), device),
        Tensor::from_data(TensorData::new(bias.to_vec(), [3]), device),
    )
}

fn numbers(layer: &Layer) -> Vec<f32> {
    let kernel = layer.kernel.val().into_data().try_to_vec::<f32>().unwrap();
    let bias = layer.bias.val().into_data().try_to_vec::<f32>().unwrap();
    [kernel, bias].concat()
}

/// The optimizer of a case, whose name begins with its kind.
fn of_case(name: &str, rate: f64) -> Optimizer {
    let kind = name.split(' ').next().unwrap();
    let plain = Optimizer::all(rate)
        .into_iter()
        .find(|optimizer| optimizer.kind() == kind)
        .unwrap();
    match (name, plain) {
        (
            "adamw decay",
            Optimizer::AdamW {
                learning_rate,
                beta_1,
                beta_2,
                epsilon,
                ..
            },
        ) => Optimizer::AdamW {
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            weight_decay: 0.5,
        },
        (
            "lion decay",
            Optimizer::Lion {
                learning_rate,
                beta_1,
                beta_2,
                ..
            },
        ) => Optimizer::Lion {
            learning_rate,
            beta_1,
            beta_2,
            weight_decay: 0.5,
        },
        (name, Optimizer::Sgd { learning_rate, .. }) => {
            let (momentum, nesterov, weight_decay) = match name {
                "sgd" => (0.0, false, 0.0),
                "sgd decay" => (0.0, false, 0.3),
                "sgd momentum" => (0.9, false, 0.0),
                "sgd nesterov" => (0.8, true, 0.1),
                other => panic!("{other}"),
            };
            Optimizer::Sgd {
                learning_rate,
                momentum,
                nesterov,
                weight_decay,
            }
        }
        (name, plain) => {
            assert_eq!(name, plain.kind(), "a case that nobody knows");
            plain
        }
    }
}

#[test]
fn updates_are_those_of_pytorch() {
    let golden = include_str!("../../../../../tests/golden/optimizers.json");
    let golden: Golden = serde_json::from_str(golden).unwrap();
    let device = Device::flex().autodiff();
    let mut kinds = Vec::new();
    for (name, steps) in &golden.updates {
        let section = of_case(name, golden.rate);
        kinds.push(section.kind());
        let mut optimizer = optimizer(&section);
        let (kernel, bias) = tensors(&golden.start, &device);
        let mut layer = Layer {
            kernel: Param::from_tensor(kernel),
            bias: Param::from_tensor(bias),
        };
        for (step, (gradients, expected)) in golden.gradients.iter().zip(steps).enumerate() {
            let (kernel, bias) = tensors(gradients, &Device::flex());
            let mut gradients = GradientsParams::new();
            gradients.register(layer.kernel.id, kernel);
            gradients.register(layer.bias.id, bias);
            layer = optimizer.step(golden.rate, layer, gradients);
            for (found, expected) in numbers(&layer).iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 2e-6,
                    "{name} after step {}: {found} and {expected}",
                    step + 1
                );
            }
        }
    }
    // None is missing.
    kinds.dedup();
    assert_eq!(kinds, ["adam", "adamw", "lion", "sgd"]);
    assert_eq!(kinds.len(), Optimizer::all(1.0).len());
}
