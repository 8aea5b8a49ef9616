//! What of the trials that are wanted is done, what is left to do, and how long that may take.
//!
//! A [`Plan`] is made from [`Wanted`] trials (an experiment at a point of its matrix, with a seed, and its identity) and from
//! the run folders that exist. It looks and touches nothing: who works from it takes a trial by its lock, and looks
//! again ([`State::of`]) before it does.

mod estimate;
mod goal;
mod known;
mod state;
#[cfg(test)]
mod tests;

use colorize_base::{Blame, Blamed};
use std::path::Path;

use serde::Serialize;

use crate::experiment::{Experiment, Variant};
use crate::runs::{Identity, RunError, RunFolder, Strays};

pub use estimate::{Estimate, Source};
pub use goal::Goal;
pub use known::Stale;
pub use state::State;

use known::KnownRuns;

/// A trial that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// What is trained.
    pub experiment: &'a Experiment,
    /// Where in the experiment's `[matrix]` it stands.
    pub variant: &'a Variant,
    /// Its seed.
    pub seed: u64,
    /// What it is; the run folder follows from it.
    pub identity: Identity,
    /// The name of the trial whose weights it starts from, where that is wanted as well; see [`Planned::name`].
    pub after: Option<String>,
}

/// Trials, and how they stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    trials: Vec<Planned>,
    strays: Strays,
}

/// A trial of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The experiment's name.
    pub experiment: String,
    /// Where in the experiment's `[matrix]` it stands.
    pub variant: Variant,
    /// Its seed.
    pub seed: u64,
    /// What it is.
    pub identity: Identity,
    /// Where it lies, or will.
    pub folder: RunFolder,
    /// The name of the trial of this plan whose weights it starts from.
    pub after: Option<String>,
    /// Total steps.
    pub steps: usize,
    /// How it stands.
    pub state: State,
    /// How far it is to be trained for now.
    pub goal: Goal,
    /// Whether it says that it is done although its log is missing.
    pub has_lost_log: bool,
    /// The version of the metrics' code that scored it, where that is older than today's.
    pub outdated_scores: Option<u32>,
    /// Beside a missing trial: a run of the same experiment, variant and seed that was made from other inputs.
    pub stale: Option<Stale>,
    /// How long the rest takes; `None` when it is done and when nothing comparable has run.
    pub estimate: Option<Estimate>,
}

/// How many trials stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All steps done.
    pub done: usize,
    /// Never begun.
    pub missing: usize,
    /// Of the missing ones, those beside a run that was made from other inputs.
    pub stale: usize,
    /// Stopped or killed.
    pub interrupted: usize,
    /// Stopped by an error.
    pub failed: usize,
    /// At work now.
    pub running: usize,
    /// Not done, and not trained any further: others of their sweep were better.
    pub stopped: usize,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The run folders cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Two points of one matrix would be one run.
    #[error(
        "`{experiment}` has the same trial under two names, `{first}` and `{second}`: their differences do not change the result; \
         remove one of them from `[matrix]` or `[sweep]`"
    )]
    SameTrial {
        /// The experiment.
        experiment: String,
        /// The point that came first.
        first: String,
        /// The point that is the same.
        second: String,
    },
}

impl Blamed for PlanError {
    fn blame(&self) -> Blame {
        match self {
            Self::Run(error) => error.blame(),
            Self::SameTrial { .. } => Blame::Request,
        }
    }
}

