//! `metrics/*.parquet`: the log of a run. The union of the files is the log: step (i64), split, metric, value (f64),
//! seconds (f64, since the run began to train, pauses not counted).
//!
//! One file holds what happened between two checkpoints, or a part of it where they lie far apart, and carries the step
//! after which it begins. It is rewritten whole while it grows, so that there are few files and never half a one; to go on
//! from a checkpoint is to delete the files that begin there or later.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::rows::read_quickly;
use super::{RunError, RunFolder};

/// A run's log, read back.
#[derive(Debug, Clone, Default)]
pub struct MetricTable {
    series: BTreeMap<(String, String), Vec<(usize, f64)>>,
    seconds: f64,
}

impl MetricTable {
    /// `(step, value)` of one metric on one split, in order of steps; empty when it was never logged.
    pub fn series(&self, split: &str, metric: &str) -> &[(usize, f64)] {
        self.series
            .get(&(split.to_owned(), metric.to_owned()))
            .map_or(&[], Vec::as_slice)
    }

    /// Every metric: its split, its name and its `(step, value)`.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &[(usize, f64)])> {
        self.series
            .iter()
            .map(|((split, metric), series)| (split.as_str(), metric.as_str(), series.as_slice()))
    }

    /// The last value of one metric on one split.
    pub fn last(&self, split: &str, metric: &str) -> Option<f64> {
        self.series(split, metric).last().map(|&(_, value)| value)
    }

    fn sort(&mut self) {
        for series in self.series.values_mut() {
            series.sort_by_key(|&(step, _)| step);
        }
    }

    /// Seconds of training up to the last row.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }
}

/// Reads the log of a run that resumes from the checkpoint at `done`, and makes sure that it is whole up to there: the loss of
/// every step stands in it once. `checkpoints` are the steps of all checkpoints, for the message.
///
/// # Errors
///
/// [`RunError::Log`] when rows are missing or a file is damaged, with what can be done about it.
pub fn read_whole_metrics(
    folder: &RunFolder,
    done: usize,
    checkpoints: &[usize],
) -> Result<MetricTable, RunError> {
    let wrong = |from: usize, reason: String| {
        let earlier = checkpoints
            .iter()
            .filter(|&&step| step <= from && step < done);
        let remedy = earlier.max().map_or_else(
            || "delete the run folder and rerun the command to train it from scratch".to_owned(),
            |earlier| {
                format!(
                    "delete the checkpoints after step {earlier} and the files that begin there or later, and rerun \
                     the command to resume from there"
                )
            },
        );
        RunError::Log {
            path: folder.metrics(),
            reason,
            remedy,
        }
    };
    let mut log = MetricTable::default();
    for (begins_at, path) in files(&folder.metrics())? {
        read_file(&path, &mut log).map_err(|error| wrong(begins_at, error.to_string()))?;
    }
    log.sort();
    let mut expected = 1;
    for &(step, _) in log.series("train", "loss") {
        if step != expected {
            let place = step.min(expected);
            let what = if step < expected {
                format!("the rows of step {step} appear twice")
            } else {
                format!("the rows of steps {expected} to {} are missing", step - 1)
            };
            return Err(wrong(place.saturating_sub(1), what));
        }
        expected += 1;
    }
    if expected <= done {
        let what = format!("the rows of steps {expected} to {done} are missing");
        return Err(wrong(expected - 1, what));
    }
    Ok(log)
}

/// Reads the log of a run: every file in `metrics/`. A run that has logged nothing yet has an empty log.
///
/// # Errors
///
/// [`RunError`] when a file is not a table of this program.
pub fn read_metrics(folder: &RunFolder) -> Result<MetricTable, RunError> {
    let mut log = MetricTable::default();
    for (_, path) in files(&folder.metrics())? {
        read_file(&path, &mut log)?;
    }
    log.sort();
    Ok(log)
}

fn read_file(path: &Path, log: &mut MetricTable) -> Result<(), RunError> {
    let table = read_quickly(path)?;
    read_table(&table, log).map_err(RunError::table("read", path))
}

fn read_table(table: &DataFrame, log: &mut MetricTable) -> PolarsResult<()> {
    let steps = table.column("step")?.i64()?;
    let splits = table.column("split")?.str()?;
    let metrics = table.column("metric")?.str()?;
    let values = table.column("value")?.f64()?;
    let seconds = table.column("seconds")?.f64()?;
    for row in 0..table.height() {
        let (Some(step), Some(split), Some(metric), Some(value)) = (
            steps.get(row),
            splits.get(row),
            metrics.get(row),
            values.get(row),
        ) else {
            continue;
        };
        log.seconds = log.seconds.max(seconds.get(row).unwrap_or_default());
        log.series
            .entry((split.to_owned(), metric.to_owned()))
            .or_default()
            .push((usize::try_from(step).unwrap_or_default(), value));
    }
    Ok(())
}

/// The table files in order, each with the step at which it begins.
pub(super) fn files(folder: &Path) -> Result<Vec<(usize, PathBuf)>, RunError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RunError::io("read", folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(RunError::io("read", folder))?.path();
        let begins_at = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_prefix("from-")?.strip_suffix(".parquet"))
            .and_then(|digits| digits.parse().ok());
        if let Some(begins_at) = begins_at {
            files.push((begins_at, path));
        }
    }
    files.sort();
    Ok(files)
}
