//! `colorize evaluate`: score a trained run on photographs.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::output;
use super::prepare::{bar, score_baselines, select_photographs};
use super::run_choice::RunChoice;
use crate::dataset::{Cache, DatasetSection};
use crate::report::{Scores, Summary};
use crate::runs::{read_image_scores, write_image_scores_to};
use crate::train::{BASELINE_CODE, Division};

/// Arguments of `colorize evaluate`.
#[derive(Debug, Args)]
pub(super) struct EvaluateArguments {
    #[command(flatten)]
    choice: RunChoice,
    /// Dataset manifest; without it the run's own, with the run's categories
    #[arg(long, value_name = "MANIFEST")]
    dataset: Option<PathBuf>,
    /// With `--dataset`: keep images that show this category; repeatable
    #[arg(long, value_name = "NAME", requires = "dataset")]
    category: Vec<String>,
    /// Which of the images: those that the run's split holds out, or all
    #[arg(long, value_enum, default_value_t = Which::Validation)]
    split: Which,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Those that the run never saw
    Validation,
    /// Every image: of a dataset that the run was not trained on
    All,
}

/// Scores the run and the baselines, and writes a table with a row an image into the run's folder.
pub(super) fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    let cache = Cache::of_user()?;
    let trained = arguments.choice.open(&cache)?;
    let summary = Summary::read(&trained.folder)?;
    let mut experiment = trained.experiment.clone();
    let manifest = match &arguments.dataset {
        Some(manifest) => {
            experiment.dataset = DatasetSection {
                categories: arguments.category.clone(),
                ..experiment.dataset
            };
            manifest.clone()
        }
        None => PathBuf::from(&trained.record.dataset.manifest),
    };
    let (manifest, selection) = select_photographs(&manifest, &experiment.dataset, &cache)?;
    let divided = match arguments.split {
        Which::Validation => Division::of(&selection, &experiment)?,
        Which::All => Division::everything(&selection),
    };
    let hash = selection.content_hash().to_hex();

    let runs = &arguments.choice.runs;
    let path = score_baselines(&experiment, &manifest.name, &divided, &hash, runs)?;

    let scoring = bar("scoring the run on", &manifest.name);
    scoring.set_length(divided.held_out.len() as u64);
    let table = trained.score(&divided.held_out, &|done| {
        scoring.set_position(done as u64);
    })?;
    scoring.finish_and_clear();
    let name = format!(
        "evaluations/{}-{}-{}-step-{:06}.parquet",
        manifest.name,
        divided.split,
        &hash[..10],
        trained.step
    );
    let written = trained.folder.path().join(name);
    write_image_scores_to(&written, &table)?;

    let label = format!("{} at step {}", summary.label(), trained.step);
    let mut rows = vec![Scores::new(label, read_image_scores(&written)?)];
    rows.extend(Scores::of_baseline_file(&path).context("cannot read the baselines")?);
    output::scores(&[(manifest.name.clone(), rows)]);
    output::line("");
    output::line(&format!("A row an image: {}", written.display()));
    // The baselines' code is named so that whoever compares two tables can tell whether they are of one kind.
    let code: Vec<String> = BASELINE_CODE
        .iter()
        .map(|(room, version)| format!("{room} {version}"))
        .collect();
    output::line(&format!("Protocol: {}", code.join(", ")));
    Ok(())
}
