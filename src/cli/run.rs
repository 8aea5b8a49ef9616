//! `colorize run`: train experiments.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::prepare::{ExperimentArguments, TrainingArguments, stop_on_signal};
use super::{DONE, INTERRUPTED, output};
use crate::experiment::{Claim, check_names};
use crate::report::Summary;
use crate::report::claims::{self, Open};
use crate::train::Outcome;

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
}

/// Trains every seed of every experiment and prints what came of it.
pub(super) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let resolved = arguments
        .experiments
        .resolve(&arguments.training, &arguments.seed)?;
    check_names(&resolved)?;
    let prepared = arguments.training.prepare(resolved)?;
    let stop = stop_on_signal()?;
    let mut trained = Vec::new();
    for experiment in &prepared {
        trained.extend(arguments.training.train(experiment, &stop)?);
        if stop.should_stop() {
            break;
        }
    }
    let summaries = trained
        .iter()
        .map(|trained| Summary::read(&trained.folder))
        .collect::<Result<Vec<_>, _>>()
        .context("cannot read back what was trained")?;
    output::line("");
    output::summaries(&summaries);
    output::line("");
    output::scores(&output::groups(&summaries)?);
    let claims: Vec<Claim> = prepared
        .iter()
        .flat_map(|experiment| experiment.resolved.claims.clone())
        .collect();
    let mut judged = claims::judge_runs(&claims, &summaries)?;
    // What is claimed against an experiment that was not asked for stays open, and is not worth a word.
    judged.retain(|judged| !matches!(judged.result, Err(Open::NotTrained(_))));
    if !judged.is_empty() {
        output::line("");
        output::claims(&judged);
    }
    let interrupted = trained
        .iter()
        .any(|trained| matches!(trained.outcome, Outcome::Interrupted { .. }));
    Ok(ExitCode::from(if interrupted { INTERRUPTED } else { DONE }))
}
