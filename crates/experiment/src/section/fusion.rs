//! The `[fusion]` section of an experiment file.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a pretrained classifier adds to the network: one vector of features an image, fused in where the map is
/// smallest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FusionSection {
    /// The classifier, without its last layer; `none` is no fusion at all.
    pub extractor: ExtractorKind,
    /// `imagenet`, for ResNet-50 also `imagenet_v2`; `random`; or a path to a `.pth` or `.safetensors` file.
    pub weights: String,
    /// How the classifier's last map becomes one vector.
    pub pooling: Pooling,
    /// What is done to the gray picture before the classifier sees it.
    pub preprocess: Preprocess,
    /// Side in pixels of the square picture that the classifier sees.
    pub size: usize,
    /// Seed of `random` weights, and of the permutation of `shuffle`.
    pub seed: u64,
    /// Gives every image the vector of another one: the negative control.
    pub shuffle: bool,
}

impl Default for FusionSection {
    fn default() -> Self {
        Self {
            extractor: ExtractorKind::None,
            weights: "imagenet".to_string(),
            pooling: Pooling::Max,
            preprocess: Preprocess::Imagenet,
            size: 224,
            seed: 0,
            shuffle: false,
        }
    }
}

impl FusionSection {
    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        let mut refuse = |key, must: &str| violations.push((key, must.to_string()));
        if self.weights.trim().is_empty() {
            refuse(
                "weights",
                "must be a name such as `imagenet`, `random`, or a path",
            );
        }
        if !(32..=1024).contains(&self.size) {
            refuse(
                "size",
                "must be between 32 and 1024: the classifiers halve it five times",
            );
        }
        // A seed is written to TOML, whose whole numbers end there.
        if i64::try_from(self.seed).is_err() {
            refuse("seed", "must be at most 9223372036854775807");
        }
        violations
    }
}

/// The classifiers whose features can be fused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtractorKind {
    /// No fusion.
    None,
    /// He et al. (2016), torchvision's layout: 512 features.
    Resnet18,
    /// The same, 34 layers: 512 features.
    Resnet34,
    /// The same, 50 layers, stride in the 3x3 convolution (v1.5): 2,048 features.
    Resnet50,
    /// Tan and Le (2019) without squeeze and excitation: 1,280 features.
    EfficientnetLite0,
}

impl ExtractorKind {
    /// All of them, but for none at all.
    pub const ALL: [Self; 4] = [
        Self::Resnet18,
        Self::Resnet34,
        Self::Resnet50,
        Self::EfficientnetLite0,
    ];

    /// How many features an image has: the length of its vector; 0 where there is no fusion.
    pub fn width(self) -> usize {
        match self {
            Self::None => 0,
            Self::Resnet18 | Self::Resnet34 => 512,
            Self::Resnet50 => 2048,
            Self::EfficientnetLite0 => 1280,
        }
    }

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Resnet18 => "resnet18",
            Self::Resnet34 => "resnet34",
            Self::Resnet50 => "resnet50",
            Self::EfficientnetLite0 => "efficientnet_lite0",
        }
    }
}

impl fmt::Display for ExtractorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a map becomes one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The largest value of each channel, as the original has it.
    Max,
    /// The mean of each channel, as the classifier itself has it.
    Average,
}

impl Pooling {
    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Average => "average",
        }
    }
}

/// What is done to the gray picture, copied to three channels, before the classifier sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preprocess {
    /// What the weights were trained with: mean and deviation of ImageNet on [0, 1].
    Imagenet,
    /// Keras's for ResNet: BGR on 0..255 minus the mean of ImageNet.
    Caffe,
    /// The original's: `255 Y - 127.5`.
    Upstream,
}

impl Preprocess {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Imagenet, Self::Caffe, Self::Upstream];

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imagenet => "imagenet",
            Self::Caffe => "caffe",
            Self::Upstream => "upstream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_file() {
        fn written(value: impl Serialize) -> String {
            serde_json::to_value(value)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        }
        for kind in ExtractorKind::ALL.into_iter().chain([ExtractorKind::None]) {
            assert_eq!(kind.name(), written(kind));
        }
        for pooling in [Pooling::Max, Pooling::Average] {
            assert_eq!(pooling.name(), written(pooling));
        }
        for preprocess in Preprocess::ALL {
            assert_eq!(preprocess.name(), written(preprocess));
        }
    }
}
