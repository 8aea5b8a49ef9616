//! TensorBoard event files: a folder a run, with its metrics, its sample pictures, and its experiment's keys as
//! hyperparameters.
//!
//! A metric is a simple value of 32 bits, because TensorBoard's own reader shows no other: it passes over tensors of
//! doubles silently. Who needs every bit takes the tables. Tags are `split/metric`.

mod event;
mod hyperparameters;
mod protobuf;
mod record;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ExportError;
use super::columns::{MetricColumn, description};
use super::timeline::Timeline;
use crate::catalog::Entry;
use crate::experiment::Properties;
use crate::runs::{RunError, Status, read_metric_rows};
use colorize_base::{MOST_PICTURE, read_file};
use event::Picture;
use hyperparameters::{Keys, Outcome};

/// Writes the event file of every run below `folder`; says how many values and pictures there are.
pub(super) fn write(runs: &[&Entry], folder: &Path) -> Result<usize, ExportError> {
    let (keys, metrics) = (Keys::of(runs), MetricColumn::of(runs));
    let mut count = 0;
    for run in runs {
        // Each run says what the columns are: whoever opens a part of the folder has them too.
        count += write_run(run, folder, |time| {
            hyperparameters::experiment(time, &keys, &metrics)
        })?;
    }
    Ok(count)
}

fn write_run(
    run: &Entry,
    folder: &Path,
    experiment: impl FnOnce(f64) -> Vec<u8>,
) -> Result<usize, ExportError> {
    let facts = &run.facts;
    let folder = folder.join(&facts.experiment).join(&facts.trial);
    fs::create_dir_all(&folder).map_err(ExportError::write(&folder))?;
    let began = facts.started.map_or(0, |started| started.as_second());
    // TensorBoard takes any file whose name has `tfevents` in it; the time comes first so that files sort.
    let path = folder.join(format!("events.out.tfevents.{began:010}.colorize"));
    let failed = || ExportError::write(&path);
    let mut file = BufWriter::new(fs::File::create(&path).map_err(failed())?);
    let mut put = |event: Vec<u8>| file.write_all(&record::framed(&event)).map_err(failed());

    let mut rows = Vec::new();
    read_metric_rows(&run.folder, &mut |row| {
        let tag = format!("{}/{}", row.split, row.metric);
        rows.push((row.step, row.seconds, tag, row.metric.to_owned(), row.value));
    })?;
    rows.sort_by_key(|row| row.0);
    let times: Vec<(usize, f64)> = rows.iter().map(|row| (row.0, row.1)).collect();
    let timeline = match run.folder.record()? {
        Some(record) => Timeline::of(&record, &times),
        None => return Ok(0),
    };
    put(event::version(began as f64))?;
    put(experiment(began as f64))?;
    let values = hyperparameters::values(run);
    put(hyperparameters::session(began as f64, &values))?;
    let mut count = rows.len();
    let mut described = BTreeSet::new();
    for (step, seconds, tag, metric, value) in &rows {
        let properties = Properties::of(metric).filter(|_| described.insert(tag));
        let description = properties.map(|it| description(&it));
        put(event::scalar(
            timeline.time(*step, *seconds),
            *step,
            tag,
            *value,
            description.as_deref(),
        ))?;
    }
    for (step, path) in samples(run) {
        let png = read_file(&path, MOST_PICTURE).map_err(|cause| RunError::Io {
            action: "read",
            path: path.clone(),
            cause,
        })?;
        // Drawn right after the step's last number.
        let seconds = times.iter().filter(|row| row.0 <= step).map(|row| row.1);
        let time = timeline.time(step, seconds.fold(0.0, f64::max));
        if let Some(picture) = Picture::of(&png) {
            put(event::picture(time, step, "samples", &picture))?;
            count += 1;
        }
    }
    let outcome = match run.status() {
        Status::Done => Some(Outcome::Success),
        Status::Failed => Some(Outcome::Failure),
        Status::Running | Status::Interrupted => None,
    };
    if let Some(outcome) = outcome {
        let ended = facts.updated.map_or(began, |updated| updated.as_second());
        put(hyperparameters::end(ended as f64, outcome))?;
    }
    file.flush().map_err(failed())?;
    Ok(count)
}

/// The sample pictures, by step.
fn samples(run: &Entry) -> Vec<(usize, PathBuf)> {
    let entries = fs::read_dir(run.folder.path().join("samples"));
    let mut found: Vec<(usize, PathBuf)> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let name = path.file_name()?.to_str()?;
            let step = name
                .strip_prefix("step-")?
                .strip_suffix(".png")?
                .parse()
                .ok()?;
            Some((step, path))
        })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests;
