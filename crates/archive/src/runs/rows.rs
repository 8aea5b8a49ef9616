//! The log of a run, row by row.

use std::path::Path;

use polars::prelude::*;

use super::metrics::files;
use super::{RunError, RunFolder};
use colorize_base::{MOST_NUMBERS, read_file};

/// One number of a log that is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoggedRow<'a> {
    /// Optimizer steps done.
    pub step: usize,
    /// `train` or `validation`.
    pub split: &'a str,
    /// The metric's name.
    pub metric: &'a str,
    /// The number.
    pub value: f64,
    /// Seconds since the run began to train.
    pub seconds: f64,
}

/// Shows every row of a run's log to `each`: file by file, in the order in which they were written. A run that has
/// logged nothing yet has no rows. A row that lacks one of its values is skipped.
///
/// # Errors
///
/// [`RunError`] when a file is not a table of this program.
pub fn read_metric_rows(
    folder: &RunFolder,
    each: &mut dyn FnMut(LoggedRow<'_>),
) -> Result<(), RunError> {
    for (_, path) in files(&folder.metrics())? {
        let table = read_quickly(&path)?;
        show_rows(&table, each).map_err(RunError::table("read", &path))?;
    }
    Ok(())
}

/// Reads a small table on this thread alone: with thousands of them, the threads are better used on a file each. A thread
/// that waited for polars's own would begin another file meanwhile, and in that wait a third, until its stack is full.
pub(super) fn read_quickly(path: &Path) -> Result<DataFrame, RunError> {
    read_with_footer(path, "").map(|(table, _)| table)
}

/// The same, and what the footer says under `key`.
pub(super) fn read_with_footer(
    path: &Path,
    key: &str,
) -> Result<(DataFrame, Option<String>), RunError> {
    let bytes = read_file(path, MOST_NUMBERS).map_err(RunError::io("read", path))?;
    let mut said = None;
    let accept = |value: &dyn Fn(&str) -> Option<String>| {
        said = value(key);
        true
    };
    let table = colorize_table::read(bytes, true, accept).map_err(RunError::table("read", path))?;
    Ok((table, said))
}

fn show_rows(table: &DataFrame, each: &mut dyn FnMut(LoggedRow<'_>)) -> PolarsResult<()> {
    let steps = table.column("step")?.i64()?.iter();
    let splits = table.column("split")?.str()?.iter();
    let metrics = table.column("metric")?.str()?.iter();
    let values = table.column("value")?.f64()?.iter();
    let seconds = table.column("seconds")?.f64()?.iter();
    for ((((step, split), metric), value), seconds) in
        steps.zip(splits).zip(metrics).zip(values).zip(seconds)
    {
        if let (Some(step), Some(split), Some(metric), Some(value)) = (step, split, metric, value)
            && let Ok(step) = usize::try_from(step)
        {
            each(LoggedRow {
                step,
                split,
                metric,
                value,
                seconds: seconds.unwrap_or_default(),
            });
        }
    }
    Ok(())
}
