//! `images/step-NNNNNN.parquet`: the scores of every held-out image at one step.

use std::path::Path;

use polars::prelude::*;

use super::rows::read_quickly;
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

/// Writes the table of one step: `step`, `image_id`, `file_name`, one column a metric, one row an image. The footer holds the
/// totals, `colorize.<metric>`.
///
/// # Errors
///
/// [`RunError`] when the table cannot be written.
pub fn write_image_scores(folder: &RunFolder, scores: &ImageScores) -> Result<(), RunError> {
    write_image_scores_to(&folder.image_scores(scores.step), scores)
}

/// The same, to any file.
///
/// # Errors
///
/// [`RunError`] when the table cannot be written.
pub fn write_image_scores_to(path: &Path, scores: &ImageScores) -> Result<(), RunError> {
    let mut table = DataFrame::new(scores.image_ids.len(), columns(scores))
        .map_err(RunError::table("write", path))?;
    let totals = scores.totals.iter();
    let totals = totals.map(|(name, value)| (format!("colorize.{name}"), value.to_string()));
    write_table(path, &mut table, totals.collect())
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

/// Writes a whole table with `metadata` in its footer, or none.
pub(super) fn write_table(
    path: &Path,
    table: &mut DataFrame,
    metadata: Vec<(String, String)>,
) -> Result<(), RunError> {
    // By way of memory, so that what the operating system refuses is told in its own words.
    let mut bytes = Vec::new();
    colorize_table::write(&mut bytes, table, metadata).map_err(RunError::table("write", path))?;
    atomic::write(path, &bytes)
}

/// Reads a table of [`write_image_scores`].
///
/// # Errors
///
/// [`RunError`] when it is absent or not a Parquet table.
pub fn read_image_scores(path: &Path) -> Result<DataFrame, RunError> {
    read_quickly(path)
}
