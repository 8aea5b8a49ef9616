//! What a training needs at the very least, known before it begins.

use super::Experiment;
use super::section::NetworkCost;
use crate::Precision;

/// What a training needs at the very least: what it really needs is about twice as much, so whatever exceeds a limit by this
/// count does not fit. Numbers that overflow stay at the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Trainable values of the network, its biases and the fusion left out.
    pub parameters: u128,
    /// Bytes of memory that a training step occupies: the weights, their gradients, the optimizer's moments, the photographs,
    /// and the answer of every convolution to those of one pass, which the backward pass reads.
    pub step_bytes: u128,
    /// Bytes of the log of all steps.
    pub log_bytes: u128,
}

/// Bytes that a process can address on today's processors. What needs more cannot be trained anywhere.
pub const ADDRESSABLE: u128 = 1 << 47;

/// A step and a value, before compression makes them less.
const LOG_BYTES_PER_STEP: u128 = 4;

impl Cost {
    /// Of one trial.
    pub fn of(experiment: &Experiment) -> Self {
        let NetworkCost { parameters, kept } = experiment.network.cost(experiment.image.size);
        let value_bytes = match experiment.train.precision {
            Precision::F32 => 4,
            Precision::Bf16 => 2,
        };
        let maps = kept
            .saturating_mul(experiment.train.batch_size as u128)
            .saturating_mul(value_bytes);
        let train = &experiment.train;
        let copies = 2 + train.optimizer.moments() + usize::from(train.ema > 0.0);
        let side = experiment.image.size as u128;
        let photographs = (train.images_per_step() as u128)
            .saturating_mul(side.saturating_mul(side))
            .saturating_mul(3);
        Self {
            parameters,
            step_bytes: maps
                .saturating_add(parameters.saturating_mul(4 * copies as u128))
                .saturating_add(photographs),
            log_bytes: LOG_BYTES_PER_STEP.saturating_mul(train.steps as u128),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{ExperimentError, Overrides};

    fn with(set: &[&str]) -> Result<Experiment, ExperimentError> {
        let overrides = Overrides {
            set: set.iter().map(ToString::to_string).collect(),
            ..Overrides::default()
        };
        let text = include_str!("example.toml");
        let example = Experiment::from_toml(
            &format!("title = \"\"\nname = \"example\"\nseeds = [0]\n{text}\n[evaluate]\n"),
            Path::new("example.toml"),
        );
        example.unwrap().with(&overrides)
    }

    fn cost(set: &[&str]) -> Cost {
        Cost::of(&with(set).unwrap())
    }

    #[test]
    fn what_no_machine_can_train_is_refused_with_the_numbers() {
        for (set, key, needs) in [
            (
                "train.batch_size=1000000000000000000",
                "`train.batch_size`",
                "B of memory",
            ),
            (
                "train.batch_size=9223372036854775807",
                "`train.batch_size`",
                "B of memory",
            ),
            ("image.size=2147483644", "`image.size`", "B of memory"),
            ("image.size=1099511627776", "`image.size`", "B of memory"),
            (
                "network.scale=2305843009213693952",
                "`network.scale`",
                "B of memory",
            ),
            (
                "train.steps=9223372036854775807",
                "`train.steps`",
                "log of the training",
            ),
        ] {
            let error = with(&[set]).unwrap_err().to_string();
            assert!(
                error.contains(&format!("{key} is too large for any machine")),
                "{error}"
            );
            assert!(error.contains(needs), "{error}");
        }
        // Large, and a matter of the machine.
        with(&["image.size=8192"]).unwrap();
    }

    #[test]
    fn it_stays_below_what_was_measured() {
        // docs/performance.md: a step of 16 photographs of 256 pixels occupies 1.32 GB on flex and 1.52 GB on libtorch.
        let whole = cost(&[]);
        assert!((400_000..421_014).contains(&whole.parameters), "{whole:?}");
        assert!(
            (400_000_000..1_320_000_000).contains(&whole.step_bytes),
            "{whole:?}"
        );
        // Four times the pixels, less the padding's share; half the bytes.
        let large = cost(&["image.size=512"]).step_bytes;
        assert!((3 * whole.step_bytes..4 * whole.step_bytes).contains(&large));
        let short = cost(&["train.precision=bf16", "network.norm=batch"]).step_bytes;
        assert!(short < whole.step_bytes * 6 / 10);
    }
}
