//! The `[evaluate]` section of an experiment file.

use serde::{Deserialize, Serialize};

/// What is measured on held-out images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateSection {
    /// At most this many of the held-out images are scored, always the same ones.
    pub images: usize,
    /// Images a forward pass. With batch norm in inference mode it changes no result beyond rounding.
    pub batch_size: usize,
    /// Which statistics batch norm has when it is evaluated, sampled and written down.
    pub batch_norm: BatchNormStatistics,
    /// Training batches that `recomputed` statistics are taken from, always the same ones.
    pub batch_norm_batches: usize,
    /// Held-out images drawn in every sample picture, always the same ones.
    pub samples: usize,
}

impl EvaluateSection {
    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        let mut refuse = |key, must: String| violations.push((key, must));
        if self.images == 0 {
            refuse("images", "must be at least 1".to_string());
        }
        if self.batch_size == 0 {
            refuse("batch_size", "must be at least 1".to_string());
        }
        if self.batch_norm_batches == 0 {
            refuse("batch_norm_batches", "must be at least 1".to_string());
        }
        if self.images > 0 && self.samples > self.images {
            let images = self.images;
            refuse(
                "samples",
                format!("must be at most `evaluate.images`, which is {images}"),
            );
        }
        violations
    }
}

/// The statistics by which batch norm normalizes once training is over. They have no part in training itself, which
/// normalizes by each batch's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchNormStatistics {
    /// Means over training batches with the weights at hand (Wu and Johnson 2021, "Rethinking 'Batch' in `BatchNorm`",
    /// section 3).
    #[default]
    Recomputed,
    /// The running average of Keras, with momentum .99. It lags: it belongs to the weights of the last hundred steps,
    /// which makes held-out numbers jump from one evaluation to the next.
    Running,
}

impl Default for EvaluateSection {
    fn default() -> Self {
        Self {
            images: 1000,
            batch_size: 16,
            batch_norm: BatchNormStatistics::Recomputed,
            batch_norm_batches: 32,
            samples: 5,
        }
    }
}
