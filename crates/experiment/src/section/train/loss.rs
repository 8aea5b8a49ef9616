//! The losses of regression: `train.loss`.

use serde::{Deserialize, Serialize};

use super::named::{Named, no_keys};

/// The losses, each a mean over all values of the target: RGB on [0, 1], or chroma. `error` is how far a value is from it.
/// A loss whose keys are all at their defaults is written by its name alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// `error²`, whose best answer is the mean of what is possible.
    #[default]
    #[serde(deserialize_with = "no_keys")]
    Mse,
    /// `|error|`, whose best answer is the median.
    #[serde(deserialize_with = "no_keys")]
    L1,
    /// Huber (1964): half of `error²` up to `delta`, beyond it a line, `delta (|error| - delta / 2)`, so that the mean
    /// matters less and the median more.
    Huber {
        /// Where the square turns into a line, above 0, in the unit of the target.
        #[serde(default = "default_turn")]
        delta: f64,
    },
    /// PyTorch's smooth L1: the Huber loss over `beta`, whose line has a slope of 1 whatever `beta` is.
    SmoothL1 {
        /// Where the square turns into a line, above 0, in the unit of the target. PyTorch's default of 1 is as far as two
        /// values of the target can be apart, so that no line would be left.
        #[serde(default = "default_turn")]
        beta: f64,
    },
}

impl Loss {
    /// One of each kind, its keys at their defaults.
    pub const ALL: [Self; 4] = [
        Self::Mse,
        Self::L1,
        Self::Huber { delta: TURN },
        Self::SmoothL1 { beta: TURN },
    ];

    /// What is wrong with the values: the key within `[train]`, and what it must be, to be read after its name.
    pub(super) fn violations(self) -> Vec<(&'static str, String)> {
        let (key, turn) = match self {
            Self::Mse | Self::L1 => return Vec::new(),
            Self::Huber { delta } => ("loss.delta", delta),
            Self::SmoothL1 { beta } => ("loss.beta", beta),
        };
        if turn > 0.0 && turn.is_finite() {
            return Vec::new();
        }
        vec![(key, "must be a number above 0".to_string())]
    }
}

impl Named for Loss {
    fn name_alone(&self) -> Option<&'static str> {
        match *self {
            Self::Mse => Some("mse"),
            Self::L1 => Some("l1"),
            Self::Huber { delta } => (delta == TURN).then_some("huber"),
            Self::SmoothL1 { beta } => (beta == TURN).then_some("smooth_l1"),
        }
    }
}

/// Where a square turns into a line unless a file says otherwise.
const TURN: f64 = 0.05;

fn default_turn() -> f64 {
    TURN
}
