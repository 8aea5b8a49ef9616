//! The tables that can be handed on, run by run.

use std::fs;
use std::path::PathBuf;

use polars::prelude::*;

use super::ExportError;
use crate::catalog::{Entry, Fact, Key, Statistic, Value};
use crate::experiment::Metric;
use crate::runs::{read_image_scores, read_metric_rows};

/// A table over all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// One row a run: what it is, how it stands, the keys of its experiment, and the last, best and mean of every metric of
    /// held-out images. A column is of numbers or flags where all runs have such; lists stand as JSON.
    Runs,
    /// The logs: one row a number.
    Metrics,
    /// The scores of single images: one row an image and evaluation.
    Images,
}

/// The columns that say which run a row is of.
pub(super) const WHICH: [&str; 4] = ["experiment", "variant", "seed", "trial"];

impl Table {
    /// Its columns over these runs, in order.
    pub(super) fn schema(self, runs: &[&Entry]) -> Result<Schema, ExportError> {
        let mut schema = Schema::default();
        for name in WHICH {
            let kind = if name == "seed" {
                DataType::Int64
            } else {
                DataType::String
            };
            schema.insert(name.into(), kind);
        }
        match self {
            Self::Runs => {
                for (name, cell) in runs.iter().flat_map(|run| summary(run)) {
                    let kind = match schema.get(&name) {
                        Some(known) => joined(known, &cell.kind()),
                        None => cell.kind(),
                    };
                    schema.insert(name.into(), kind);
                }
            }
            Self::Metrics => {
                for (name, kind) in [
                    ("step", DataType::Int64),
                    ("split", DataType::String),
                    ("metric", DataType::String),
                    ("value", DataType::Float64),
                    ("seconds", DataType::Float64),
                ] {
                    schema.insert(name.into(), kind);
                }
            }
            // Programs of different versions scored different metrics.
            Self::Images => {
                for run in runs {
                    for path in image_tables(run)? {
                        let table = read_image_scores(&path)?;
                        for column in table.columns() {
                            schema.insert(column.name().clone(), column.dtype().clone());
                        }
                    }
                }
            }
        }
        Ok(schema)
    }

    /// The rows of one run, with the columns of `schema`.
    pub(super) fn of(self, run: &Entry, schema: &Schema) -> Result<DataFrame, ExportError> {
        let frame = match self {
            Self::Runs => summary_frame(run, schema)?,
            Self::Metrics => metrics(run)?,
            Self::Images => {
                let mut whole = DataFrame::default();
                for path in image_tables(run)? {
                    let table = complete(read_image_scores(&path)?, run, schema)?;
                    if whole.width() == 0 {
                        whole = table;
                    } else {
                        whole.vstack_mut(&table)?;
                    }
                }
                whole
            }
        };
        complete(frame, run, schema)
    }
}

/// A run's table with what says which run it is, and every column that others have.
fn complete(table: DataFrame, run: &Entry, schema: &Schema) -> Result<DataFrame, ExportError> {
    let rows = table.height();
    let facts = &run.facts;
    let variant = facts.variant.to_string();
    let columns = schema
        .iter()
        .map(|(name, kind)| {
            if let Ok(column) = table.column(name) {
                return column.cast(kind);
            }
            let text = |text: &str| Ok(Column::new(name.clone(), vec![text; rows]));
            match name.as_str() {
                "experiment" => text(&facts.experiment),
                "variant" => text(&variant),
                "trial" => text(&facts.trial),
                "seed" => Ok(Column::new(name.clone(), vec![facts.seed as i64; rows])),
                _ => Ok(Column::full_null(name.clone(), rows, kind)),
            }
        })
        .collect::<PolarsResult<Vec<Column>>>()?;
    Ok(DataFrame::new(rows, columns)?)
}

/// What a run has in a column of the table of runs.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Whole(i64),
    Number(f64),
    Flag(bool),
    Text(String),
}

impl Cell {
    /// Of a value of an experiment, as JSON writes it; `None` for null.
    fn of_json(json: &str) -> Option<Self> {
        if let Ok(whole) = json.parse() {
            return Some(Self::Whole(whole));
        }
        Some(match Value::of_json(json) {
            Value::Missing => return None,
            Value::Number(number) => Self::Number(number),
            Value::Flag(flag) => Self::Flag(flag),
            Value::Text(text) => Self::Text(text),
            Value::List(_) => Self::Text(json.to_owned()),
        })
    }

