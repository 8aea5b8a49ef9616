//! TensorBoard event files: a folder a run, with its metrics, its sample pictures, and its experiment's keys as
//! hyperparameters.
//!
//! A metric is a tensor of one double of the `scalars` plugin, as PyTorch's writer has it with `double_precision`: the older
//! field for a simple value holds 32 bits, and would lose half of the number. Tags are `split/metric`.

mod event;
mod protobuf;
mod record;

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ExportError;
use super::timeline::Timeline;
use crate::catalog::{Entry, Value};
use crate::runs::{RunError, Status, read_metric_rows};
use event::{Outcome, Picture};

/// Writes the event file of every run below `folder`; says how many values and pictures there are.
pub(super) fn write(runs: &[&Entry], folder: &Path) -> Result<usize, ExportError> {
    let mut count = 0;
    for run in runs {
        count += write_run(run, folder)?;
    }
    Ok(count)
}

fn write_run(run: &Entry, folder: &Path) -> Result<usize, ExportError> {
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
        rows.push((row.step, row.seconds, tag, row.value));
    })?;
    rows.sort_by_key(|row| row.0);
    let times: Vec<(usize, f64)> = rows.iter().map(|row| (row.0, row.1)).collect();
    let timeline = match run.folder.record()? {
        Some(record) => Timeline::of(&record, &times),
        None => return Ok(0),
    };
    put(event::version(began as f64))?;
    put(event::hyperparameters(began as f64, &hyperparameters(run)))?;
    let mut count = rows.len();
    for (step, seconds, tag, value) in &rows {
        put(event::scalar(
            timeline.time(*step, *seconds),
            *step,
            tag,
            *value,
        ))?;
    }
    for (step, path) in samples(run) {
        let png = fs::read(&path).map_err(|cause| RunError::Io {
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
        put(event::end(ended as f64, outcome))?;
    }
    file.flush().map_err(failed())?;
    Ok(count)
}

/// The keys of the experiment that change numbers, and the seed.
fn hyperparameters(run: &Entry) -> Vec<(String, Value)> {
    let keys = run.values.iter();
    let mut all: Vec<(String, Value)> = keys
        .filter(|(key, _)| !["name", "title", "seeds"].contains(&key.as_str()))
        .map(|(key, json)| (key.clone(), Value::of_json(json)))
        .collect();
    all.push(("seed".to_owned(), Value::Number(run.facts.seed as f64)));
    all
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
