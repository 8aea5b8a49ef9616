//! The perceptual part of the loss: `train.perceptual`.

use serde::{Deserialize, Serialize};

/// What the maps of VGG-16 add to the loss: `pixel` times `train.loss`, plus `weight` times the mean squared difference
/// between the map of the picture and that of the photograph (Johnson, Alahi and Fei-Fei 2016).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Perceptual {
    /// How much the maps count, 0 or more; 0 for a loss of pixels alone.
    pub weight: f64,
    /// How much `train.loss` counts beside them, 0 or more.
    pub pixel: f64,
    /// Whose map is compared.
    pub layer: VggLayer,
    /// `imagenet`, `random`, or a path to a `.pth` or `.safetensors` file.
    pub weights: String,
    /// Seed of `random` weights.
    pub seed: u64,
}

/// A layer of VGG-16: the last relu before each of its maxima, and before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VggLayer {
    /// 64 channels, at the size of the picture.
    #[serde(rename = "relu1_2")]
    Relu12,
    /// 128 channels, at half of it.
    #[serde(rename = "relu2_2")]
    Relu22,
    /// 256 channels, at a quarter.
    #[serde(rename = "relu3_3")]
    Relu33,
    /// 512 channels, at an eighth.
    #[serde(rename = "relu4_3")]
    Relu43,
    /// 512 channels, at a sixteenth.
    #[serde(rename = "relu5_3")]
    Relu53,
}

impl VggLayer {
    /// Its place among the five.
    pub fn map(self) -> usize {
        match self {
            Self::Relu12 => 0,
            Self::Relu22 => 1,
            Self::Relu33 => 2,
            Self::Relu43 => 3,
            Self::Relu53 => 4,
        }
    }

    /// The smallest side of a picture that it has a map of.
    pub fn smallest_side(self) -> usize {
        1 << self.map()
    }
}

impl Default for Perceptual {
    fn default() -> Self {
        Self {
            weight: 0.0,
            pixel: 1.0,
            layer: VggLayer::Relu33,
            weights: "imagenet".to_owned(),
            seed: 0,
        }
    }
}

impl Perceptual {
    /// Whether maps count at all.
    pub fn is_on(&self) -> bool {
        self.weight > 0.0
    }

    /// What is wrong with the values: the key within `[train]`, and what it must be, to be read after its name.
    pub(super) fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        for (key, weight) in [
            ("perceptual.weight", self.weight),
            ("perceptual.pixel", self.pixel),
        ] {
            if !(weight >= 0.0 && weight.is_finite()) {
                violations.push((key, "must be a number, 0 or more".to_owned()));
            }
        }
        if self.weights.trim().is_empty() {
            let must = "must be `imagenet`, `random`, or a path";
            violations.push(("perceptual.weights", must.to_owned()));
        }
        // A seed is written to TOML, whose whole numbers end there.
        if i64::try_from(self.seed).is_err() {
            let must = "must be at most 9223372036854775807";
            violations.push(("perceptual.seed", must.to_owned()));
        }
        violations
    }
}
