//! Runs, or groups of seeds, compared: the differences in their inputs and in their results.

use std::collections::BTreeSet;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::{Entry, Group, HeldOut, Key, Spread, Statistic};
use crate::experiment::{MachineMetric, Metric};
use crate::runs::{RunError, read_image_scores};
use crate::statistics::{Comparison, ImageTerms, Matching, Pairing, Side};

/// Keys of an experiment that only name it; tables head their columns with its name.
const NAMES: [&str; 3] = ["name", "title", "seeds"];

/// At least two configurations, each with its seeds.
pub type Sides<'a> = Vec<Group<'a>>;

/// What differs between sides. The others are compared with the first one.
#[derive(Debug, Clone)]
pub struct Difference {
    /// What they are and where they ran.
    pub keys: Vec<DifferingKey>,
    /// Their results, whether they differ or not.
    pub metrics: Vec<Measured>,
}

/// A key that not all sides have the same value under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferingKey {
    /// Its name: dotted, or of a fact, such as `dataset.content`.
    pub key: String,
    /// The value of each side; `None` where it has none.
    pub values: Vec<Option<String>>,
}

/// A metric of each side.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Which number of which split.
    pub key: Key,
    /// The name of the metric.
    pub metric: String,
    /// Over the seeds of each side; `None` where it was not measured.
    pub sides: Vec<Option<Spread>>,
    /// Each side but the first against the first.
    pub against_first: Vec<Compared>,
}

/// By how much a side differs from the first, and how surely.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The side's mean minus the first's; `None` where one of them is missing.
    pub difference: Option<f64>,
    /// The same from the tables of single images, with its interval; or why there is none.
    pub paired: Result<Comparison, String>,
}

