//! The `[train]` section of an experiment file.

mod loss;
mod named;
mod optimizer;
mod perceptual;
mod schedule;
mod stop_early;

use serde::{Deserialize, Serialize};

pub use self::loss::Loss;
pub use self::optimizer::Optimizer;
pub use self::perceptual::{Perceptual, VggLayer};
pub use self::schedule::LearningRateSchedule;
pub use self::stop_early::StopEarly;

use crate::precision::{Cudnn, Precision};
use crate::retention::Retention;

/// What `train.from` says where no other training comes before: initial weights are drawn by the seed.
pub const SCRATCH: &str = "scratch";

/// How long and how a network is trained, and how often its state is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainSection {
    /// Total optimizer steps.
    pub steps: usize,
    /// Where the initial weights come from: [`SCRATCH`], a run, by name or folder, or a file that `export model` wrote.
    #[serde(default = "default_from")]
    pub from: String,
    /// Whether only those of its weights are taken that fit the network; the others stay as they are from scratch.
    #[serde(default)]
    pub from_partial: bool,
    /// Parts of the network that are not trained, by the names that exported files have, each with all that is below it.
    #[serde(default)]
    pub frozen: Vec<String>,
    /// Images per forward and backward pass, and so per step unless gradients are accumulated.
    pub batch_size: usize,
    /// Passes per step, whose gradients are averaged: a batch larger than memory allows.
    #[serde(default = "default_accumulate")]
    pub accumulate: usize,
    /// The loss that is minimized.
    #[serde(default, with = "named")]
    pub loss: Loss,
    /// What the maps of a classifier add to it.
    #[serde(default)]
    pub perceptual: Perceptual,
    /// The optimizer and its constants.
    pub optimizer: Optimizer,
    /// How the optimizer's learning rate changes over the steps.
    #[serde(default, with = "named")]
    pub schedule: LearningRateSchedule,
    /// In the first so many steps the learning rate rises in equal parts to the full one; less than `steps`.
    #[serde(default)]
    pub warmup_steps: usize,
    /// The largest norm of all gradients of a step together; longer ones are scaled to it. 0 for none.
    #[serde(default)]
    pub clip_norm: f64,
    /// The largest size of each number in a gradient, before the norm is taken; 0 for none.
    #[serde(default)]
    pub clip_value: f64,
    /// Decay of the moving average of the weights, at every step, by which everything but training itself is done; 0 for none.
    #[serde(default)]
    pub ema: f64,
    /// The arithmetic of the passes forward and backward; held-out images are always scored in 32-bit floats.
    #[serde(default)]
    pub precision: Precision,
    /// Steps from one checkpoint to the next; the last step always gets one.
    pub checkpoint_every: usize,
    /// Steps from one evaluation on held-out images to the next; the last step always gets one.
    pub evaluate_every: usize,
    /// Steps from one sample picture to the next; the last step always gets one.
    pub sample_every: usize,
    /// Whether it ends before its last step.
    #[serde(default)]
    pub stop_early: StopEarly,
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
    /// What the initial weights come from; `None` where that is nothing.
    pub fn source(&self) -> Option<&str> {
        (self.from != SCRATCH).then_some(self.from.as_str())
    }

    /// Images whose gradients make one step.
    pub fn images_per_step(&self) -> usize {
        self.batch_size.saturating_mul(self.accumulate)
    }

    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        for (key, count) in [
            ("steps", self.steps),
            ("batch_size", self.batch_size),
            ("accumulate", self.accumulate),
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
        if self.from.trim().is_empty() {
            let must = format!("must name a run or a file, or be `{SCRATCH}`");
            violations.push(("from", must));
        }
        if self.from_partial && self.source().is_none() {
            let must = format!("must be false where `train.from` is `{SCRATCH}`");
            violations.push(("from_partial", must));
        }
        violations.extend(self.loss.violations());
        violations.extend(self.perceptual.violations());
        violations.extend(self.optimizer.violations());
        violations.extend(self.schedule.violations());
        if self.steps > 0 && self.warmup_steps >= self.steps {
            let steps = self.steps;
            let must = format!("must be less than `train.steps`, which is {steps}");
            violations.push(("warmup_steps", must));
        }
        for (key, most) in [
            ("clip_norm", self.clip_norm),
            ("clip_value", self.clip_value),
        ] {
            if !(most >= 0.0 && most.is_finite()) {
                violations.push((key, "must be a number, 0 or more".to_string()));
            }
        }
        if !(0.0..1.0).contains(&self.ema) {
            violations.push(("ema", "must be at least 0 and less than 1".to_string()));
        }
        violations.extend(self.stop_early.violations());
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

fn default_from() -> String {
    SCRATCH.to_owned()
}

fn default_accumulate() -> usize {
    1
}

fn default_flush_seconds() -> f64 {
    10.0
}

fn default_system_every_seconds() -> f64 {
    10.0
}
