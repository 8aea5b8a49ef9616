//! `colorize run`: train experiments.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::prepare::{TrainingArguments, stop_on_signal};
use super::{DONE, INTERRUPTED, output};
use crate::experiment::{Claim, Overrides, check_names, resolve};
use crate::report::{Summary, claims};
use crate::train::{BASELINE_CODE, Outcome};

/// Arguments of `colorize run`.
#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// Experiment files
    #[arg(required = true, value_name = "EXPERIMENT")]
    experiments: Vec<PathBuf>,
    /// Change a value, as in `train.steps=400`; typed like TOML; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed to train instead of the experiment's; repeatable
    #[arg(long, value_name = "N")]
    seed: Vec<u64>,
    /// With the overrides of `[quick]`: small, on the synthetic world
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    training: TrainingArguments,
}

/// Trains every seed of every experiment and prints what came of it.
pub(super) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let overrides = Overrides {
        set: arguments.set.clone(),
        seeds: arguments.seed.clone(),
        ..arguments.training.overrides(arguments.quick)
    };
    let resolved = arguments
        .experiments
        .iter()
        .map(|path| resolve(path, &overrides))
        .collect::<Result<Vec<_>, _>>()?;
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
    let mut judged = claims::judge(&claims, &summaries, &BASELINE_CODE)?;
    // What is claimed against an experiment that was not asked for stays open, and is not worth a word.
    judged.retain(|judged| judged.result.is_ok());
    if !judged.is_empty() {
        output::line("");
        output::claims(&judged);
    }
    let interrupted = trained
        .iter()
        .any(|trained| matches!(trained.outcome, Outcome::Interrupted { .. }));
    Ok(ExitCode::from(if interrupted { INTERRUPTED } else { DONE }))
}
