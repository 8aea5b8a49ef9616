//! Working off a plan: what is missing, interrupted or failed, one after another or in parallel.

mod bars;
pub(crate) mod campaign;
mod details;
pub(crate) mod experiments;
pub(crate) mod halving;
pub(crate) mod jobs;
pub(crate) mod outlook;
pub(crate) mod photographs;
pub(crate) mod prepare;
pub(crate) mod squares;
pub(crate) mod start;

pub(crate) use details::details;

use std::time::{Duration, Instant};

use clap::Args;

use self::prepare::{Prepared, TrainingArguments, Work, score_baselines};
use crate::backend::{self, Devices};
use crate::command_error::{CommandError, Context, Result};
use crate::experiment::Overrides;
use crate::plan::{Goal, Planned, State};
use crate::report::Summary;
use crate::runs::{Holder, PATIENCE, RunError, Watch, write_photographs};
use crate::terminal;
use crate::train::{Division, Interrupter, Outcome, TrainError, photograph_rows};

/// How often owners on other machines are checked when there is nothing else to do.
const LOOK: Duration = Duration::from_millis(200);

/// How a plan is worked off: arguments that `run` and `reproduce` share.
#[derive(Debug, Clone, Args)]
pub(crate) struct WorkArguments {
    /// Train N trials in parallel, each in its own process, and divide the processor's threads among them; 1 by default, but as
    /// many as there are threads for `reproduce --quick` on flex
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Stop at the first trial that fails (the default)
    #[arg(long, conflicts_with = "keep_going")]
    fail_fast: bool,
    /// Continue with the other trials when one fails, and list the failures at the end
    #[arg(long)]
    keep_going: bool,
    /// Seconds without a heartbeat after which a trial's owner on another machine counts as dead
    #[arg(long, hide = true, value_name = "SECONDS")]
    patience: Option<u64>,
}

impl WorkArguments {
    /// How many trials are trained at a time.
    fn jobs(&self) -> usize {
        self.jobs.map_or(1, usize::from)
    }

    /// These, with `jobs` trials at a time where the command line does not say how many.
    pub(crate) fn or_jobs(&self, jobs: u16) -> Self {
        Self {
            jobs: self.jobs.or(Some(jobs)),
            ..self.clone()
        }
    }
}

/// The outcome of a plan.
#[derive(Debug, Default)]
pub(crate) struct Worked {
    /// Whether a stop was asked for before all was done.
    pub(crate) interrupted: bool,
    /// The trials that failed, each with the reason.
    pub(crate) failed: Vec<(String, String)>,
    /// The trials on which another process works.
    pub(crate) elsewhere: Vec<String>,
}

/// How one attempt at a trial ended.
pub(crate) enum Attempt {
    Done,
    /// It has come as far as its goal says.
    Paused(usize),
    Interrupted,
    /// Another process has it.
    Elsewhere(String),
    Failed(CommandError),
}

