//! `colorize run`: train experiments.

use std::process::ExitCode;

use clap::Args;

use super::launch::{self, Launcher};
use super::{DONE, FAILED, INTERRUPTED, decided, output};
use crate::backend;
use crate::command_error::{CommandError, Context, Result};
use crate::experiment::{Overrides, Resolved, check_names};
use crate::plan::Planned;
use crate::report::Run;
use crate::report::claims::{Judged, judge_runs};
use crate::terminal;
use crate::train::{Interrupter, Outcome};
use crate::work::campaign::{Campaign, CampaignArguments, claims_of};
use crate::work::prepare::{
    ExperimentArguments, Prepared, TrainingArguments, Work, stop_on_signal,
};
use crate::work::start::find_starts;
use crate::work::{WorkArguments, Worked, summaries, work_off};
use crate::work::{halving, jobs};

/// Arguments of `colorize run`.
#[derive(Debug, Args)]
pub(super) struct RunArguments {
    #[command(flatten)]
    experiments: ExperimentArguments,
    /// Seed to train instead of the experiment's; repeatable
    #[arg(long, value_name = "N")]
    seed: Vec<u64>,
    #[command(flatten)]
    training: TrainingArguments,
    #[command(flatten)]
    work: WorkArguments,
    #[command(flatten)]
    campaign: CampaignArguments,
    /// Submit the trials to a scheduler instead of training them here; the experiments' `[slurm]` says what they need
    #[arg(long, value_name = "LAUNCHER", conflicts_with_all = ["tui", "jobs", "only", "until_decided"])]
    launcher: Option<Launcher>,
    /// With `--launcher`: print the scripts and submit nothing
    #[arg(long, requires = "launcher")]
    dry_run: bool,
    /// Also show the baselines that say what the best possible answers score
    #[arg(long)]
    baselines: bool,
    /// Say only warnings and errors
    #[arg(long, short, conflicts_with_all = ["tui", "dry_run"])]
    quiet: bool,
    /// Train one trial of the plan, in this process: `<experiment>/<trial>`
    #[arg(
        long,
        hide = true,
        value_name = "NAME",
        conflicts_with = "until_decided"
    )]
    only: Option<String>,
    /// With `--only`: pause the trial, with a checkpoint, after this step
    #[arg(long, hide = true, value_name = "N", requires = "only")]
    until_step: Option<usize>,
    /// Threads to compute with
    #[arg(long, hide = true, value_name = "N")]
    threads: Option<usize>,
    /// Stop, with a checkpoint, when the standard input ends
    #[arg(long, hide = true)]
    until_input_ends: bool,
}

/// Trains what the plan of the experiments lacks, and prints all results.
pub(super) fn run(arguments: &RunArguments) -> Result<ExitCode> {
    if arguments.quiet {
        terminal::be_quiet();
    }
    if let Some(threads) = arguments.threads {
        backend::set_threads(threads)?;
    }
    let training = &arguments.training;
    let resolved = arguments.experiments.resolve(training, &arguments.seed)?;
    check_names(&resolved)?;
    let overrides = arguments.experiments.overrides(training, &arguments.seed);
    if let Some(most) = arguments.campaign.most() {
        return until_decided(arguments, resolved, most, &overrides);
    }
    if let Some(Launcher::Slurm) = arguments.launcher {
        let work = training.plan_elsewhere(resolved)?;
        return launch::slurm(&work, training, &overrides, arguments.dry_run);
    }
    if let Some(name) = arguments
        .only
        .as_ref()
        .filter(|_| arguments.until_input_ends)
    {
        let mut prepared = training.prepare(resolved)?;
        find_starts(&mut prepared, training.device(), &training.runs, Some(name))?;
        let stop = stop(arguments)?;
        return only(&prepared, name, arguments, &stop);
    }
    let mut work = training.plan(resolved, arguments.only.as_deref())?;
    if let Some(name) = &arguments.only {
        let only = work.plan.only(name);
        work.plan = only.ok_or_else(|| no_such_trial(name))?;
    }
    let stop = stop(arguments)?;
    let worked = if halving::is_wanted(&work) && arguments.only.is_none() {
        halved(&mut work, arguments, &overrides, &stop)?
    } else {
        let again = |_: &Prepared| overrides.clone();
        work_off(&work, &arguments.work, training, &again, &stop)?
    };
    if arguments.only.is_none() {
        print(&work, arguments.baselines)?;
    }
    Ok(code(&worked))
}

