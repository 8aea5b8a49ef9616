//! Reading a run's log again and again while it grows: only the files that have changed are read.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use polars::prelude::*;

use super::metrics::files;
use super::{RunError, RunFolder};
use colorize_base::{MOST_NUMBERS, read_file};

/// One number of the log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricPoint {
    /// Optimizer steps done.
    pub step: usize,
    /// The number.
    pub value: f64,
    /// Seconds since the run began to train.
    pub seconds: f64,
}

/// The log of one run, as far as it is written. It locks nothing and writes nothing, and a run that goes away leaves an
/// empty log.
#[derive(Debug, Clone)]
pub struct MetricFollower {
    folder: RunFolder,
    /// How many of the newest files are kept; all where it is `None`.
    newest: Option<usize>,
    parts: BTreeMap<PathBuf, (Stamp, Part)>,
}

/// A file that is renamed over another one differs in one of these.
type Stamp = (Option<SystemTime>, u64);

/// Points by split and metric.
type Part = BTreeMap<String, BTreeMap<String, Vec<MetricPoint>>>;

impl MetricFollower {
    /// Of the whole log of a run; empty until the first [`Self::refresh`].
    pub fn new(folder: &RunFolder) -> Self {
        Self {
            folder: folder.clone(),
            newest: None,
            parts: BTreeMap::new(),
        }
    }

    /// Of the last `files` files of the log, for who wants the last rows alone.
    pub fn of_newest(folder: &RunFolder, files: usize) -> Self {
        Self {
            newest: Some(files),
            ..Self::new(folder)
        }
    }

    /// Whose log it is.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// Reads what has changed since the last call; says whether anything has.
    ///
    /// # Errors
    ///
    /// [`RunError`] when a file exists but is not a table of this program; the others have been read.
    pub fn refresh(&mut self) -> Result<bool, RunError> {
        let mut found = files(&self.folder.metrics())?;
        if let Some(newest) = self.newest {
            found.drain(..found.len().saturating_sub(newest));
        }
        let before = self.parts.len();
        self.parts
            .retain(|path, _| found.iter().any(|(_, known)| known == path));
        let mut changed = self.parts.len() != before;
        let mut failed = Ok(());
        for (_, path) in found {
            // Between the listing and this the file may be gone: the next call finds what took its place.
            let Ok(metadata) = fs::metadata(&path) else {
                continue;
            };
            let stamp = (metadata.modified().ok(), metadata.len());
            if self
                .parts
                .get(&path)
                .is_some_and(|(known, _)| *known == stamp)
            {
                continue;
            }
            match read(&path) {
                Ok(Some(part)) => {
                    self.parts.insert(path, (stamp, part));
                    changed = true;
                }
                Ok(None) => {}
                Err(error) => failed = Err(error),
            }
        }
        failed.map(|()| changed)
    }

    /// When the newest file was written.
    pub fn written(&self) -> Option<SystemTime> {
        self.parts.values().filter_map(|((time, _), _)| *time).max()
    }

    /// The points of one metric on one split, in order of steps.
    pub fn series(&self, split: &str, metric: &str) -> Vec<MetricPoint> {
        let parts = self.parts.values();
        let mut points: Vec<MetricPoint> = parts
            .filter_map(|(_, part)| part.get(split)?.get(metric))
            .flatten()
            .copied()
            .collect();
        points.sort_by_key(|point| point.step);
        points
    }

    /// The last step that any row tells of.
    pub fn last_step(&self) -> Option<usize> {
        let series = self.parts.values().flat_map(|(_, part)| part.values());
        let last = series
            .flat_map(BTreeMap::values)
            .filter_map(|points| points.last());
        last.map(|point| point.step).max()
    }

    /// The names of the metrics of a split, sorted.
    pub fn metrics(&self, split: &str) -> Vec<&str> {
        let parts = self.parts.values();
        let mut names: Vec<&str> = parts
            .filter_map(|(_, part)| part.get(split))
            .flat_map(|metrics| metrics.keys().map(String::as_str))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The rows of one file; `None` when it no longer exists.
fn read(path: &PathBuf) -> Result<Option<Part>, RunError> {
    let bytes = match read_file(path, MOST_NUMBERS) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(RunError::io("read", path)(error)),
    };
    colorize_table::read(bytes, true, |_| true)
        .and_then(|table| part(&table))
        .map(Some)
        .map_err(RunError::table("read", path))
}

fn part(table: &DataFrame) -> PolarsResult<Part> {
    let steps = table.column("step")?.i64()?;
    let splits = table.column("split")?.str()?;
    let metrics = table.column("metric")?.str()?;
    let values = table.column("value")?.f64()?;
    let seconds = table.column("seconds")?.f64()?;
    let mut part = Part::new();
    for row in 0..table.height() {
        let (Some(step), Some(split), Some(metric), Some(value)) = (
            steps.get(row),
            splits.get(row),
            metrics.get(row),
            values.get(row),
        ) else {
            continue;
        };
        let point = MetricPoint {
            step: usize::try_from(step).unwrap_or_default(),
            value,
            seconds: seconds.get(row).unwrap_or_default(),
        };
        // Names are made once for each series, not once for each row.
        if let Some(points) = part
            .get_mut(split)
            .and_then(|metrics| metrics.get_mut(metric))
        {
            points.push(point);
        } else {
            let metrics = part.entry(split.to_owned()).or_default();
            metrics.insert(metric.to_owned(), vec![point]);
        }
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::runs::{LoggedRow, MetricLog};

    fn push(log: &mut MetricLog, step: usize) {
        log.push(LoggedRow {
            step,
            split: "train",
            metric: "loss",
            value: 1.0 / step as f64,
            seconds: step as f64,
        })
        .unwrap();
        log.flush().unwrap();
    }

    fn steps(log: &MetricFollower) -> Vec<usize> {
        let series = log.series("train", "loss");
        series.iter().map(|point| point.step).collect()
    }

    #[test]
    fn it_sees_what_is_added_and_what_is_taken_back() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(root.path().join("run"));
        let mut follower = MetricFollower::new(&folder);
        assert!(!follower.refresh().unwrap());
        assert_eq!(follower.last_step(), None);

        let mut log = MetricLog::resume(&folder, 0, Duration::from_hours(1)).unwrap();
        push(&mut log, 1);
        assert!(follower.refresh().unwrap());
        assert!(!follower.refresh().unwrap());
        push(&mut log, 2);
        log.end_segment(2).unwrap();
        push(&mut log, 3);
        assert!(follower.refresh().unwrap());
        assert_eq!(steps(&follower), [1, 2, 3]);
        assert_eq!(follower.metrics("train"), ["loss"]);
        let mut last = MetricFollower::of_newest(&folder, 1);
        last.refresh().unwrap();
        assert_eq!(steps(&last), [3]);

        // Going on from the checkpoint at step 2 takes back what came after it.
        drop(MetricLog::resume(&folder, 2, Duration::from_hours(1)).unwrap());
        assert!(follower.refresh().unwrap());
        assert_eq!(steps(&follower), [1, 2]);

        fs::write(folder.metrics().join("from-000000002.parquet"), "no table").unwrap();
        assert!(follower.refresh().is_err());
        assert_eq!(steps(&follower), [1, 2]);
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(follower.refresh().unwrap());
        assert_eq!(follower.last_step(), None);
    }
}
