//! Reports: tables, claims and figures made from run folders alone. This room knows nothing of how a run was trained.
//!
//! From a file to a folder: a [`Report`] is a file of `reports/`, judged. A [`Selection`] is what there is of the runs
//! that it asks for, in [`Group`]s that differ in nothing but the seed. [`Material`] is of every run just the numbers that
//! tables ([`table`]), figures ([`figures`]) and claims ([`claims`]) need. A [`Judgement`] has these together, and from it
//! comes what is [`Made`]: it writes itself as one folder, whose page is [`html`]'s. [`provenance`] tells of a figure
//! whether it still holds.
//!
//! A [`Summary`] is one run's line in a table on the terminal, [`Scores`] are what its images, or a baseline's, scored.

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
pub mod progress;
pub mod provenance;
mod run;
mod scores;
mod select;
mod summary;
pub mod table;
mod write;

use std::path::PathBuf;

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
/// Every message is whole: the cause below it is a field and not a [`std::error::Error::source`], which would print it
/// twice.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The report's file, or a file of its experiments, is wrong.
    #[error(transparent)]
    File(#[from] Box<ExperimentError>),
    /// A run folder cannot be read, or the report's not be written.
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
    /// Nothing that the report asks for is there.
    #[error(
        "nothing that `{}` asks for has a finished run in `{}`:\n{missing}",
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
    /// Something else lies where a report should go.
    #[error(
        "`{}` holds something that is no report of this program, and a report would replace all of it: move it away, or say another place with `--out`",
        .0.display()
    )]
    NotAReport(PathBuf),
    /// A figure that names no runs.
    #[error("`{}` is a figure, and does not say which runs made it", .0.display())]
    NoOrigin(PathBuf),
}

impl From<ExperimentError> for ReportError {
    fn from(error: ExperimentError) -> Self {
        Self::File(Box::new(error))
    }
}