/// Trains a plan rung by rung, where sweeps are halved: every trial as far as the next comparison, and then those that go on.
fn halved(
    work: &mut Work,
    arguments: &RunArguments,
    overrides: &Overrides,
    stop: &Interrupter,
) -> Result<Worked> {
    let training = &arguments.training;
    let again = |_: &Prepared| overrides.clone();
    let mut worked = Worked::default();
    let mut is_first = true;
    loop {
        halving::set_goals(work)?;
        let is_over = worked.interrupted || !worked.elsewhere.is_empty();
        // What has failed here fails again.
        let has_failed = |trial: &Planned| {
            let mut failed = worked.failed.iter();
            failed.any(|(label, _)| *label == trial.label())
        };
        if !is_first && (is_over || work.plan.to_do().into_iter().all(has_failed)) {
            return Ok(worked);
        }
        if !is_first {
            // What is done was told before.
            work.plan = work.plan.unfinished();
        }
        let round = work_off(work, &arguments.work, training, &again, stop)?;
        worked.interrupted = round.interrupted;
        worked.elsewhere = round.elsewhere;
        worked.failed.extend(round.failed);
        work.replan(training)?;
        is_first = false;
    }
}

/// Trains seeds until the claims are decided, and prints by which looks, after all results.
fn until_decided(
    arguments: &RunArguments,
    resolved: Vec<Resolved>,
    most: usize,
    overrides: &Overrides,
) -> Result<ExitCode> {
    let training = &arguments.training;
    let prepare = |experiments| training.prepare(experiments);
    let mut campaign = Campaign::of(resolved, most, training, overrides, prepare)?;
    let stop = stop(arguments)?;
    let (worked, courses) = campaign.run(&arguments.work, training, overrides, &stop)?;
    let judged = print(&campaign.work, arguments.baselines)?;
    output::line("");
    decided::courses(&courses, &judged);
    Ok(code(&worked))
}

fn stop(arguments: &RunArguments) -> Result<Interrupter> {
    let stop = stop_on_signal()?;
    if arguments.until_input_ends {
        jobs::stop_when_input_ends(&stop)?;
    }
    Ok(stop)
}

/// Trains the one trial of this name.
fn only(
    prepared: &[Prepared],
    name: &str,
    arguments: &RunArguments,
    stop: &Interrupter,
) -> Result<ExitCode> {
    let training = &arguments.training;
    for prepared in prepared {
        for &seed in &prepared.resolved.experiment.seeds {
            let trial = training.trial(prepared, seed);
            if trial.folder().path() != training.runs.join(name) {
                continue;
            }
            let outcome = match arguments.until_step {
                Some(step) => trial.run_until(stop, step)?,
                None => trial.run(stop)?,
            };
            return Ok(ExitCode::from(match outcome {
                Outcome::Done
                | Outcome::AlreadyDone
                | Outcome::StoppedEarly { .. }
                | Outcome::Paused { .. } => DONE,
                Outcome::Interrupted { .. } => INTERRUPTED,
            }));
        }
    }
    Err(no_such_trial(name))
}

fn no_such_trial(name: &str) -> CommandError {
    CommandError::request(format!(
        "the plan has no trial `{name}`; `colorize plan --json` lists them all"
    ))
}

/// Prints the results of the trials: their states, their scores, and the verdicts of their claims.
fn print(work: &Work, baselines: bool) -> Result<Vec<Judged>> {
    let summaries = summaries(work).context("cannot read back the trained runs")?;
    output::line("");
    output::summaries(&summaries);
    output::line("");
    output::scores(&output::groups(&summaries)?, baselines);
    let runs: Vec<Run> = summaries.iter().map(Run::from).collect();
    let claims = claims_of(work.prepared.iter().map(|it| &it.resolved));
    let judged = judge_runs(&claims, &runs)?;
    if !judged.is_empty() {
        output::line("");
        output::claims(&judged);
    }
    Ok(judged)
}

fn code(worked: &Worked) -> ExitCode {
    ExitCode::from(if worked.interrupted {
        INTERRUPTED
    } else if worked.failed.is_empty() {
        DONE
    } else {
        FAILED
    })
}
