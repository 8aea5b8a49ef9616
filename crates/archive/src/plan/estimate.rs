//! How long a trial takes, estimated from existing runs.

use serde::Serialize;

use super::known::{KnownRun, KnownRuns};
use super::{Planned, State};
use crate::runs::Inputs;

/// So many runs say what a step takes; the newest ones are asked.
const ASKED: usize = 9;

/// How long the rest of a trial takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Seconds, evaluations, samples and checkpoints included.
    pub seconds: f64,
    /// What is known is taken from such runs, the median of
    pub from: Source,
    /// so many.
    pub runs: usize,
}

/// Which runs are comparable, the best that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// They differ in the seed alone.
    Configuration,
    /// The same experiment's, with the same network, image size and batch size.
    Experiment,
    /// Other experiments', with the same network, image size and batch size.
    Network,
}

impl Source {
    /// In words, after "from runs of".
    pub fn words(self) -> &'static str {
        match self {
            Self::Configuration => "the same configuration",
            Self::Experiment => "the same experiment with the same network, image and batch size",
            Self::Network => "other experiments with the same network, image and batch size",
        }
    }
}

impl KnownRuns {
    /// How long the rest of `trial` takes on this machine.
    pub(super) fn estimate(&self, trial: &Planned, processor: &str) -> Option<Estimate> {
        if trial.state == State::Done {
            return None;
        }
        let wanted = trial.identity.inputs();
        let device_class = wanted.device_class();
        let here: Vec<&KnownRun> = self
            .runs
            .iter()
            .filter(|run| run.ran_on(device_class, processor))
            .collect();
        let configuration =
            |run: &KnownRun| run.record.configuration == trial.identity.configuration();
        let alike = |run: &KnownRun| run.inputs().is_some_and(|inputs| is_alike(inputs, wanted));
        let found = median(here.iter().copied().filter(|run| configuration(run)))
            .map(|(seconds, runs)| (seconds, runs, Source::Configuration))
            .or_else(|| {
                let same = |run: &&KnownRun| run.record.experiment == trial.experiment;
                let runs = here.iter().copied().filter(same).filter(|run| alike(run));
                median(runs).map(|(seconds, runs)| (seconds, runs, Source::Experiment))
            })
            .or_else(|| {
                let runs = here.iter().copied().filter(|run| alike(run));
                median(runs).map(|(seconds, runs)| (seconds, runs, Source::Network))
            });
        found.map(|(seconds_a_step, runs, from)| Estimate {
            seconds: seconds_a_step * trial.steps_left() as f64,
            from,
            runs,
        })
    }
}

/// The median of the seconds a step, and of how many runs it is.
fn median<'a>(runs: impl Iterator<Item = &'a KnownRun>) -> Option<(f64, usize)> {
    let mut seconds: Vec<f64> = runs
        .filter_map(KnownRun::seconds_a_step)
        .take(ASKED)
        .collect();
    seconds.sort_by(f64::total_cmp);
    let middle = *seconds.get(seconds.len() / 2)?;
    let below = *seconds.get((seconds.len() - 1) / 2)?;
    Some((f64::midpoint(middle, below), seconds.len()))
}

/// Whether a step of both is about the same work.
fn is_alike(left: &Inputs, right: &Inputs) -> bool {
    let decides = |key: &str| {
        key.starts_with("network.")
            || [
                "image.size",
                "train.batch_size",
                "train.accumulate",
                "fusion.extractor",
            ]
            .contains(&key)
    };
    let work = |inputs: &Inputs| -> Vec<(String, String)> {
        let values = inputs.iter().filter(|(key, _)| decides(key));
        values
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    };
    work(left) == work(right)
}
