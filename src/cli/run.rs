//! `colorize run`: train experiments.

use std::process::ExitCode;

use clap::Args;

use super::launch::{self, Launcher};
use super::{DONE, FAILED, INTERRUPTED, output};
use crate::backend;
use crate::command_error::{CommandError, Context, Result};
use crate::experiment::{Claim, check_names};
use crate::report::claims;
use crate::terminal;
use crate::train::{Interrupter, Outcome};
use crate::work::jobs;
use crate::work::prepare::{
    ExperimentArguments, Prepared, TrainingArguments, Work, stop_on_signal,
};
use crate::work::start::find_starts;
use crate::work::{WorkArguments, Worked, summaries, work_off};

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
    /// Submit the trials to a scheduler instead of training them here; the experiments' `[slurm]` says what they need
    #[arg(long, value_name = "LAUNCHER", conflicts_with_all = ["tui", "jobs", "only"])]
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
    #[arg(long, hide = true, value_name = "NAME")]
    only: Option<String>,
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
        find_starts(&mut prepared, training.device, &training.runs, Some(name))?;
        let stop = stop(arguments)?;
        return only(&prepared, name, training, &stop);
    }
    let mut work = training.plan(resolved, arguments.only.as_deref())?;
    if let Some(name) = &arguments.only {
        let only = work.plan.only(name);
        work.plan = only.ok_or_else(|| no_such_trial(name))?;
    }
    let stop = stop(arguments)?;
    let worked = work_off(
        &work,
        &arguments.work,
        training,
        &|_| overrides.clone(),
        &stop,
    )?;
    if arguments.only.is_none() {
        print(&work, arguments.baselines)?;
    }
    Ok(code(&worked))
}

fn stop(arguments: &RunArguments) -> Result<Interrupter> {
    let stop = stop_on_signal()?;
    if arguments.until_input_ends {
        jobs::stop_when_input_ends(&stop);
    }
    Ok(stop)
}

/// Trains the one trial of this name.
fn only(
    prepared: &[Prepared],
    name: &str,
    training: &TrainingArguments,
    stop: &Interrupter,
) -> Result<ExitCode> {
    for prepared in prepared {
        for &seed in &prepared.resolved.experiment.seeds {
            let trial = training.trial(prepared, seed);
            if trial.folder().path() != training.runs.join(name) {
                continue;
            }
            return Ok(ExitCode::from(match trial.run(stop)? {
                Outcome::Done | Outcome::AlreadyDone | Outcome::StoppedEarly { .. } => DONE,
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
fn print(work: &Work, baselines: bool) -> Result<()> {
    let summaries = summaries(work).context("cannot read back the trained runs")?;
    output::line("");
    output::summaries(&summaries);
    output::line("");
    output::scores(&output::groups(&summaries)?, baselines);
    let judged = claims::judge_runs(&claims_of(work), &summaries)?;
    if !judged.is_empty() {
        output::line("");
        output::claims(&judged);
    }
    Ok(())
}

/// The claims of every file, which all points of its matrix share.
pub(super) fn claims_of(work: &Work) -> Vec<Claim> {
    let mut files = Vec::new();
    let mut claims = Vec::new();
    for prepared in &work.prepared {
        if !files.contains(&&prepared.resolved.path) {
            files.push(&prepared.resolved.path);
            claims.extend_from_slice(&prepared.resolved.claims);
        }
    }
    claims
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
