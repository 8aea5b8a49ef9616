//! A moving average of a network's weights: `train.ema`.
//!
//! After step n it is the mean of the weights after every step so far, in which those of k steps ago weigh `decay^k`. That is
//! the usual exponential moving average without its memory of the initial weights, which would be most of it for the first
//! `1 / (1 - decay)` steps (Kingma and Ba 2015, section 3, correct the same bias in Adam's moments).

use std::any::Any;
use std::collections::VecDeque;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

use crate::network::{Network, is_running_statistic};

/// The share of the newest weights in the average after `step`, counted from 1: all of it at first, toward `1 - decay` later.
fn share(decay: f64, step: usize) -> f64 {
    (1.0 - decay) / (1.0 - decay.powf(step as f64))
}

/// The average after `step`, whose weights `network` has. Batch norm's running statistics are not averaged a second time: they
/// are those of `network`. `average` lives on the device without autodiff.
pub(super) fn averaged(average: Network, network: &Network, decay: f64, step: usize) -> Network {
    let mut newest = Newest::default();
    network.visit(&mut newest);
    average.map(&mut Toward {
        newest: newest.0,
        share: share(decay, step),
        path: Vec::new(),
    })
}

/// The tensors of a network, in its order.
#[derive(Default)]
struct Newest(VecDeque<Box<dyn Any>>);

impl ModuleVisitor for Newest {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().without_autodiff();
        self.0.push_back(Box::new(value));
    }
}

/// Moves an average toward the newest weights.
struct Toward {
    newest: VecDeque<Box<dyn Any>>,
    share: f64,
    path: Vec<String>,
}

impl ModuleMapper for Toward {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let newest = self.newest.pop_front().and_then(|it| it.downcast().ok());
        let newest: Tensor<D> = *newest.expect("both are one and the same network");
        let (is_statistic, share) = (is_running_statistic(&self.path), self.share);
        param.map(|average| {
            if is_statistic {
                return newest;
            }
            let way = newest.clone() - average.clone();
            // As PyTorch's `lerp`: exact at both ends.
            if share < 0.5 {
                average + way.mul_scalar(share)
            } else {
                newest - way.mul_scalar(1.0 - share)
            }
        })
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_make_a_weighted_mean() {
        for decay in [0.5, 0.9, 0.9999] {
            // The share that the weights after each step have in the average after the last one.
            let mut found: Vec<f64> = Vec::new();
            for step in 1..=20 {
                let newest = share(decay, step);
                for share in &mut found {
                    *share *= 1.0 - newest;
                }
                found.push(newest);
            }
            let sum: f64 = (0..20).map(|ago| decay.powi(ago)).sum();
            for (found, ago) in found.iter().rev().zip(0..) {
                let expected = decay.powi(ago) / sum;
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{decay}: {found}, {expected}"
                );
            }
        }
        assert_eq!(share(0.9999, 1).to_bits(), 1.0_f64.to_bits());
    }
}
