//! An MLflow file store (`mlruns`): one experiment of all runs, because MLflow's table compares the runs of one experiment;
//! their parameters, tags, the whole history of every metric, and as artifacts the run's record, its experiment and its sample
//! pictures.
//!
//! MLflow 3 reads it with `MLFLOW_ALLOW_FILE_STORE=true`, and `mlflow migrate-filestore` takes it into its database without
//! loss; the database's own layout changes with every version of MLflow and is its own business.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::ExportError;
use super::columns::MetricColumn;
use super::timeline::Timeline;
use crate::catalog::{Entry, Value};
use crate::runs::{RunError, RunRecord, Status, read_metric_rows};
use colorize_base::{MOST_PICTURE, read_file};

/// The longest parameter that MLflow takes, in characters; a longer value stands whole in the artifact `experiment.toml`.
const LONGEST: usize = 6_000;

/// The tag that MLflow shows above an experiment's table, as Markdown.
const NOTE: &str = "mlflow.note.content";

/// Writes the store into `folder`, which will lie at `place`, all runs as the experiment `name`; says how many values it
/// holds.
pub(super) fn write(
    runs: &[&Entry],
    name: &str,
    folder: &Path,
    place: &Path,
) -> Result<usize, ExportError> {
    let place = std::path::absolute(place).map_err(ExportError::write(place))?;
    put(&folder.join(".trash/.keep"), "")?;
    let id = number(&hash(&[name])[..15]);
    let began = runs.iter().filter_map(|run| run.facts.started).min();
    let ended = runs.iter().filter_map(|run| run.facts.updated).max();
    let milliseconds = |time: Option<jiff::Timestamp>| time.map_or(0, |it| it.as_millisecond());
    let meta = yaml(&[
        ("artifact_location", json!(uri(&place.join(&id)))),
        ("creation_time", json!(milliseconds(began))),
        ("experiment_id", json!(id)),
        ("last_update_time", json!(milliseconds(ended))),
        ("lifecycle_stage", json!("active")),
        ("name", json!(name)),
    ]);
    let here = folder.join(&id);
    put(&here.join("meta.yaml"), &meta)?;
    put(&here.join("tags").join(NOTE), &note(runs))?;
    let mut count = 0;
    for run in runs {
        count += write_run(run, &id, folder, &place)?;
    }
    Ok(count)
}

/// What the metrics are, and which way each improves: MLflow has no other place for it.
fn note(runs: &[&Entry]) -> String {
    let mut note = String::new();
    for column in MetricColumn::of(runs) {
        let said = column.title().zip(column.description());
        if let Some((title, description)) = said {
            let _ = writeln!(note, "- `{}`: {title}. {description}", column.tag());
        }
    }
    note
}

fn write_run(
    run: &Entry,
    experiment: &str,
    folder: &Path,
    place: &Path,
) -> Result<usize, ExportError> {
    let facts = &run.facts;
    // Two experiments of different names may share an identity; MLflow's ids are for all of them.
    let id = hash(&[&facts.experiment, &facts.trial, &facts.identity])[..32].to_owned();
    let Some(record) = run.folder.record()? else {
        return Ok(0);
    };
    let here = folder.join(experiment).join(&id);
    let name = format!("{} s{}", run.label(), facts.seed);
    put(
        &here.join("meta.yaml"),
        &meta(run, &id, experiment, &name, place),
    )?;
    for (key, json) in run.values.iter() {
        let value: String = Value::of_json(json)
            .to_string()
            .chars()
            .take(LONGEST)
            .collect();
        put(&here.join("params").join(key), &value)?;
    }
    put(&here.join("params/seed"), &facts.seed.to_string())?;
    for (key, value) in tags(run, &record, name) {
        put(&here.join("tags").join(key), &value)?;
    }
    let count = metrics(run, &record, &here)?;
    artifacts(run, &here.join("artifacts"))?;
    Ok(count)
}

fn meta(run: &Entry, id: &str, experiment: &str, name: &str, place: &Path) -> String {
    let facts = &run.facts;
    let status = match run.status() {
        Status::Running => 1,
        Status::Done => 3,
        Status::Failed => 4,
        // Killed, which MLflow says of what was stopped.
        Status::Interrupted => 5,
    };
    let milliseconds = |time: Option<jiff::Timestamp>| time.map(|it| it.as_millisecond());
    let ended = milliseconds(facts.updated).filter(|_| run.status() != Status::Running);
    yaml(&[
        (
            "artifact_uri",
            json!(uri(&place.join(experiment).join(id).join("artifacts"))),
        ),
        ("end_time", json!(ended)),
        ("entry_point_name", json!("")),
        ("experiment_id", json!(experiment)),
        ("lifecycle_stage", json!("active")),
        ("run_id", json!(id)),
        ("run_name", json!(name)),
        ("run_uuid", json!(id)),
        ("source_name", json!("")),
        ("source_type", json!(4)),
        ("source_version", json!("")),
        (
            "start_time",
            json!(milliseconds(facts.started).unwrap_or(0)),
        ),
        ("status", json!(status)),
        ("tags", json!([])),
        ("user_id", json!("")),
    ])
}