/// Trains what a plan has to do. `overrides` says what the command line changed of an experiment, for processes that are to
/// read it again.
///
/// # Errors
///
/// What the first trial that failed said, unless `--keep-going`; [`Worked::failed`] holds it otherwise.
pub(crate) fn work_off(
    work: &Work,
    arguments: &WorkArguments,
    training: &TrainingArguments,
    overrides: &dyn Fn(&Prepared) -> Overrides,
    stop: &Interrupter,
) -> Result<Worked> {
    if arguments.jobs() > 1 && training.tui {
        let reason = "`--tui` shows one trial at a time: drop it or `--jobs`";
        return Err(CommandError::request(reason.to_owned()));
    }
    if let Devices::Every(_) = training.devices
        && arguments.jobs() == 1
        && backend::devices(training.devices)?.len() > 1
    {
        terminal::note(&format!(
            "note: without `--jobs`, one trial after the other is trained on `{}`",
            training.device()
        ));
    }
    let patience = arguments.patience.map_or(PATIENCE, Duration::from_secs);
    let mut worker = Worker {
        work,
        arguments,
        training,
        overrides,
        stop,
        watch: Watch::new(patience),
        worked: Worked::default(),
        passed_over: Vec::new(),
        freed: Vec::new(),
    };
    terminal::strays(work.plan.strays());
    for trial in work.plan.trials() {
        match &trial.state {
            State::Done if trial.has_lost_log => {
                terminal::note(&format!("{}  {}", trial.label(), details(trial)));
            }
            State::Done => {
                let beside = details(trial);
                let beside = if beside.is_empty() {
                    beside
                } else {
                    format!("; {beside}")
                };
                terminal::note(&format!("{}  already done{beside}", trial.label()));
                note_photographs(work, trial);
            }
            // Watched from now on: by the time the others are done, much is known.
            State::Running { .. } => worker.pass_over(trial)?,
            _ => {}
        }
    }
    worker.train(&work.plan.to_do())?;
    while !worker.is_over() {
        let freed = worker.freed()?;
        if freed.is_empty() {
            break;
        }
        worker.train(&freed)?;
    }
    let Worker {
        mut worked,
        passed_over,
        ..
    } = worker;
    for trial in passed_over {
        terminal::note(&format!("{}  left to {}", trial.label(), owner(trial)?));
        worked.elsewhere.push(trial.label());
    }
    worked.interrupted |= stop.should_stop();
    for (label, reason) in &worked.failed {
        terminal::note(&format!("{label}  failed: {reason}"));
    }
    Ok(worked)
}

/// Adds to a finished run what an older program did not write: which photographs it knows. They are those at hand, as
/// its identity says.
fn note_photographs(work: &Work, trial: &Planned) {
    let Some(prepared) = work.prepared(trial) else {
        return;
    };
    if trial.folder.photographs().is_file() {
        return;
    }
    let section = &prepared.resolved.experiment.dataset;
    let rows = photograph_rows(&prepared.selection, section);
    if let Err(error) = write_photographs(&trial.folder, &rows) {
        terminal::warning(&error.to_string());
    }
}

struct Worker<'a> {
    work: &'a Work,
    arguments: &'a WorkArguments,
    training: &'a TrainingArguments,
    overrides: &'a dyn Fn(&Prepared) -> Overrides,
    stop: &'a Interrupter,
    watch: Watch,
    worked: Worked,
    /// Trials that another process has.
    passed_over: Vec<&'a Planned>,
    /// Trials that another process had and released. Each of them is tried once.
    freed: Vec<&'a Planned>,
}

impl<'a> Worker<'a> {
    fn is_over(&self) -> bool {
        self.worked.interrupted || self.stop.should_stop()
    }

    fn pass_over(&mut self, trial: &'a Planned) -> Result<(), RunError> {
        self.watch.look(&trial.folder)?;
        self.passed_over.push(trial);
        Ok(())
    }

