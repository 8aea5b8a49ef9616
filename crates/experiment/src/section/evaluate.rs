//! The `[evaluate]` section of an experiment file.

use serde::{Deserialize, Serialize};

use crate::Metric;

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
    /// Metrics that are measured only where they are named, because they need the weights of a network of their own: of
    /// [`Metric::ON_REQUEST`]. Changes no other number.
    pub metrics: Vec<String>,
}

impl EvaluateSection {
    /// The metrics that are measured in addition to those that always are.
    pub fn on_request(&self) -> Vec<Metric> {
        let named = self.metrics.iter();
        named.filter_map(|name| Metric::from_name(name)).collect()
    }

    /// Whether `metric` is measured.
    pub fn measures(&self, metric: Metric) -> bool {
        !metric.is_on_request() || self.on_request().contains(&metric)
    }

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
        for (place, name) in self.metrics.iter().enumerate() {
            let is_known = Metric::from_name(name).is_some_and(Metric::is_on_request);
            if !is_known {
                let names = Metric::ON_REQUEST.map(|metric| format!("`{}`", metric.name()));
                let names = names.join(", ");
                refuse(
                    "metrics",
                    format!("must consist of metrics that are measured on request: {names}"),
                );
            } else if self.metrics[..place].contains(name) {
                refuse(
                    "metrics",
                    format!("must name each metric once: `{name}` appears twice"),
                );
            }
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
            metrics: Vec::new(),
        }
    }
}