impl Plan {
    /// Looks how every trial of `wanted` stands in the folder `runs`, which need not be there. A trial that is wanted twice
    /// is planned once. `processor` is this machine's, by its own name: times are estimated from runs on the same.
    ///
    /// # Errors
    ///
    /// [`PlanError::SameTrial`], or [`PlanError::Run`] when a folder cannot be read.
    pub fn of(runs: &Path, wanted: &[Wanted<'_>], processor: &str) -> Result<Self, PlanError> {
        let mut trials: Vec<Planned> = Vec::new();
        for wanted in wanted {
            let experiment = &wanted.experiment.name;
            let folder = RunFolder::of(runs, experiment, &wanted.identity);
            if let Some(twin) = trials.iter().find(|known| known.folder == folder) {
                if twin.variant == *wanted.variant {
                    continue;
                }
                return Err(PlanError::SameTrial {
                    experiment: experiment.clone(),
                    first: twin.variant.to_string(),
                    second: wanted.variant.to_string(),
                });
            }
            let record = folder.record();
            let known = record.as_ref().ok().and_then(Option::as_ref);
            let has_lost_log = known.is_some_and(|record| folder.has_lost_log(record));
            let outdated_scores = known.and_then(|it| it.outdated_scores(&wanted.identity));
            trials.push(Planned {
                experiment: experiment.clone(),
                variant: wanted.variant.clone(),
                seed: wanted.seed,
                identity: wanted.identity.clone(),
                state: State::by_record(&folder, record)?,
                has_lost_log,
                outdated_scores,
                folder,
                after: wanted.after.clone(),
                steps: wanted.experiment.train.steps,
                goal: Goal::End,
                stale: None,
                estimate: None,
            });
        }
        let known = KnownRuns::find(runs)?;
        let folders: Vec<RunFolder> = trials.iter().map(|trial| trial.folder.clone()).collect();
        for trial in &mut trials {
            if trial.state == State::Missing {
                trial.stale = known.stale(trial, &folders);
            }
            trial.estimate = known.estimate(trial, processor);
        }
        let is_wanted = |name: &str| trials.iter().any(|trial| trial.experiment == name);
        let strays = known.strays.of(is_wanted);
        Ok(Self { trials, strays })
    }

    /// Copies of runs in the folder, and runs under other names than their own. No trial is done by one of these.
    pub fn strays(&self) -> &Strays {
        &self.strays
    }

    /// Every trial, in the order in which they were wanted.
    pub fn trials(&self) -> &[Planned] {
        &self.trials
    }

    /// The plan of the one trial of this name, which starts from what is done; `None` when it has none.
    pub fn only(&self, name: &str) -> Option<Self> {
        Some(Self {
            trials: vec![Planned {
                after: None,
                ..self.find(name)?.clone()
            }],
            strays: self.strays.clone(),
        })
    }

    /// The plan without the trials that are done.
    #[must_use]
    pub fn unfinished(&self) -> Self {
        let trials = self.trials.iter().filter(|it| it.state != State::Done);
        Self {
            trials: trials.cloned().collect(),
            strays: self.strays.clone(),
        }
    }

    /// Those that have to be trained, in the order in which they should be: missing, interrupted, failed, but none before the
    /// one whose weights it starts from.
    pub fn to_do(&self) -> Vec<&Planned> {
        let mut to_do: Vec<(u8, &Planned)> = self
            .trials
            .iter()
            .filter(|trial| !trial.is_at_goal())
            .filter_map(|trial| Some((trial.state.turn()?, trial)))
            .collect();
        to_do.sort_by_key(|&(turn, _)| turn);
        let mut waiting: Vec<&Planned> = to_do.into_iter().map(|(_, trial)| trial).collect();
        let mut ordered = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let is_free = |trial: &&Planned| {
                let mut others = waiting.iter();
                !others.any(|other| trial.after.as_ref() == Some(&other.name()))
            };
            // A plan has no circle; what is in one would otherwise wait for ever.
            let next = waiting.iter().position(is_free).unwrap_or(0);
            ordered.push(waiting.remove(next));
        }
        ordered
    }

    /// The trial of this plan whose weights a trial starts from, where that is not done.
    pub fn waits_for(&self, trial: &Planned) -> Option<&Planned> {
        let source = self.find(trial.after.as_deref()?)?;
        (source.state != State::Done).then_some(source)
    }

    /// The trial of this name; see [`Planned::name`].
    pub fn find(&self, name: &str) -> Option<&Planned> {
        self.trials.iter().find(|trial| trial.name() == name)
    }

    /// How many trials stand how.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for trial in &self.trials {
            if trial.is_stopped() {
                counts.stopped += 1;
                continue;
            }
            match trial.state {
                State::Done => counts.done += 1,
                State::Missing => {
                    counts.missing += 1;
                    counts.stale += usize::from(trial.stale.is_some());
                }
                State::Interrupted { .. } => counts.interrupted += 1,
                State::Failed { .. } => counts.failed += 1,
                State::Running { .. } => counts.running += 1,
            }
        }
        counts
    }

    /// Seconds that [`Self::to_do`] takes one after another, as far as they can be estimated, and how many trials of it cannot.
    pub fn seconds_left(&self) -> (f64, usize) {
        let to_do = self.to_do();
        let known = to_do.iter().filter_map(|trial| trial.estimate.as_ref());
        let unknown = to_do.iter().filter(|trial| trial.estimate.is_none());
        (
            known.map(|estimate| estimate.seconds).sum(),
            unknown.count(),
        )
    }
}

impl Planned {
    /// `<experiment>/<trial>`, which no other trial has, and which is its folder below that of all runs.
    pub fn name(&self) -> String {
        format!("{}/{}", self.experiment, self.identity.trial())
    }

    /// What tables call it: `norm-and-scale norm=batch scale=8 s0`.
    pub fn label(&self) -> String {
        let Self {
            experiment,
            variant,
            seed,
            ..
        } = self;
        if variant.is_empty() {
            format!("{experiment} s{seed}")
        } else {
            format!("{experiment} {variant} s{seed}")
        }
    }

    /// Steps that are done.
    pub fn steps_done(&self) -> usize {
        match self.state {
            State::Done => self.steps,
            State::Missing => 0,
            State::Interrupted { step, .. }
            | State::Failed { step, .. }
            | State::Running { step, .. } => step,
        }
    }

    /// Steps that are left to do for now.
    pub fn steps_left(&self) -> usize {
        let end = match self.goal {
            Goal::End => self.steps,
            Goal::Step(step) => step,
            Goal::Stopped { .. } => 0,
        };
        end.saturating_sub(self.steps_done())
    }
}
