//! `colorize reproduce`: the stages of the write-up, their figures and their table.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::prepare::{Prepared, TrainingArguments, stop_on_signal};
use super::{DONE, INTERRUPTED, output};
use crate::dataset::Source;
use crate::experiment::resolve;
use crate::report::{Summary, stages};

/// The stages, in the order of the story.
const STAGES: [&str; 3] = [
    "00-instancenorm.toml",
    "01-batchnorm.toml",
    "02-stopsigns.toml",
];

/// Arguments of `colorize reproduce`.
#[derive(Debug, Args)]
pub(super) struct ReproduceArguments {
    /// Train small, on the synthetic world: minutes on a laptop
    #[arg(long)]
    quick: bool,
    /// Folder of the experiment files
    #[arg(long, default_value = "experiments", value_name = "DIR")]
    experiments: PathBuf,
    /// Folder to draw the figures into
    #[arg(long, default_value = "reports/stages", value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    training: TrainingArguments,
}

/// Trains the stages, draws their figures and prints their table.
pub(super) fn run(arguments: &ReproduceArguments) -> anyhow::Result<ExitCode> {
    let overrides = arguments.training.overrides(arguments.quick);
    let resolved = STAGES
        .iter()
        .map(|stage| resolve(&arguments.experiments.join(stage), &overrides))
        .collect::<Result<Vec<_>, _>>()?;
    let prepared = arguments.training.prepare(resolved)?;
    let stop = stop_on_signal()?;
    let mut runs = Vec::new();
    for stage in &prepared {
        for trained in arguments.training.train(stage, &stop)? {
            runs.push(Summary::read(&trained.folder)?);
        }
        if stop.should_stop() {
            output::line("");
            output::summaries(&runs);
            return Ok(ExitCode::from(INTERRUPTED));
        }
    }
    let figures = draw(&runs, &prepared, &arguments.out).context("cannot draw the figures")?;
    output::line("");
    output::summaries(&runs);
    output::line("");
    output::line("Figures");
    for figure in figures {
        output::line(&format!("  {}", figure.display()));
    }
    Ok(ExitCode::from(DONE))
}

/// Draws everything; the pictures of the synthetic world are the project's own and go to `progress/` too.
fn draw(runs: &[Summary], prepared: &[Prepared], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut figures = stages::copy_samples(runs, folder)?;
    figures.extend(stages::draw_curves(runs, folder)?);
    figures.extend(stages::draw_comparisons(runs, folder)?);
    let is_synthetic = prepared
        .iter()
        .all(|stage| matches!(stage.manifest.source, Source::Synthetic { .. }));
    if is_synthetic {
        let progress = Path::new("progress");
        figures.extend(stages::copy_samples(runs, progress)?);
        figures.extend(stages::draw_curves(runs, progress)?);
    }
    Ok(figures)
}
