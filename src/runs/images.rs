//! `images/step-NNNNNN.parquet`: the scores of every held-out image at one step.

use std::path::Path;

use polars::prelude::*;

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
}

/// Writes the table of one step: `step`, `image_id`, `file_name`, one column a metric, one row an image.
///
/// # Errors
///
/// [`RunError`] when the table cannot be written.
pub fn write_image_scores(folder: &RunFolder, scores: &ImageScores) -> Result<(), RunError> {
    let path = folder.image_scores(scores.step);
    let rows = scores.image_ids.len();
    let mut columns = vec![
        Column::new("step".into(), vec![scores.step as i64; rows]),
        Column::new("image_id".into(), &scores.image_ids),
        Column::new("file_name".into(), &scores.file_names),
    ];
    columns.extend(
        scores
            .metrics
            .iter()
            .map(|(name, values)| Column::new((*name).into(), values)),
    );
    let mut table = DataFrame::new(rows, columns).map_err(RunError::table("write", &path))?;
    atomic::write_with(&path, |file| {
        ParquetWriter::new(file)
            .finish(&mut table)
            .map(|_bytes| ())
            .map_err(RunError::table("write", &path))
    })
}

/// Reads a table of [`write_image_scores`].
///
/// # Errors
///
/// [`RunError`] when it is absent or not a Parquet table.
pub fn read_image_scores(path: &Path) -> Result<DataFrame, RunError> {
    let file = std::fs::File::open(path).map_err(RunError::io("read", path))?;
    ParquetReader::new(file)
        .finish()
        .map_err(RunError::table("read", path))
}