    fn kind(&self) -> DataType {
        match self {
            Self::Whole(_) => DataType::Int64,
            Self::Number(_) => DataType::Float64,
            Self::Flag(_) => DataType::Boolean,
            Self::Text(_) => DataType::String,
        }
    }

    /// A column of this alone, of a kind that [`joined`] made of its own and others.
    fn column(self, name: PlSmallStr, kind: &DataType) -> Column {
        match (self, kind) {
            (Self::Whole(whole), DataType::Float64) => Column::new(name, [whole as f64]),
            (Self::Whole(whole), DataType::Int64) => Column::new(name, [whole]),
            (Self::Number(number), DataType::Float64) => Column::new(name, [number]),
            (Self::Flag(flag), DataType::Boolean) => Column::new(name, [flag]),
            (Self::Whole(whole), _) => Column::new(name, [whole.to_string()]),
            (Self::Number(number), _) => Column::new(name, [format!("{number:?}")]),
            (Self::Flag(flag), _) => Column::new(name, [flag.to_string()]),
            (Self::Text(text), _) => Column::new(name, [text]),
        }
    }
}

/// The kind of a column that has values of both kinds: numbers stay numbers, anything else that differs becomes text.
fn joined(one: &DataType, other: &DataType) -> DataType {
    match (one, other) {
        (one, other) if one == other => one.clone(),
        (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => {
            DataType::Float64
        }
        _ => DataType::String,
    }
}

/// A run's one row, without what it lacks: names and values.
fn summary(run: &Entry) -> Vec<(String, Cell)> {
    let mut cells = Vec::new();
    for fact in Fact::ALL {
        // An age is of the moment, and the rest says which run it is.
        if *fact == Fact::Age || WHICH.contains(&fact.name()) {
            continue;
        }
        let cell = match run.value(&Key::Fact(*fact)) {
            Value::Missing => continue,
            Value::Number(number) if fact.is_count() => Cell::Whole(number as i64),
            Value::Number(number) => Cell::Number(number),
            Value::Flag(flag) => Cell::Flag(flag),
            value => Cell::Text(value.to_string()),
        };
        cells.push((fact.name().to_owned(), cell));
    }
    for (room, version) in &run.facts.code {
        cells.push((format!("code.{room}"), Cell::Whole(i64::from(*version))));
    }
    for (key, json) in run.values.iter() {
        // The title is a fact as well.
        if !Fact::ALL.iter().any(|fact| fact.name() == key) {
            cells.extend(Cell::of_json(json).map(|cell| (key.clone(), cell)));
        }
    }
    for metric in Metric::ALL {
        for statistic in [Statistic::Last, Statistic::Best, Statistic::Mean] {
            let key = Key::Metric {
                statistic,
                split: "validation".to_owned(),
                metric: metric.name().to_owned(),
            };
            if let Value::Number(number) = run.value(&key) {
                cells.push((key.to_string(), Cell::Number(number)));
            }
        }
    }
    cells
}

fn summary_frame(run: &Entry, schema: &Schema) -> Result<DataFrame, ExportError> {
    let columns = summary(run).into_iter().filter_map(|(name, cell)| {
        let name = PlSmallStr::from(name);
        let kind = schema.get(&name)?;
        Some(cell.column(name, kind))
    });
    Ok(DataFrame::new(1, columns.collect())?)
}

fn metrics(run: &Entry) -> Result<DataFrame, ExportError> {
    let (mut steps, mut splits, mut metrics) = (Vec::new(), Vec::new(), Vec::new());
    let (mut values, mut seconds) = (Vec::new(), Vec::new());
    read_metric_rows(&run.folder, &mut |row| {
        steps.push(row.step as i64);
        splits.push(row.split.to_owned());
        metrics.push(row.metric.to_owned());
        values.push(row.value);
        seconds.push(row.seconds);
    })?;
    let columns = vec![
        Column::new("step".into(), steps),
        Column::new("split".into(), splits),
        Column::new("metric".into(), metrics),
        Column::new("value".into(), values),
        Column::new("seconds".into(), seconds),
    ];
    Ok(DataFrame::new(columns[0].len(), columns)?)
}

/// The tables of scores of a run, by step.
fn image_tables(run: &Entry) -> Result<Vec<PathBuf>, ExportError> {
    let folder = run.folder.path().join("images");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ExportError::write(folder)(error)),
    };
    let mut tables: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("step-") && name.ends_with(".parquet")
        })
        .collect();
    tables.sort();
    Ok(tables)
}
