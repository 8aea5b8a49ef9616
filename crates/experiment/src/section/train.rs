//! The `[train]` section of an experiment file.

use serde::{Deserialize, Serialize};

use crate::precision::{Cudnn, Precision};
use crate::retention::Retention;

/// How long and how a network is trained, and how often its state is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainSection {
    /// Total optimizer steps.
    pub steps: usize,
    /// Images per step.
    pub batch_size: usize,
    /// The loss that is minimized.
    #[serde(default)]
    pub loss: Loss,
    /// The optimizer and its constants.
    pub optimizer: Optimizer,
    /// How the optimizer's learning rate changes over the steps.
    #[serde(default)]
    pub schedule: LearningRateSchedule,
    /// The arithmetic of the passes forward and backward; held-out images are always scored in 32-bit floats.
    #[serde(default)]
    pub precision: Precision,
    /// Steps from one checkpoint to the next; the last step always gets one.
    pub checkpoint_every: usize,
    /// Steps from one evaluation on held-out images to the next; the last step always gets one.
    pub evaluate_every: usize,
    /// Steps from one sample picture to the next; the last step always gets one.
    pub sample_every: usize,
    /// Which checkpoints stay. Changes no result.
    #[serde(default)]
    pub retain: Retention,
    /// Computes the network's inner values again in the backward pass instead of keeping them: less memory, more time,
    /// the same numbers.
    #[serde(default)]
    pub gradient_checkpointing: bool,
    /// How cuDNN chooses its algorithms, on CUDA; other devices have none.
    #[serde(default)]
    pub cudnn: Cudnn,
    /// Seconds between two writes of the metrics to disk: what a killed process can lose. Changes no result.
    #[serde(default = "default_flush_seconds")]
    pub flush_seconds: f64,
    /// Seconds between two samples of the machine's numbers: processor, memory, GPU, energy. Changes no result.
    #[serde(default = "default_system_every_seconds")]
    pub system_every_seconds: f64,
}

impl TrainSection {
    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        for (key, count) in [
            ("steps", self.steps),
            ("batch_size", self.batch_size),
            ("checkpoint_every", self.checkpoint_every),
            ("evaluate_every", self.evaluate_every),
            ("sample_every", self.sample_every),
        ] {
            if count == 0 {
                violations.push((key, "must be at least 1".to_string()));
            }
        }
        for (key, seconds) in [
            ("flush_seconds", self.flush_seconds),
            ("system_every_seconds", self.system_every_seconds),
        ] {
            if !(seconds > 0.0 && seconds.is_finite()) {
                violations.push((key, "must be a number above 0".to_string()));
            }
        }
        violations.extend(self.optimizer.violations());
        for (key, must) in self.retain.violations() {
            let key = match key {
                "last" => "retain.last",
                _ => "retain.best",
            };
            violations.push((key, must));
        }
        let Optimizer::Adam { learning_rate, .. } = self.optimizer;
        if self.schedule == LearningRateSchedule::Cosine && learning_rate > 1.0 {
            let must = "must be at most 1 with `train.schedule = \"cosine\"`".to_string();
            violations.push(("optimizer.learning_rate", must));
        }
        violations
    }
}

/// The losses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Mean squared error over all values of the target: RGB on [0, 1], or chroma.
    #[default]
    Mse,
    /// Huber (1964): half the square of an error up to [`HUBER_DELTA`], beyond it a line, so that the mean matters less
    /// and the median more.
    Huber,
}

/// Where the Huber loss turns from a square into a line, in the unit of the target.
pub const HUBER_DELTA: f64 = 0.05;

/// The optimizers.
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
}

impl Optimizer {
    fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        let mut refuse = |key, must: &str| violations.push((key, must.to_string()));
        match *self {
            Self::Adam {
                learning_rate,
                beta_1,
                beta_2,
                epsilon,
            } => {
                if !(learning_rate > 0.0 && learning_rate.is_finite()) {
                    refuse("optimizer.learning_rate", "must be a number above 0");
                }
                for (key, beta) in [("optimizer.beta_1", beta_1), ("optimizer.beta_2", beta_2)] {
                    if !(0.0..1.0).contains(&beta) {
                        refuse(key, "must be at least 0 and less than 1");
                    }
                }
                if !(epsilon > 0.0 && epsilon.is_finite()) {
                    refuse("optimizer.epsilon", "must be a number above 0");
                }
            }
        }
        violations
    }
}

/// How the learning rate changes over the steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearningRateSchedule {
    /// It stays constant, as in the original.
    #[default]
    Constant,
    /// It falls to 0 along half a cosine (Loshchilov and Hutter 2017, "SGDR", without restarts), so that the last steps
    /// settle what the first ones found.
    Cosine,
}

fn default_flush_seconds() -> f64 {
    10.0
}

fn default_system_every_seconds() -> f64 {
    10.0
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
