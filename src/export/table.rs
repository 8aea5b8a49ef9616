//! The tables that can be handed on, run by run.

use std::fs;
use std::path::PathBuf;

use polars::prelude::*;

use super::ExportError;
use crate::catalog::{Entry, Fact, Key, Statistic, Value};
use crate::evaluate::Metric;
use crate::runs::{read_image_scores, read_metric_rows};

/// A table over all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// One row a run: what it is, how it stands, the keys of its experiment (as JSON), and the last, best and mean of every
    /// metric of held-out images.
    Runs,
    /// The logs: one row a number.
    Metrics,
    /// The scores of single images: one row an image and evaluation.
    Images,
}

/// The columns that say which run a row is of.
const WHICH: [&str; 4] = ["experiment", "variant", "seed", "trial"];

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
                for run in runs {
                    for column in summary(run) {
                        schema.insert(column.name().clone(), column.dtype().clone());
                    }
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
            Self::Runs => DataFrame::new(1, summary(run))?,
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

/// The columns of a run's one row.
fn summary(run: &Entry) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut add = |name: String, value: Value| {
        let name = PlSmallStr::from(name);
        match value {
            // The column is another run's, and empty here.
            Value::Missing => {}
            Value::Number(number) => columns.push(Column::new(name, [number])),
            Value::Flag(flag) => columns.push(Column::new(name, [flag])),
            value => columns.push(Column::new(name, [value.to_string()])),
        }
    };
    for fact in Fact::ALL {
        // An age is of the moment, and the rest says which run it is.
        if *fact != Fact::Age && !WHICH.contains(&fact.name()) {
            add(fact.name().to_owned(), run.value(&Key::Fact(*fact)));
        }
    }
    for (room, version) in &run.facts.code {
        add(format!("code.{room}"), Value::Number(f64::from(*version)));
    }
    for (key, json) in run.values.iter() {
        // The title is a fact as well.
        if !Fact::ALL.iter().any(|fact| fact.name() == key) {
            add(key.clone(), Value::Text(json.clone()));
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
                add(key.to_string(), Value::Number(number));
            }
        }
    }
    columns
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