    fn train(&mut self, trials: &[&'a Planned]) -> Result<()> {
        if self.arguments.jobs() > 1 {
            return self.side_by_side(trials);
        }
        for trial in trials {
            if self.is_over() {
                break;
            }
            if let Some(source) = self.waits_for(trial)? {
                self.leave(trial, source)?;
                continue;
            }
            let attempt = match self.work.prepared(trial) {
                Some(prepared) => attempt(prepared, trial, self.training, self.stop),
                None => continue,
            };
            self.settle(trial, attempt)?;
        }
        Ok(())
    }

    fn side_by_side(&mut self, trials: &[&'a Planned]) -> Result<()> {
        let jobs = self.arguments.jobs();
        let mut waiting = trials.to_vec();
        let mut pool = jobs::Pool::new(self.training, jobs, trials.len())?;
        let mut first_failure = None;
        loop {
            let is_over = self.is_over() || first_failure.is_some();
            if is_over {
                pool.stop();
            }
            while !is_over && pool.has_room() {
                let Some(trial) = self.next_of(&mut waiting, &pool)? else {
                    break;
                };
                let Some(prepared) = self.work.prepared(trial) else {
                    continue;
                };
                // Once, here, and not by every process anew.
                if let Err(error) = baselines(prepared, self.training) {
                    self.settle(trial, Attempt::Failed(error))?;
                    continue;
                }
                pool.start(trial, &prepared.resolved, &(self.overrides)(prepared))?;
            }
            let (trial, attempt) = match pool.next() {
                None => break,
                Some(None) => continue,
                Some(Some(ended)) => ended,
            };
            if let Err(error) = self.settle(trial, attempt) {
                // The others are stopped, each with a checkpoint, before the failure is told.
                first_failure.get_or_insert(error);
            }
        }
        first_failure.map_or(Ok(()), Err)
    }

    /// The next of `waiting` that can be trained now. Where there is none, and nothing is trained that the others wait for, they
    /// are left.
    fn next_of(
        &mut self,
        waiting: &mut Vec<&'a Planned>,
        pool: &jobs::Pool<'_>,
    ) -> Result<Option<&'a Planned>> {
        for place in 0..waiting.len() {
            if self.waits_for(waiting[place])?.is_none() {
                return Ok(Some(waiting.remove(place)));
            }
        }
        if pool.is_empty() {
            for trial in waiting.drain(..) {
                if let Some(source) = self.waits_for(trial)? {
                    self.leave(trial, source)?;
                }
            }
        }
        Ok(None)
    }

    /// The trial of the plan whose weights a trial starts from, where that is not done yet. One that has a checkpoint needs none.
    fn waits_for(&self, trial: &Planned) -> Result<Option<&'a Planned>, RunError> {
        let has_begun = trial.steps_left() < trial.steps;
        let Some(source) = trial
            .after
            .as_ref()
            .and_then(|name| self.work.plan.find(name))
        else {
            return Ok(None);
        };
        if has_begun {
            return Ok(None);
        }
        let is_done = State::of(&source.folder)? == State::Done;
        Ok(Some(source).filter(|_| !is_done))
    }

    /// Leaves a trial whose source was not trained.
    fn leave(&mut self, trial: &Planned, source: &Planned) -> Result<(), RunError> {
        let (label, of) = (trial.label(), source.label());
        if let State::Running { .. } = State::of(&source.folder)? {
            terminal::note(&format!(
                "{label}  skipped: it starts from {of}, on which {} is working",
                owner(source)?
            ));
            self.worked.elsewhere.push(label);
        } else {
            let reason = format!("it starts from {of}, which is not done");
            self.worked.failed.push((label, reason));
        }
        Ok(())
    }

    /// Notes how an attempt ended, and says it.
    fn settle(&mut self, trial: &'a Planned, attempt: Attempt) -> Result<()> {
        let label = trial.label();
        match attempt {
            Attempt::Done => terminal::note(&format!("{label}  done")),
            Attempt::Paused(step) => terminal::note(&format!("{label}  at step {step}")),
            Attempt::Interrupted => {
                self.worked.interrupted = true;
                terminal::note(&format!(
                    "{label}  interrupted{}; run the same command again to resume",
                    match State::of(&trial.folder)? {
                        State::Interrupted { step, .. } => format!(" at step {step}"),
                        _ => String::new(),
                    }
                ));
            }
            Attempt::Elsewhere(owner) => {
                terminal::note(&format!("{label}  skipped: {owner} is working on it"));
                self.pass_over(trial)?;
            }
            Attempt::Failed(error) if self.arguments.keep_going => {
                let reason = error.to_string();
                terminal::note(&format!("{label}  failed: {reason}"));
                self.worked.failed.push((label, reason));
            }
            Attempt::Failed(error) => return Err(error).context(label),
        }
        Ok(())
    }

