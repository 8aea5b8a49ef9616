//! Five steps of every optimizer on a kernel and a bias, compared with PyTorch's: see `tests/golden/optimizers.py`.

use super::*;
use crate::train::golden::{Golden, Layer};

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
    let golden = Golden::read();
    let mut kinds = Vec::new();
    for (name, steps) in &golden.updates {
        let section = of_case(name, golden.rate);
        kinds.push(section.kind());
        let mut optimizer = optimizer(&section);
        let mut layer = Layer::new(&golden.start);
        for (step, (gradients, expected)) in golden.gradients.iter().zip(steps).enumerate() {
            let gradients = layer.gradients(gradients);
            layer = optimizer.step(golden.rate, layer, gradients);
            for (found, expected) in layer.numbers().iter().zip(expected) {
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
