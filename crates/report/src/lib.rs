//! Reports: tables, claims, and figures, built from run folders alone. This crate does not know how a run was trained.
//!
//! From a file to a folder: a [`Report`] is a checked file of `reports/`. A [`Selection`] holds the available runs among
//! those that it asks for, in [`Group`]s whose runs differ only in the seed. [`Material`] holds, for every run, just the
//! numbers that tables ([`table`]), figures ([`figures`]), and claims ([`claims`]) need. A [`Judgement`] combines these
//! and becomes a [`Made`] report, which writes itself as one folder; its page comes from [`html`]. [`provenance`] tells
//! whether a figure is still current. [`sequential`] judges claims whose seeds are added until they are decided.
//!
//! A [`Summary`] is one run's line in a table on the terminal. [`Scores`] are the scores of its images, or a baseline's.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

pub mod claims;
mod configurations;
mod dropped;
pub mod figures;
mod file;
pub mod html;
mod make;
mod material;
mod meant;
mod page;
mod paper;
pub mod progress;
pub mod provenance;
mod run;
mod scores;
mod select;
pub mod sequential;
mod summary;
pub mod table;
mod write;

use std::path::PathBuf;

use colorize_archive::{catalog, runs};
use colorize_base::{Blame, Blamed};
use colorize_experiment as experiment;
use colorize_figure as figure;
use colorize_picture::{color, evaluate};
use colorize_statistics as statistics;

pub use figures::{Remade, Remake, Unavailable};
pub use file::{Report, RunSpec};
pub use make::{Judgement, Made};
pub use material::{BaselineNumbers, Jury, Material, Needs, RunNumbers};
pub use run::Run;
pub use scores::Scores;
pub use select::{Absent, Group, Missing, Selection};
pub use summary::Summary;

use table::digits;

use crate::experiment::ExperimentError;
use crate::figure::FigureError;
use crate::runs::RunError;

/// Why a report cannot be made.
///
/// Every message is complete: the underlying cause is a field and not a [`std::error::Error::source`], which would print
/// it twice.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The report's file, or a file of its experiments, is wrong.
    #[error(transparent)]
    File(#[from] Box<ExperimentError>),
    /// A run folder cannot be read, or the report's folder cannot be written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A figure cannot be written.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A sample picture cannot be read.
    #[error("cannot read the sample `{}`: {cause}", path.display())]
    Sample {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: image::ImageError,
    },
    /// No run that the report asks for is available.
    #[error(
        "no finished runs for `{}` in `{}`:\n{missing}",
        report.display(),
        runs.display()
    )]
    NoRuns {
        /// The report's file.
        report: PathBuf,
        /// Where it was looked for.
        runs: PathBuf,
        /// What is missing, and how to train it.
        missing: String,
    },
    /// Something else is where the report should go.
    #[error(
        "`{}` exists but is not a report, and writing a report would replace all of it: move it away, or choose another folder with `--out`",
        .0.display()
    )]
    NotAReport(PathBuf),
    /// Files of somebody else lie in the folder of a report.
    #[error(
        "`{}` contains {}, which the report there did not write, and writing a new one would delete: move {} elsewhere, or \
         choose another folder with `--out`",
        path.display(), named(files), if files.len() == 1 { "it" } else { "them" }
    )]
    ForeignFiles {
        /// The folder of the report.
        path: PathBuf,
        /// The files, as paths below it; at least one.
        files: Vec<String>,
    },
    /// A figure that names no runs.
    #[error("`{}` is a figure, but it does not say which runs made it", .0.display())]
    NoOrigin(PathBuf),
}

impl Blamed for ReportError {
    fn blame(&self) -> Blame {
        match self {
            Self::File(error) => error.blame(),
            Self::Run(error) => error.blame(),
            Self::Figure(error) => error.blame(),
            Self::Sample { .. } => Blame::Failure,
            Self::NoRuns { .. }
            | Self::NotAReport(_)
            | Self::ForeignFiles { .. }
            | Self::NoOrigin(_) => Blame::Request,
        }
    }
}

/// `` `notes.txt` and 3 other files ``.
fn named(files: &[String]) -> String {
    let first = files.first().map_or("", String::as_str);
    match files.len().saturating_sub(1) {
        0 => format!("`{first}`"),
        1 => format!("`{first}` and 1 other file"),
        more => format!("`{first}` and {more} other files"),
    }
}

impl From<ExperimentError> for ReportError {
    fn from(error: ExperimentError) -> Self {
        Self::File(Box::new(error))
    }
}
