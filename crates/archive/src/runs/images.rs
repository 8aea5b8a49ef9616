//! `images/step-NNNNNN.parquet`: the scores of every held-out image at one step.

use std::collections::HashSet;
use std::path::Path;

use polars::prelude::*;

use super::rows::read_with_footer;
use super::{RunError, RunFolder, atomic};

/// The scores of held-out images at one step, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageScores {
    /// Optimizer steps done.
    pub step: usize,
    /// Each image's id.
    pub image_ids: Vec<i64>,
    /// Each image's file name.
    pub file_names: Vec<String>,
    /// A column a metric: its name and a value an image.
    pub metrics: Vec<(&'static str, Vec<f64>)>,
    /// What all images score together, by the name of the metric.
    pub totals: Vec<(&'static str, f64)>,
}

/// The footer's key for the name of the run's folder, by which tables of several runs are told apart.
const RUN: &str = "colorize.run";

/// Writes the table of one step: `step`, `image_id`, `file_name`, one column a metric, one row an image. The footer holds the
/// totals, `colorize.<metric>`.
///
/// # Errors
///
/// [`RunError`] when the table cannot be written.
pub fn write_image_scores(folder: &RunFolder, scores: &ImageScores) -> Result<(), RunError> {
    let name = folder.path().file_name().unwrap_or_default();
    let run = (RUN.to_owned(), name.to_string_lossy().into_owned());
    write_scores(&folder.image_scores(scores.step), scores, vec![run])
}

/// The same, to any file.
///
/// # Errors
///
/// [`RunError`] when the table cannot be written.
pub fn write_image_scores_to(path: &Path, scores: &ImageScores) -> Result<(), RunError> {
    write_scores(path, scores, Vec::new())
}

fn write_scores(
    path: &Path,
    scores: &ImageScores,
    metadata: Vec<(String, String)>,
) -> Result<(), RunError> {
    let mut table = DataFrame::new(scores.image_ids.len(), columns(scores))
        .map_err(RunError::table("write", path))?;
    let totals = scores.totals.iter();
    let totals = totals.map(|(name, value)| (format!("colorize.{name}"), value.to_string()));
    let metadata = metadata.into_iter().chain(totals).collect();
    write_table_with(path, &mut table, metadata)
}

/// The columns of the table.
pub(super) fn columns(scores: &ImageScores) -> Vec<Column> {
    let steps = vec![scores.step as i64; scores.image_ids.len()];
    let mut columns = vec![
        Column::new("step".into(), steps),
        Column::new("image_id".into(), &scores.image_ids),
        Column::new("file_name".into(), &scores.file_names),
    ];
    let metrics = scores.metrics.iter();
    columns.extend(metrics.map(|(name, values)| Column::new((*name).into(), values)));
    columns
}

/// Writes a whole table, or none.
pub(super) fn write_table(path: &Path, table: &mut DataFrame) -> Result<(), RunError> {
    write_table_with(path, table, Vec::new())
}

/// The same with `metadata` in the footer.
fn write_table_with(
    path: &Path,
    table: &mut DataFrame,
    metadata: Vec<(String, String)>,
) -> Result<(), RunError> {
    // By way of memory, so that what the operating system refuses is told in its own words.
    let mut bytes = Vec::new();
    colorize_table::write(&mut bytes, table, metadata).map_err(RunError::table("write", path))?;
    atomic::write(path, &bytes)
}

/// Reads a table of [`write_image_scores`], whose name ends with the step.
///
/// # Errors
///
/// [`RunError`] when it is absent, not a Parquet table, or not the one of its step: copied over another one, or joined from
/// several.
pub fn read_image_scores(path: &Path) -> Result<DataFrame, RunError> {
    read_with_owner(path).map(|(table, _)| table)
}

/// The name of the run whose scores a table holds; `None` in those of programs that did not write it.
///
/// # Errors
///
/// As [`read_image_scores`].
pub(super) fn scores_of(path: &Path) -> Result<Option<String>, RunError> {
    read_with_owner(path).map(|(_, owner)| owner)
}

fn read_with_owner(path: &Path) -> Result<(DataFrame, Option<String>), RunError> {
    let (table, owner) = read_with_footer(path, RUN)?;
    let fault = fault(&table, path).map_err(RunError::table("read", path))?;
    match fault {
        None => Ok((table, owner)),
        Some(reason) => Err(RunError::Incomplete {
            path: path.to_path_buf(),
            reason,
        }),
    }
}

/// What keeps a table from being that of the step which its name says, in words.
fn fault(table: &DataFrame, path: &Path) -> PolarsResult<Option<String>> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let digits = name.rsplit('-').next().unwrap_or_default();
    let Ok(expected) = digits.parse::<i64>() else {
        return Ok(None);
    };
    let other = table.column("step")?.i64()?.iter().flatten();
    let other = other.into_iter().find(|&step| step != expected);
    if let Some(step) = other {
        return Ok(Some(format!(
            "has scores of step {step}: it was copied or renamed; restore the file from a copy"
        )));
    }
    let mut seen = HashSet::new();
    let mut ids = table.column("image_id")?.i64()?.iter().flatten();
    let twice = ids.find(|&id| !seen.insert(id));
    Ok(twice.map(|id| format!("has the scores of image {id} twice: restore the file from a copy")))
}
