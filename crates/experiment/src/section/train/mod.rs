//! The `[train]` section of an experiment file.

mod loss;
mod named;
mod optimizer;
mod schedule;

use serde::{Deserialize, Serialize};

pub use self::loss::Loss;
pub use self::optimizer::Optimizer;
pub use self::schedule::LearningRateSchedule;

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
    #[serde(default, with = "named")]
    pub loss: Loss,
    /// The optimizer and its constants.
    pub optimizer: Optimizer,
    /// How the optimizer's learning rate changes over the steps.
    #[serde(default, with = "named")]
    pub schedule: LearningRateSchedule,
    /// In the first so many steps the learning rate rises in equal parts to the full one; less than `steps`.
    #[serde(default)]
    pub warmup_steps: usize,
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
        violations.extend(self.loss.violations());
        violations.extend(self.optimizer.violations());
        violations.extend(self.schedule.violations());
        if self.steps > 0 && self.warmup_steps >= self.steps {
            let steps = self.steps;
            let must = format!("must be less than `train.steps`, which is {steps}");
            violations.push(("warmup_steps", must));
        }
        for (key, must) in self.retain.violations() {
            let key = match key {
                "last" => "retain.last",
                _ => "retain.best",
            };
            violations.push((key, must));
        }
        violations
    }
}

fn default_flush_seconds() -> f64 {
    10.0
}

fn default_system_every_seconds() -> f64 {
    10.0
}
