//! The `[dataset]` section of an experiment file.

use serde::{Deserialize, Serialize};

use super::{Limit, Manifests};

/// Which photographs an experiment trains on and is judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetSection {
    /// A manifest: the name of a file in `datasets/` without its ending, or a path to a `.toml` file; or several, whose
    /// photographs make one dataset.
    #[serde(rename = "use")]
    pub manifests: Manifests,
    /// Keep only images that show at least one of these categories, by name; empty keeps all.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Leave out images that show at least one of these categories, by name.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// How many of the photographs in `train` are learned from. Those held out are not limited.
    #[serde(default)]
    pub limit: Limit,
    /// How images are divided into `train` and `validation`.
    #[serde(default)]
    pub split: SplitSection,
    /// A photograph whose mean chroma (mean of max(R,G,B) - min(R,G,B), 0 to 255) is below this counts as
    /// colorless and is skipped; 0 keeps all.
    #[serde(default = "default_colorless_below")]
    pub colorless_below: f64,
    /// A photograph whose chroma spread (how much its colors differ at equal luma, 0 to 255) is below this counts as toned, such
    /// as sepia, and is skipped; 0 keeps all.
    #[serde(default)]
    pub toned_below: f64,
    /// The run stops when more than this share (0 to 1) of the selected photographs cannot be decoded.
    #[serde(default = "default_max_broken")]
    pub max_broken: f64,
}

impl DatasetSection {
    /// The same without a limit: sections that are equal then select the same photographs of the same manifests.
    #[must_use]
    pub fn unlimited(&self) -> Self {
        Self {
            limit: Limit::All,
            ..self.clone()
        }
    }

    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        let mut refuse = |key, must: &str| violations.push((key, must.to_string()));
        let names = self.manifests.names();
        if names.is_empty() || names.iter().any(|name| name.trim().is_empty()) {
            refuse("use", "must name a dataset");
        }
        if self.limit == Limit::AtMost(0) {
            refuse("limit", "must be at least 1, or `all`");
        }
        let both = self.exclude.iter().find(|it| self.categories.contains(it));
        if let Some(both) = both {
            let must = format!("must not name `{both}`, which `dataset.categories` asks for");
            refuse("exclude", &must);
        }
        let validation = self.split.validation;
        if !(validation > 0.0 && validation < 1.0) {
            refuse("split.validation", "must be between 0 and 1, exclusive");
        }
        // A seed is written to TOML, whose whole numbers end there.
        if i64::try_from(self.split.seed).is_err() {
            refuse("split.seed", "must be at most 9223372036854775807");
        }
        if !(0.0..=255.0).contains(&self.colorless_below) {
            refuse("colorless_below", "must be between 0 and 255");
        }
        if !(0.0..=255.0).contains(&self.toned_below) {
            refuse("toned_below", "must be between 0 and 255");
        }
        if !(0.0..=1.0).contains(&self.max_broken) {
            refuse("max_broken", "must be between 0 and 1");
        }
        violations
    }
}

/// A split is a pure function of image id and `seed`, so adding images moves none of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitSection {
    /// Share of the images held out, between 0 and 1, both excluded.
    pub validation: f64,
    /// Seed of the hash that divides the images.
    pub seed: u64,
}

impl Default for SplitSection {
    fn default() -> Self {
        Self {
            validation: 0.1,
            seed: 0,
        }
    }
}

fn default_colorless_below() -> f64 {
    1.0
}

fn default_max_broken() -> f64 {
    0.01
}
