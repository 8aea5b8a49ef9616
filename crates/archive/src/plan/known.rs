//! The runs that already exist: what they were made from, and how fast they were.

use std::cell::OnceCell;
use std::path::Path;

use super::Planned;
use crate::runs::{
    Change, Inputs, RunError, RunFolder, RunList, RunRecord, Strays, find_runs, read_metrics,
};
use colorize_base::{MOST_TEXT, read_text};

/// A run of the same experiment, variant and seed as a missing trial, made from other inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Stale {
    /// Its folder.
    pub folder: RunFolder,
    /// Whether it is the missing trial itself, under another name than its own.
    pub is_renamed: bool,
    /// What differs, from what it was made from to what is wanted; empty when the same inputs were hashed by a program
    /// that made identities otherwise.
    pub changes: Vec<Change>,
}

/// A run that exists.
pub(super) struct KnownRun {
    pub(super) folder: RunFolder,
    pub(super) record: RunRecord,
    inputs: OnceCell<Option<Inputs>>,
    seconds_a_step: OnceCell<Option<f64>>,
}

/// Every run that exists and can be read, each once.
pub(super) struct KnownRuns {
    pub(super) runs: Vec<KnownRun>,
    pub(super) strays: Strays,
}

impl KnownRuns {
    /// Those under `runs`, newest first. One that cannot be read says nothing here; it is told where it is wanted itself.
    pub(super) fn find(runs: &Path) -> Result<Self, RunError> {
        let RunList { runs, strays } = find_runs(runs)?;
        let mut known: Vec<KnownRun> = runs
            .into_iter()
            .filter_map(|folder| {
                let record = folder.record().ok()??;
                Some(KnownRun {
                    folder,
                    record,
                    inputs: OnceCell::new(),
                    seconds_a_step: OnceCell::new(),
                })
            })
            .collect();
        known.sort_by_key(|run| std::cmp::Reverse(run.began()));
        Ok(Self {
            runs: known,
            strays,
        })
    }

    /// The run beside a missing trial that differs from it in the fewest inputs; of several the newest. Runs that are wanted
    /// themselves, which lie in `wanted`, are beside nothing.
    pub(super) fn stale(&self, trial: &Planned, wanted: &[RunFolder]) -> Option<Stale> {
        let beside = self.runs.iter().filter(|run| {
            run.record.experiment == trial.experiment
                && run.record.variant == trial.variant
                && run.record.seed == trial.seed
                && !wanted.contains(&run.folder)
        });
        let stale = beside.filter_map(|run| {
            Some(Stale {
                folder: run.folder.clone(),
                is_renamed: run.record.identity == trial.identity.to_string(),
                changes: run.inputs()?.changes(trial.identity.inputs()),
            })
        });
        stale.min_by_key(|stale| stale.changes.len())
    }
}

impl KnownRun {
    fn began(&self) -> Option<jiff::Timestamp> {
        self.record.sessions.last().map(|session| session.started)
    }

    /// What its identity was made from; `None` when its resolved experiment cannot be read.
    pub(super) fn inputs(&self) -> Option<&Inputs> {
        let read = || {
            let text = read_text(&self.folder.experiment(), MOST_TEXT).ok()?;
            Some(Inputs::of_run(&self.record, &toml::from_str(&text).ok()?))
        };
        self.inputs.get_or_init(read).as_ref()
    }

    /// Seconds a step, evaluations, samples and checkpoints included; `None` when it has logged nothing.
    pub(super) fn seconds_a_step(&self) -> Option<f64> {
        *self.seconds_a_step.get_or_init(|| {
            let log = read_metrics(&self.folder).ok()?;
            let &(steps, _) = log.series("train", "loss").last()?;
            (steps > 0 && log.seconds() > 0.0).then(|| log.seconds() / steps as f64)
        })
    }

    /// Whether it ran on this kind of device and processor.
    pub(super) fn ran_on(&self, device_class: &str, processor: &str) -> bool {
        let session = self.record.sessions.last();
        self.record.device_class == device_class
            && session.is_some_and(|session| session.environment.machine.processor == processor)
    }
}