    /// Of the skipped trials, those whose owner has died or stopped in the meantime. Owners on other machines are
    /// watched until their heart beats, or has been silent for too long.
    fn freed(&mut self) -> Result<Vec<&'a Planned>> {
        let mut begun = None;
        let mut freed = Vec::new();
        loop {
            let mut silent = Duration::ZERO;
            let mut held = Vec::new();
            for trial in std::mem::take(&mut self.passed_over) {
                if self.freed.contains(&trial) {
                    held.push(trial);
                    continue;
                }
                match self.watch.look(&trial.folder)? {
                    Holder::Dead(owner) => {
                        // On this machine the lock itself sees that the owner is gone.
                        trial.folder.bury(&owner)?;
                        freed.push(trial);
                    }
                    Holder::Nobody => freed.push(trial),
                    Holder::Alive(_) => held.push(trial),
                    Holder::Elsewhere { owner, .. } => {
                        let beat = self.watch.last_beat(&owner);
                        if begun.is_none_or(|begun| beat.is_none_or(|beat| beat < begun)) {
                            silent = silent.max(self.watch.left(&owner));
                        }
                        held.push(trial);
                    }
                }
            }
            self.passed_over = held;
            freed.retain(|trial| {
                let is_done = matches!(State::of(&trial.folder), Ok(State::Done));
                if is_done {
                    terminal::note(&format!("{}  done by another process", trial.label()));
                }
                !is_done
            });
            if !freed.is_empty() || silent.is_zero() || self.is_over() {
                self.freed.extend_from_slice(&freed);
                return Ok(freed);
            }
            if begun.is_none() {
                begun = Some(Instant::now());
                terminal::note(&format!(
                    "waiting up to {} s for a heartbeat from other machines",
                    silent.as_secs() + 1
                ));
            }
            std::thread::sleep(LOOK.min(silent));
        }
    }
}

/// One attempt at a trial, in this process.
pub(crate) fn attempt(
    prepared: &Prepared,
    trial: &Planned,
    training: &TrainingArguments,
    stop: &Interrupter,
) -> Attempt {
    if let Err(error) = baselines(prepared, training) {
        return Attempt::Failed(error);
    }
    let run = training.trial(prepared, trial.seed);
    let outcome = match trial.goal {
        Goal::Step(step) => run.run_until(stop, step),
        Goal::End | Goal::Stopped { .. } => run.run(stop),
    };
    match outcome {
        Ok(Outcome::Paused { step }) => Attempt::Paused(step),
        Ok(Outcome::Done | Outcome::AlreadyDone | Outcome::StoppedEarly { .. }) => Attempt::Done,
        Ok(Outcome::Interrupted { .. }) => Attempt::Interrupted,
        Err(TrainError::Run(RunError::Locked { .. })) => {
            Attempt::Elsewhere(owner(trial).unwrap_or_else(|_| "another process".to_owned()))
        }
        Err(error) => Attempt::Failed(error.into()),
    }
}

/// Scores the baselines of an experiment, unless they already exist.
fn baselines(prepared: &Prepared, training: &TrainingArguments) -> Result<()> {
    let experiment = &prepared.resolved.experiment;
    let divided = Division::unlimited(&prepared.selection, experiment)?;
    let hash = prepared.selection.content_hash().to_hex();
    let dataset = &prepared.dataset.name();
    let cache = &prepared.cache;
    score_baselines(experiment, dataset, &divided, &hash, &training.runs, cache)?;
    Ok(())
}

/// Who works on a trial now.
fn owner(trial: &Planned) -> Result<String, RunError> {
    Ok(match trial.folder.holder()? {
        Holder::Alive(owner) | Holder::Dead(owner) | Holder::Elsewhere { owner, .. } => {
            owner.to_string()
        }
        Holder::Nobody => "another process".to_owned(),
    })
}

/// What the plan's trials have left, those that have begun.
pub(crate) fn summaries(work: &Work) -> Result<Vec<Summary>, RunError> {
    let begun = work
        .plan
        .trials()
        .iter()
        .filter(|trial| matches!(trial.folder.record(), Ok(Some(_))));
    begun.map(|trial| Summary::read(&trial.folder)).collect()
}
