//! `colorize predict`: colorize photographs with a trained run, or with a model that `export model` wrote.

mod figure;
mod jobs;
mod mark;
mod stages;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;

use self::stages::{Coloring, Finished};
use super::run_choice::RunChoice;
use super::{DONE, FAILED, output};
use crate::command_error::Result;
use crate::dataset::Cache;
use crate::photo::PhotoFormat;
use crate::trained::TrainedNetwork;

/// Arguments of `colorize predict`.
#[derive(Debug, Args)]
pub(super) struct PredictArguments {
    #[command(flatten)]
    choice: RunChoice,
    /// Photographs, or folders of photographs
    #[arg(required = true, value_name = "PHOTO_OR_FOLDER")]
    inputs: Vec<PathBuf>,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
    /// Draw the original, gray and colorized pictures side by side
    #[arg(long)]
    side_by_side: bool,
    /// Also draw all of them in one figure, a PNG: photographs, grayscale and colorized pictures in rows
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    /// In the figure, also show what this run makes of the photographs; repeatable
    #[arg(long, value_name = "RUN", requires = "figure")]
    beside: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Png)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Png,
    Jpeg,
}

impl From<Format> for PhotoFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Png => Self::Png,
            Format::Jpeg => Self::Jpeg,
        }
    }
}

/// Colorizes every photograph. One that cannot be decoded is named, and the others are still colorized.
pub(super) fn run(arguments: &PredictArguments) -> Result<ExitCode> {
    let jobs = jobs::jobs(arguments)?;
    let cache = Cache::of_user()?;
    let trained = arguments.choice.open_network(&cache)?;
    let beside = arguments.beside.iter();
    let beside = beside.map(|run| arguments.choice.open_other(run, &cache));
    let beside: Vec<TrainedNetwork> = beside.collect::<Result<_>>()?;
    output::note(&format!("{}, {} photographs", name(&trained), jobs.len()));
    if trained.synthetic == Some(true) {
        output::warning(
            "this network was trained on painted scenes alone (the synthetic dataset): do not expect photographs to \
             come out well; docs/datasets.md says how to train on photographs",
        );
    }
    let bar = ProgressBar::new(jobs.len() as u64);
    let coloring = Coloring {
        trained: &trained,
        beside: &beside,
        arguments,
        bar: &bar,
    };
    let Finished { shown, failed } = coloring.run(&jobs)?;
    bar.finish_and_clear();
    if let Some(path) = &arguments.figure {
        figure::draw(&trained, &beside, &shown, path)?;
    }
    output::line(&format!(
        "{} photographs colorized into {}{}",
        jobs.len() - failed,
        arguments.out.display(),
        match failed {
            0 => String::new(),
            failed => format!("; {failed} could not be decoded"),
        }
    ));
    Ok(ExitCode::from(if failed == 0 { DONE } else { FAILED }))
}

/// Which network it is, and at which step.
fn name(trained: &TrainedNetwork) -> String {
    let TrainedNetwork {
        experiment,
        seed,
        step,
        ..
    } = trained;
    format!("{} s{seed} at step {step}", experiment.name)
}
