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

impl Default for EvaluateSection {
    fn default() -> Self {
        Self {
            images: 1000,
            batch_size: 16,
            samples: 5,
        }
    }
}
