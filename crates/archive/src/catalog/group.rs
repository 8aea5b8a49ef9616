//! Runs that differ in the seed alone.

use std::collections::{BTreeMap, HashSet};

use super::{Entry, Key, Value};
use crate::runs::Status;
use crate::statistics::Description;

/// The runs of one configuration, by seed.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// At least one.
    pub runs: Vec<&'a Entry>,
    /// Seeds that the experiment plans and that are not here.
    pub missing: Vec<u64>,
}

/// What groups are told apart by, and the seed.
fn seat(entry: &Entry) -> (&str, &str, u64) {
    let facts = &entry.facts;
    (&facts.experiment, entry.seat(), facts.seed)
}

/// A metric over the seeds of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Mean, standard deviation, and Student's interval of the mean over the seeds.
    pub description: Description,
    /// Whether the runs behind it are done. Where none of a group's is, it describes what there is.
    pub done: bool,
}

impl<'a> Group<'a> {
    /// Divides runs by configuration, in the order in which the first of each comes. Runs of a program that noted no
    /// configuration stand alone. A planned seed that `all` runs have, though it was not picked, is not missing.
    pub fn of(entries: &[&'a Entry], all: &[Entry]) -> Vec<Self> {
        let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut groups: Vec<Self> = Vec::new();
        for entry in entries {
            let (experiment, configuration, _) = seat(entry);
            let place = *places
                .entry((experiment, configuration))
                .or_insert_with(|| {
                    groups.push(Self {
                        runs: Vec::new(),
                        missing: Vec::new(),
                    });
                    groups.len() - 1
                });
            groups[place].runs.push(entry);
        }
        let here: HashSet<(&str, &str, u64)> = all.iter().map(seat).collect();
        for group in &mut groups {
            group.runs.sort_by_key(|entry| entry.facts.seed);
            let (experiment, configuration, _) = seat(group.first());
            let planned = group.runs.iter().flat_map(|run| run.planned_seeds());
            let missing =
                planned.filter(|&seed| !here.contains(&(experiment, configuration, seed)));
            group.missing = missing.collect();
            group.missing.sort_unstable();
            group.missing.dedup();
        }
        groups
    }

    /// Its first run, which stands for what all have in common.
    pub fn first(&self) -> &'a Entry {
        self.runs[0]
    }

    /// How many seeds are planned or here.
    pub fn planned(&self) -> usize {
        self.runs.len() + self.missing.len()
    }

    /// The runs that numbers are taken from: those that are done or, where none is, all.
    pub fn counted(&self) -> impl Iterator<Item = &'a Entry> {
        let any_done = self.any_done();
        let runs = self.runs.iter().copied();
        runs.filter(move |run| !any_done || run.status() == Status::Done)
    }

    fn any_done(&self) -> bool {
        self.runs.iter().any(|run| run.status() == Status::Done)
    }

    /// A number over the seeds that are counted. `None` where none of them has one.
    pub fn spread(&self, key: &Key) -> Option<Spread> {
        let numbers: Vec<f64> = self
            .counted()
            .filter_map(|run| match run.value(key) {
                Value::Number(number) => Some(number),
                _ => None,
            })
            .collect();
        Some(Spread {
            description: Description::of(&numbers)?,
            done: self.any_done(),
        })
    }

    /// What all runs have under a key: a number as the mean of [`Self::spread`], anything else where they agree.
    pub fn value(&self, key: &Key) -> Value {
        if let Key::Metric { .. } = key {
            return match self.spread(key) {
                Some(spread) => Value::Number(spread.description.mean),
                None => Value::Missing,
            };
        }
        let first = self.first().value(key);
        if self.runs.iter().all(|run| run.value(key) == first) {
            first
        } else {
            Value::Missing
        }
    }
}
