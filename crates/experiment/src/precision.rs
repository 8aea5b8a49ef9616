//! The arithmetic of a training step.

use serde::{Deserialize, Serialize};

/// The arithmetic of the passes forward and backward. Weights, their gradients, statistics, the loss and the optimizer
/// are 32-bit floats in either.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32-bit floating point throughout.
    #[default]
    F32,
    /// bfloat16: the range of 32-bit floats with 8 bits of mantissa, for feature maps and convolutions.
    Bf16,
}

impl std::fmt::Display for Precision {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        })
    }
}

/// How cuDNN chooses among its algorithms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cudnn {
    /// By its own estimate.
    #[default]
    Default,
    /// It tries all of them when a shape is new, and keeps the fastest.
    Benchmark,
    /// Among those that add up in the same order every time; libtorch's own operations do so too, where they can.
    Deterministic,
}
