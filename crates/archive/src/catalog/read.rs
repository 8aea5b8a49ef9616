//! From a run folder to an entry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::entry::Facts;
use super::{Entry, Point, Series, Values};
use crate::experiment::Experiment;
use crate::runs::{RunError, RunFolder, keys_and_values, read_metric_rows};
use colorize_base::{MOST_TEXT, read_text};

/// Reads runs. Seeds of an experiment have one and the same file, which is read once for all of them.
#[derive(Default)]
pub(super) struct Reader {
    experiments: Mutex<HashMap<blake3::Hash, Arc<Values>>>,
}

impl Reader {
    /// Reads a run.
    ///
    /// # Errors
    ///
    /// [`RunError`] when one of its files is damaged or missing.
    pub(super) fn entry(&self, folder: RunFolder) -> Result<Entry, RunError> {
        let record = folder.record()?.ok_or_else(|| RunError::Record {
            path: folder.path().join("run.json"),
            reason: "there is no such file".to_owned(),
        })?;
        let values = self.values(&folder)?;
        let (series, seconds, losses) = series(&folder)?;
        let rows = series.iter().map(|series| series.count).sum();
        if let Some(reason) = record.lacks_of_log(rows, losses) {
            let path = folder.path().to_path_buf();
            return Err(RunError::Incomplete { path, reason });
        }
        let notes = folder.notes()?;
        let mut entry = Entry {
            facts: Facts::of(&folder, record, notes),
            folder,
            values,
            series,
            seconds,
            at_work: false,
        };
        entry.see_who_works();
        Ok(entry)
    }

    fn values(&self, folder: &RunFolder) -> Result<Arc<Values>, RunError> {
        let path = folder.experiment();
        let text = read_text(&path, MOST_TEXT).map_err(|cause| RunError::Io {
            action: "read",
            path: path.clone(),
            cause,
        })?;
        let hash = blake3::hash(text.as_bytes());
        let known = || {
            self.experiments
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(values) = known().get(&hash) {
            return Ok(Arc::clone(values));
        }
        // With this program's types keys that the file leaves out have their defaults. A file of a program with other
        // keys is taken as it is.
        let values = match toml::from_str::<Experiment>(&text) {
            Ok(experiment) => keys_and_values(&experiment),
            Err(_) => {
                let table: toml::Table =
                    toml::from_str(&text).map_err(|error| RunError::Record {
                        path,
                        reason: error.message().to_owned(),
                    })?;
                keys_and_values(&table)
            }
        };
        let values = Arc::new(values);
        known().insert(hash, Arc::clone(&values));
        Ok(values)
    }
}

/// What was logged of each metric, by split and name, the seconds up to the last row, and the steps of the training's losses.
fn series(folder: &RunFolder) -> Result<(Vec<Series>, f64, Vec<usize>), RunError> {
    let mut slots: Vec<(String, String, Vec<Point>)> = Vec::new();
    let mut seconds: f64 = 0.0;
    // Rows of one metric often follow one another, or come in turns of a few.
    let mut slot = 0;
    read_metric_rows(folder, &mut |row| {
        let is_it = |slot: &(String, String, _)| slot.1 == row.metric && slot.0 == row.split;
        if !slots.get(slot).is_some_and(is_it) {
            slot = slots.iter().position(is_it).unwrap_or_else(|| {
                slots.push((row.split.to_owned(), row.metric.to_owned(), Vec::new()));
                slots.len() - 1
            });
        }
        slots[slot].2.push(Point {
            step: row.step,
            value: row.value,
        });
        seconds = seconds.max(row.seconds);
    })?;
    let of_loss = slots.iter().find(|it| it.0 == "train" && it.1 == "loss");
    let losses = of_loss.map_or_else(Vec::new, |(_, _, points)| {
        points.iter().map(|point| point.step).collect()
    });
    let mut series: Vec<Series> = slots
        .into_iter()
        .filter_map(|(split, metric, mut points)| {
            points.sort_by_key(|point| point.step);
            Series::of(split, metric, &points)
        })
        .collect();
    series.sort_by(|one, two| (&one.split, &one.metric).cmp(&(&two.split, &two.metric)));
    Ok((series, seconds, losses))
}