impl Difference {
    /// Compares sides with the first of them.
    ///
    /// # Errors
    ///
    /// [`RunError`] when a table of scores exists but cannot be read.
    pub fn of(sides: &[Group<'_>]) -> Result<Self, RunError> {
        let scores = sides
            .iter()
            .map(Scores::of)
            .collect::<Result<Vec<_>, _>>()?;
        let held_out = HeldOut::of_all(sides.iter().map(|side| {
            let runs = side.runs.iter().map(|run| &run.folder);
            (side.first().facts.dataset.content.as_str(), runs)
        }))?;
        let matching: Vec<Matching> = held_out
            .iter()
            .map(|side| side.matching(&held_out[0]))
            .collect();
        Ok(Self {
            keys: keys(sides),
            metrics: metrics(sides, &scores, &matching),
        })
    }
}

/// Everything that is known of what a run is, by name.
fn described(entry: &Entry) -> Vec<(String, String)> {
    let facts = &entry.facts;
    let values = entry.values.iter();
    let mut described: Vec<(String, String)> = values
        .filter(|(key, _)| !NAMES.contains(&key.as_str()))
        .map(|(key, json)| (key.clone(), super::Value::of_json(json).to_string()))
        .collect();
    let mut add = |key: &str, value: Option<String>| {
        described.extend(value.map(|value| (key.to_owned(), value)));
    };
    let dataset = &facts.dataset;
    add("dataset.content", Some(dataset.content.clone()));
    add("dataset.train_images", Some(dataset.train.to_string()));
    add(
        "dataset.validation_images",
        Some(dataset.validation.to_string()),
    );
    add("weights", facts.weights.clone());
    add("perceptual_weights", facts.perceptual_weights.clone());
    add("from", facts.from.as_ref().map(|it| it.identity.clone()));
    for (room, version) in &facts.code {
        add(&format!("code.{room}"), Some(version.to_string()));
    }
    for (library, version) in &facts.libraries {
        add(&format!("library.{library}"), Some(version.clone()));
    }
    add("device", Some(facts.device.clone()));
    add("device_class", Some(facts.device_class.clone()));
    add("host", facts.host.clone());
    add("version", facts.version.clone());
    let dirty = facts.dirty == Some(true);
    let mark = if dirty { " with changes" } else { "" };
    add(
        "commit",
        facts
            .commit
            .as_ref()
            .map(|commit| format!("{commit}{mark}")),
    );
    add("parameters", Some(facts.parameters.to_string()));
    described
}

fn keys(sides: &[Group<'_>]) -> Vec<DifferingKey> {
    let described: Vec<Vec<Vec<(String, String)>>> = sides
        .iter()
        .map(|side| side.runs.iter().map(|run| described(run)).collect())
        .collect();
    let mut names: Vec<&String> = Vec::new();
    let mut seen = BTreeSet::new();
    for (key, _) in described.iter().flatten().flatten() {
        if seen.insert(key) {
            names.push(key);
        }
    }
    let value = |side: &Vec<Vec<(String, String)>>, name: &str| -> Option<String> {
        let mut values: Vec<&str> = side
            .iter()
            .filter_map(|run| run.iter().find(|(key, _)| key == name))
            .map(|(_, value)| value.as_str())
            .collect();
        values.sort_unstable();
        values.dedup();
        (!values.is_empty()).then(|| values.join(" | "))
    };
    let mut differing: Vec<DifferingKey> = names
        .into_iter()
        .map(|name| DifferingKey {
            key: name.clone(),
            values: described.iter().map(|side| value(side, name)).collect(),
        })
        .collect();
    let seeds = |side: &Group<'_>| {
        let seeds: Vec<String> = side
            .runs
            .iter()
            .map(|run| run.facts.seed.to_string())
            .collect();
        Some(seeds.join(" "))
    };
    differing.push(DifferingKey {
        key: "seed".to_owned(),
        values: sides.iter().map(seeds).collect(),
    });
    differing.retain(|key| key.values.iter().any(|value| *value != key.values[0]));
    differing
}

/// `matching` is that of each side with the first.
fn metrics(sides: &[Group<'_>], scores: &[Scores], matching: &[Matching]) -> Vec<Measured> {
    let held_out = Metric::ALL
        .into_iter()
        .map(|metric| (Key::held_out(metric), Some(metric)));
    let training = [Metric::Loss.name(), MachineMetric::ImagesPerSecond.name()].map(|metric| {
        let key = Key::Metric {
            statistic: Statistic::Mean,
            split: "train".to_owned(),
            metric: metric.to_owned(),
        };
        (key, None)
    });
    let wanted: Vec<(Key, Option<Metric>)> = training.into_iter().chain(held_out).collect();
    wanted
        .into_par_iter()
        .map(|(key, metric)| {
            let spreads: Vec<Option<Spread>> = sides.iter().map(|side| side.spread(&key)).collect();
            let mean = |side: &Option<Spread>| side.as_ref().map(|it| it.description.mean);
            let against_first = (1..sides.len())
                .map(|side| Compared {
                    difference: match (mean(&spreads[side]), mean(&spreads[0])) {
                        (Some(of), Some(against)) => Some(of - against),
                        _ => None,
                    },
                    paired: match metric {
                        Some(metric) => paired(&scores[side], &scores[0], &matching[side], metric),
                        None => Err("it is not measured per image".to_owned()),
                    },
                })
                .collect();
            Measured {
                metric: match &key {
                    Key::Metric { metric, .. } => metric.clone(),
                    other => other.to_string(),
                },
                key,
                sides: spreads,
                against_first,
            }
        })
        .filter(|measured| measured.sides.iter().any(Option::is_some))
        .collect()
}

/// The scores of single images, of the runs that [`Group::spread`] describes.
struct Scores {
    tables: Result<Vec<DataFrame>, String>,
}

impl Scores {
    fn of(side: &Group<'_>) -> Result<Self, RunError> {
        let mut tables = Vec::new();
        for run in side.counted() {
            let step = run
                .series("validation", "loss")
                .map(|series| series.last.step);
            let path = step.map(|step| run.folder.image_scores(step));
            let Some(path) = path.filter(|path| path.is_file()) else {
                let facts = &run.facts;
                return Ok(Self {
                    tables: Err(format!(
                        "`{}/{}` has no per-image scores",
                        facts.experiment, facts.trial
                    )),
                });
            };
            tables.push(read_image_scores(&path)?);
        }
        Ok(Self { tables: Ok(tables) })
    }

    fn side(&self, metric: Metric) -> Result<Side, String> {
        let tables = self.tables.as_ref().map_err(Clone::clone)?;
        let terms = tables.iter().map(|table| terms(table, metric));
        let terms: Option<Vec<_>> = terms.collect();
        let missing = || format!("there are no per-image scores for `{}`", metric.name());
        Ok(Side::experiment(terms.ok_or_else(missing)?))
    }
}

/// What every image of a table adds to a metric; `None` when the table lacks its columns.
fn terms(table: &DataFrame, metric: Metric) -> Option<Vec<ImageTerms>> {
    let column = |name: &str| Some(table.column(name).ok()?.f64().ok()?.clone());
    let (above, below) = metric.columns();
    let ids = table.column("image_id").ok()?.i64().ok()?;
    let above = column(above)?;
    let below = match below {
        Some(below) => Some(column(below)?),
        None => None,
    };
    let rows = ids.iter().enumerate();
    let terms = rows.filter_map(|(row, id)| {
        let value = above.get(row).unwrap_or(f64::NAN);
        let below = below
            .as_ref()
            .map(|below| below.get(row).unwrap_or(f64::NAN));
        let (numerator, denominator) = metric.term(value, below);
        Some(ImageTerms {
            image: id?,
            numerator,
            denominator,
        })
    });
    Some(terms.collect())
}

fn paired(
    of: &Scores,
    against: &Scores,
    matching: &Matching,
    metric: Metric,
) -> Result<Comparison, String> {
    let comparison = Comparison::of(&of.side(metric)?, &against.side(metric)?, matching)
        .map_err(|error| error.to_string())?;
    match comparison.pairing {
        Pairing::Paired { .. } => Ok(comparison),
        pairing => Err(pairing.to_string()),
    }
}
