//! The optimizers and their constants: `train.optimizer`.

use serde::{Deserialize, Serialize};

/// The optimizers. Each computes what PyTorch's of the same name does, and Lion what its paper says.
///
/// Weight decay takes in every trained value, kernels as well as biases and the norms' scales and shifts, as PyTorch's
/// optimizers do by default. Running statistics and fitted values are not trained, so nothing decays them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// Kingma and Ba (2015), with Keras's defaults.
    Adam {
        /// Step size.
        learning_rate: f64,
        /// Decay of the first moment.
        #[serde(default = "default_beta_1")]
        beta_1: f64,
        /// Decay of the second moment.
        #[serde(default = "default_beta_2")]
        beta_2: f64,
        /// Added to the root of the second moment.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
    },
    /// Loshchilov and Hutter (2019), "Decoupled Weight Decay Regularization".
    #[serde(rename = "adamw")]
    AdamW {
        /// Step size.
        learning_rate: f64,
        /// Decay of the first moment.
        #[serde(default = "default_beta_1")]
        beta_1: f64,
        /// Decay of the second moment.
        #[serde(default = "default_beta_2")]
        beta_2: f64,
        /// Added to the root of the second moment.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
        /// Before each step, every value shrinks by this times the rate of the step.
        #[serde(default = "default_adamw_weight_decay")]
        weight_decay: f64,
    },
    /// Stochastic gradient descent, with momentum (Sutskever et al. 2013) if there is any.
    Sgd {
        /// Step size.
        learning_rate: f64,
        /// Share of the previous update that is kept; 0 for none.
        #[serde(default)]
        momentum: f64,
        /// Whether the gradient is looked at one update ahead. Needs momentum.
        #[serde(default)]
        nesterov: bool,
        /// This times the value is added to its gradient (an L2 penalty).
        #[serde(default)]
        weight_decay: f64,
    },
    /// Chen et al. (2023), "Symbolic Discovery of Optimization Algorithms": every value moves by the rate, and only the
    /// direction is learned. Wants a rate several times smaller than Adam's.
    Lion {
        /// Step size.
        learning_rate: f64,
        /// Share of the momentum in the direction of a step.
        #[serde(default = "default_beta_1")]
        beta_1: f64,
        /// Decay of the momentum.
        #[serde(default = "default_lion_beta_2")]
        beta_2: f64,
        /// Before each step, every value shrinks by this times the rate of the step.
        #[serde(default)]
        weight_decay: f64,
    },
}

impl Optimizer {
    /// One of each kind at `learning_rate`, everything else at its default, Adam first.
    pub fn all(learning_rate: f64) -> [Self; 4] {
        [
            Self::Adam {
                learning_rate,
                beta_1: default_beta_1(),
                beta_2: default_beta_2(),
                epsilon: default_epsilon(),
            },
            Self::AdamW {
                learning_rate,
                beta_1: default_beta_1(),
                beta_2: default_beta_2(),
                epsilon: default_epsilon(),
                weight_decay: default_adamw_weight_decay(),
            },
            Self::Sgd {
                learning_rate,
                momentum: 0.0,
                nesterov: false,
                weight_decay: 0.0,
            },
            Self::Lion {
                learning_rate,
                beta_1: default_beta_1(),
                beta_2: default_lion_beta_2(),
                weight_decay: 0.0,
            },
        ]
    }

    /// What `kind` says in a file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Adam { .. } => "adam",
            Self::AdamW { .. } => "adamw",
            Self::Sgd { .. } => "sgd",
            Self::Lion { .. } => "lion",
        }
    }

    /// The step size, above 0, before the schedule has a say in it.
    pub fn learning_rate(&self) -> f64 {
        match *self {
            Self::Adam { learning_rate, .. }
            | Self::AdamW { learning_rate, .. }
            | Self::Sgd { learning_rate, .. }
            | Self::Lion { learning_rate, .. } => learning_rate,
        }
    }

    /// The same with another step size.
    #[must_use]
    pub fn at_rate(mut self, rate: f64) -> Self {
        let (Self::Adam { learning_rate, .. }
        | Self::AdamW { learning_rate, .. }
        | Self::Sgd { learning_rate, .. }
        | Self::Lion { learning_rate, .. }) = &mut self;
        *learning_rate = rate;
        self
    }

    /// Tensors that it keeps for each tensor that is trained.
    pub(crate) fn moments(&self) -> usize {
        match *self {
            Self::Adam { .. } | Self::AdamW { .. } => 2,
            Self::Sgd { momentum, .. } => usize::from(momentum > 0.0),
            Self::Lion { .. } => 1,
        }
    }

    /// What is wrong with the values: the key within `[train]`, and what it must be, to be read after its name.
    pub(super) fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        let mut refuse = |key, must: &str| violations.push((key, must.to_string()));
        let rate = self.learning_rate();
        if !(rate > 0.0 && rate.is_finite()) {
            refuse("optimizer.learning_rate", "must be a number above 0");
        }
        let (betas, epsilon, decay) = match *self {
            Self::Adam {
                beta_1,
                beta_2,
                epsilon,
                ..
            } => (Some((beta_1, beta_2)), Some(epsilon), 0.0),
            Self::AdamW {
                beta_1,
                beta_2,
                epsilon,
                weight_decay,
                ..
            } => (Some((beta_1, beta_2)), Some(epsilon), weight_decay),
            Self::Lion {
                beta_1,
                beta_2,
                weight_decay,
                ..
            } => (Some((beta_1, beta_2)), None, weight_decay),
            Self::Sgd {
                momentum,
                nesterov,
                weight_decay,
                ..
            } => {
                if !(0.0..1.0).contains(&momentum) {
                    refuse("optimizer.momentum", "must be at least 0 and less than 1");
                }
                if nesterov && momentum == 0.0 {
                    refuse(
                        "optimizer.nesterov",
                        "must be false without `train.optimizer.momentum`",
                    );
                }
                (None, None, weight_decay)
            }
        };
        let (beta_1, beta_2) = betas.unzip();
        for (key, beta) in [("optimizer.beta_1", beta_1), ("optimizer.beta_2", beta_2)] {
            if beta.is_some_and(|beta| !(0.0..1.0).contains(&beta)) {
                refuse(key, "must be at least 0 and less than 1");
            }
        }
        if epsilon.is_some_and(|epsilon| !(epsilon > 0.0 && epsilon.is_finite())) {
            refuse("optimizer.epsilon", "must be a number above 0");
        }
        if !(decay >= 0.0 && decay.is_finite()) {
            refuse("optimizer.weight_decay", "must be a number, 0 or more");
        }
        violations
    }
}

fn default_beta_1() -> f64 {
    0.9
}

fn default_beta_2() -> f64 {
    0.999
}

fn default_epsilon() -> f64 {
    1e-7
}

fn default_adamw_weight_decay() -> f64 {
    0.01
}

fn default_lion_beta_2() -> f64 {
    0.99
}
