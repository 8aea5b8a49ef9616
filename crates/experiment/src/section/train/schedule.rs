//! How the learning rate changes over the steps: `train.schedule`.

use serde::{Deserialize, Serialize};

use super::named::{Named, no_keys};

/// How the learning rate changes over the steps, of those that come after the warm-up. A kind without keys of its own is
/// written by its name alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LearningRateSchedule {
    /// It stays constant, as in the original.
    #[default]
    #[serde(deserialize_with = "no_keys")]
    Constant,
    /// It falls to 0 along half a cosine (Loshchilov and Hutter 2017, "SGDR", without restarts), so that the last steps
    /// settle what the first ones found.
    #[serde(deserialize_with = "no_keys")]
    Cosine,
    /// It is multiplied by a factor again and again.
    Step {
        /// Steps from one time to the next, at least 1.
        every: usize,
        /// The factor, above 0.
        factor: f64,
    },
    /// It is multiplied by one and the same number at every step, which makes a factor over all of them.
    Exponential {
        /// The factor, above 0.
        factor: f64,
    },
}

impl LearningRateSchedule {
    /// One of each kind.
    pub const ALL: [Self; 4] = [
        Self::Constant,
        Self::Cosine,
        Self::Step {
            every: 1000,
            factor: 0.1,
        },
        Self::Exponential { factor: 0.1 },
    ];

    /// What is wrong with the values: the key within `[train]`, and what it must be, to be read after its name.
    pub(super) fn violations(self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        let (every, factor) = match self {
            Self::Constant | Self::Cosine => return violations,
            Self::Step { every, factor } => (every, factor),
            Self::Exponential { factor } => (1, factor),
        };
        if every == 0 {
            violations.push(("schedule.every", "must be at least 1".to_string()));
        }
        if !(factor > 0.0 && factor.is_finite()) {
            violations.push(("schedule.factor", "must be a number above 0".to_string()));
        }
        violations
    }
}

impl Named for LearningRateSchedule {
    fn name_alone(&self) -> Option<&'static str> {
        match self {
            Self::Constant => Some("constant"),
            Self::Cosine => Some("cosine"),
            Self::Step { .. } | Self::Exponential { .. } => None,
        }
    }
}
