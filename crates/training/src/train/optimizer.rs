//! The experiment's optimizer as burn-optim has it.

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, LionConfig, ModuleOptimizer, SgdConfig};

use super::Optimizer;

/// Before its first step. What each computes is compared with PyTorch, and Lion with its paper, in `tests`.
pub(super) fn optimizer(optimizer: &Optimizer) -> ModuleOptimizer {
    match *optimizer {
        Optimizer::Adam {
            learning_rate: _,
            beta_1,
            beta_2,
            epsilon,
        } => AdamConfig::new()
            .with_beta_1(beta_1 as f32)
            .with_beta_2(beta_2 as f32)
            .with_epsilon(epsilon as f32)
            .init(),
        Optimizer::AdamW {
            learning_rate: _,
            beta_1,
            beta_2,
            epsilon,
            weight_decay,
        } => AdamWConfig::new()
            .with_beta_1(beta_1 as f32)
            .with_beta_2(beta_2 as f32)
            .with_epsilon(epsilon as f32)
            .with_weight_decay(weight_decay as f32)
            .init(),
        Optimizer::Sgd {
            learning_rate: _,
            momentum,
            nesterov,
            weight_decay,
        } => {
            // Burn's default is to dampen, PyTorch's and the paper's is not to.
            let with_momentum = MomentumConfig {
                momentum,
                dampening: 0.0,
                nesterov,
            };
            let decay = WeightDecayConfig {
                penalty: weight_decay as f32,
            };
            SgdConfig::new()
                .with_momentum((momentum > 0.0).then_some(with_momentum))
                .with_weight_decay((weight_decay > 0.0).then_some(decay))
                .init()
        }
        Optimizer::Lion {
            learning_rate: _,
            beta_1,
            beta_2,
            weight_decay,
        } => LionConfig::new()
            .with_beta_1(beta_1 as f32)
            .with_beta_2(beta_2 as f32)
            .with_weight_decay(weight_decay as f32)
            .init(),
    }
}

#[cfg(test)]
mod tests;
