//! Runs for other programs: one table as CSV, JSON or Parquet, or everything as TensorBoard event files or an MLflow store.
//! One file a format.
//!
//! Every number is exported bit for bit, NaN and infinities included: each format says how it writes them. What is
//! written is complete or absent, and replaces nothing unless it is told to.

mod columns;
mod csv;
mod json;
mod mlflow;
mod parquet;
mod place;
mod table;
mod tensorboard;
mod timeline;

use colorize_base::{Blame, Blamed};
use std::path::PathBuf;

pub use place::Place;
pub use table::Table;

use crate::catalog::Entry;
use crate::runs::RunError;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated, as RFC 4180 has it. `NaN`, `inf` and `-inf` stand for what is no finite number, nothing for what is
    /// missing.
    Csv,
    /// An array of objects, one a line. Numbers that are not finite are the texts `NaN`, `inf` and `-inf`; what is missing
    /// is `null`.
    Json,
    /// Parquet, with Zstandard.
    Parquet,
}

/// What can go wrong.
///
/// Every message is whole: the cause below it is a field and not a [`std::error::Error::source`], which would print it
/// twice.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A run cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There is something already.
    #[error("`{}` already exists: choose another path, or overwrite it with `--force`", .0.display())]
    Exists(PathBuf),
    /// What is there is not what this program wrote, and is not removed even by force.
    #[error("`{}` is not an export of this program, or contains other files as well, and will not be replaced: choose another path", .0.display())]
    NotOurs(PathBuf),
    /// The operating system refused.
    #[error("cannot write `{}`: {cause}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What it said.
        cause: std::io::Error,
    },
    /// A table cannot be assembled.
    #[error("cannot assemble the table: {0}")]
    Table(#[from] polars::error::PolarsError),
}

impl Blamed for ExportError {
    fn blame(&self) -> Blame {
        match self {
            Self::Run(error) => error.blame(),
            Self::Exists(_) | Self::NotOurs(_) => Blame::Request,
            Self::Write { .. } | Self::Table(_) => Blame::Failure,
        }
    }
}

impl ExportError {
    fn write(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Write { path, cause }
    }
}

/// Writes one table of runs to the file `place`, and says how many rows it has.
///
/// # Errors
///
/// [`ExportError`]; in that case, no new files are left behind.
pub fn table(
    table: Table,
    format: TableFormat,
    runs: &[&Entry],
    place: &Place,
) -> Result<usize, ExportError> {
    let schema = table.schema(runs)?;
    place.file(|file, path| {
        let mut rows = 0;
        let mut each = |frame: &polars::prelude::DataFrame| rows += frame.height();
        let frames = runs.iter().map(|run| {
            let frame = table.of(run, &schema)?;
            each(&frame);
            Ok(frame)
        });
        match format {
            TableFormat::Csv => csv::write(file, path, &schema, frames)?,
            TableFormat::Json => json::write(file, path, frames)?,
            TableFormat::Parquet => parquet::write(file, &schema, frames)?,
        }
        Ok(rows)
    })
}

/// Writes TensorBoard event files below the folder `place`, a folder a run, and says how many values and pictures they hold.
///
/// # Errors
///
/// [`ExportError`]; in that case, no new files are left behind.
pub fn tensorboard(runs: &[&Entry], place: &Place) -> Result<usize, ExportError> {
    place.folder(|folder| tensorboard::write(runs, folder))
}

/// Writes an MLflow file store into the folder `place`, all runs as one experiment called `name`, and says how many values it
/// holds.
///
/// # Errors
///
/// [`ExportError`]; in that case, no new files are left behind.
pub fn mlflow(runs: &[&Entry], name: &str, place: &Place) -> Result<usize, ExportError> {
    place.folder(|folder| mlflow::write(runs, name, folder, place.path()))
}

#[cfg(test)]
mod tests;