fn tags(run: &Entry, record: &RunRecord, name: String) -> Vec<(&'static str, String)> {
    let facts = &run.facts;
    let mut tags = vec![
        ("mlflow.runName", name),
        ("mlflow.source.type", "LOCAL".to_owned()),
        ("experiment", facts.experiment.clone()),
        ("title", facts.title.clone()),
        ("seed", facts.seed.to_string()),
        ("variant", facts.variant.to_string()),
        ("trial", facts.trial.clone()),
        ("identity", facts.identity.clone()),
        ("configuration", facts.configuration.clone()),
        ("status", run.status().to_string()),
        ("device", facts.device.clone()),
        ("device_class", facts.device_class.clone()),
        ("dataset.content", facts.dataset.content.clone()),
        ("dataset.manifest", facts.dataset.manifest.clone()),
    ];
    for (key, value) in [
        ("mlflow.source.git.commit", &facts.commit),
        ("host", &facts.host),
        ("version", &facts.version),
        ("weights", &facts.weights),
        ("error", &facts.error),
    ] {
        tags.extend(value.clone().map(|value| (key, value)));
    }
    if let Some(dirty) = facts.dirty {
        tags.push(("dirty", dirty.to_string()));
    }
    if let Some(session) = record.sessions.last() {
        tags.push((
            "mlflow.source.name",
            session.environment.arguments.join(" "),
        ));
    }
    tags
}

/// One file a metric, one line a value: milliseconds, value, step.
fn metrics(run: &Entry, record: &RunRecord, here: &Path) -> Result<usize, ExportError> {
    let mut rows = Vec::new();
    read_metric_rows(&run.folder, &mut |row| {
        let name = format!("{}/{}", row.split, row.metric);
        rows.push((name, row.step, row.seconds, row.value));
    })?;
    rows.sort_by(|one, two| (&one.0, one.1).cmp(&(&two.0, two.1)));
    let times: Vec<(usize, f64)> = rows.iter().map(|row| (row.1, row.2)).collect();
    let timeline = Timeline::of(record, &times);
    for metric in rows.chunk_by(|one, two| one.0 == two.0) {
        let mut lines = String::new();
        for (_, step, seconds, value) in metric {
            let time = (timeline.time(*step, *seconds) * 1e3).round() as i64;
            // The shortest that reads back the same; Python reads `NaN` and `inf`.
            let _ = writeln!(lines, "{time} {value:?} {step}");
        }
        put(&here.join("metrics").join(&metric[0].0), &lines)?;
    }
    Ok(rows.len())
}

fn artifacts(run: &Entry, to: &Path) -> Result<(), ExportError> {
    let from = run.folder.path();
    let samples = fs::read_dir(from.join("samples"))
        .into_iter()
        .flatten()
        .flatten();
    let pictures = samples
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "png"));
    let files = ["run.json", "experiment.toml"].map(|name| from.join(name));
    for path in files.into_iter().chain(pictures) {
        let inner = path.strip_prefix(from).unwrap_or(&path);
        let copy = to.join(inner);
        let folder = copy.parent().unwrap_or(to);
        fs::create_dir_all(folder).map_err(ExportError::write(folder))?;
        let bytes = read_file(&path, MOST_PICTURE).map_err(|cause| RunError::Io {
            action: "read",
            path: path.clone(),
            cause,
        })?;
        fs::write(&copy, bytes).map_err(ExportError::write(&copy))?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<(), ExportError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(ExportError::write(folder))?;
    }
    fs::write(path, text).map_err(ExportError::write(path))
}

/// Keys and values; JSON's texts, numbers, `null` and `[]` are YAML's too.
fn yaml(pairs: &[(&str, serde_json::Value)]) -> String {
    pairs.iter().fold(String::new(), |mut text, (key, value)| {
        let _ = writeln!(text, "{key}: {value}");
        text
    })
}

/// A path as a `file:` URI.
fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(byte));
            }
            other => {
                let _ = write!(uri, "%{other:02X}");
            }
        }
    }
    uri
}

fn hash(texts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Hexadecimal digits as a decimal number: MLflow's experiments are numbered.
fn number(hexadecimal: &str) -> String {
    u64::from_str_radix(hexadecimal, 16)
        .map_or_else(|_| hexadecimal.to_owned(), |it| it.to_string())
}
