//! What the tables and figures of a report are made from: of every run and baseline just the numbers that are asked for.
//!
//! A run's tables are read once, reduced to what is needed, and dropped. So a report over a thousand runs holds a few
//! numbers of each.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::{Group, ReportError, Run, Scores, Selection};
use crate::catalog::HeldOut;
use crate::evaluate::{MachineMetric, Metric};
use crate::runs::read_metrics;
use crate::statistics::{Comparison, ImageTerms, Matching, Side, StatisticsError};

/// The most points of a series that are kept: a figure has about as many pixels across.
const MOST_POINTS: usize = 1500;

/// What a report has to know of its runs.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Metrics whose value over all held-out images is shown.
    pub values: Vec<Metric>,
    /// Metrics that are compared image by image.
    pub paired: Vec<Metric>,
    /// `(split, metric)` of curves.
    pub series: Vec<(&'static str, String)>,
}

impl Needs {
    /// Adds metrics whose values are shown.
    pub fn add_values(&mut self, metrics: impl IntoIterator<Item = Metric>) {
        for metric in metrics {
            if !self.values.contains(&metric) {
                self.values.push(metric);
            }
        }
    }

    /// Adds metrics that are compared image by image.
    pub fn add_paired(&mut self, metrics: impl IntoIterator<Item = Metric>) {
        for metric in metrics {
            if !self.paired.contains(&metric) {
                self.paired.push(metric);
            }
        }
    }

    /// Adds a curve.
    pub fn add_series(&mut self, split: &'static str, metric: impl Into<String>) {
        let series = (split, metric.into());
        if !self.series.contains(&series) {
            self.series.push(series);
        }
    }
}

/// The numbers of one finished run.
#[derive(Debug, Clone, Default)]
pub struct RunNumbers {
    /// Metrics over all held-out images, at the last step.
    pub values: BTreeMap<&'static str, f64>,
    /// What every image adds to a metric, at the last step.
    pub terms: BTreeMap<&'static str, Vec<ImageTerms>>,
    /// The ids of the images that were scored, in the order of the table: the first few are a fair sample.
    pub ids: Vec<i64>,
    /// `(step, value)`, at most about 1,500 points: where there are more, means of neighbors.
    pub series: BTreeMap<(String, String), Vec<(f64, f64)>>,
    /// Seconds of training.
    pub seconds: f64,
    /// Mean training loss of the last tenth of the steps.
    pub training_loss: Option<f64>,
    /// Median images per second of the training steps.
    pub images_per_second: Option<f64>,
    /// The largest resident memory that was logged, in bytes.
    pub memory: Option<f64>,
    /// The same of the graphics card.
    pub gpu_memory: Option<f64>,
}

/// The numbers of a baseline.
#[derive(Debug, Clone)]
pub struct BaselineNumbers {
    /// Its name.
    pub name: String,
    /// Metrics over all held-out images.
    pub values: BTreeMap<&'static str, f64>,
    /// What every image adds to a metric.
    pub terms: BTreeMap<&'static str, Vec<ImageTerms>>,
}

/// Runs that were judged by the same images, and the baselines on these.
#[derive(Debug, Clone)]
pub struct Jury {
    /// The groups, by their places in the selection.
    pub groups: Vec<usize>,
    /// How many images.
    pub images: usize,
    /// Which photographs: `all categories`, `stop sign`; with the name of the dataset where several of a report have
    /// the same ones.
    pub categories: String,
    /// The baselines; none where they were never scored.
    pub baselines: Vec<BaselineNumbers>,
}

/// The numbers of a report's runs.
#[derive(Debug)]
pub struct Material {
    /// One for each run of each group of the selection.
    pub numbers: Vec<Vec<RunNumbers>>,
    /// The groups by the images that judged them, in the order of their first groups.
    pub juries: Vec<Jury>,
    /// Which photographs the image ids of each group mean; empty where nothing is compared image by image.
    held_out: Vec<HeldOut>,
    /// Comparisons that were made already: tables and figures ask for the same.
    compared: Mutex<HashMap<Compared, Outcome>>,
}

/// Two groups and a metric.
type Compared = (usize, usize, Metric);

/// A comparison; `None` where a table lacks the metric.
type Outcome = Option<Result<Comparison, StatisticsError>>;

impl Material {
    /// Reads what is needed of every run of `selection`.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when a table is absent or cannot be read.
    pub fn read(selection: &Selection, needs: &Needs) -> Result<Self, ReportError> {
        let groups = &selection.groups;
        let runs: Vec<&Run> = groups.iter().flat_map(|group| &group.runs).collect();
        let read = runs
            .par_iter()
            .map(|run| RunNumbers::read(run, needs))
            .collect::<Result<Vec<_>, _>>()?;
        let mut read = read.into_iter();
        let numbers: Vec<Vec<RunNumbers>> = groups
            .iter()
            .map(|group| read.by_ref().take(group.runs.len()).collect())
            .collect();
        let juries = juries(&selection.groups, &numbers, needs)?;
        Ok(Self {
            numbers,
            juries,
            held_out: held_out(groups, needs)?,
            compared: Mutex::default(),
        })
    }

    /// Compares one group with another; `None` if a run's table lacks the metric.
    pub fn compare(&self, of: usize, against: usize, metric: Metric) -> Outcome {
        let known = || self.compared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = known().get(&(of, against, metric)) {
            return outcome.clone();
        }
        let sides = self.side(of, metric).zip(self.side(against, metric));
        let outcome =
            sides.map(|sides| Comparison::of(&sides.0, &sides.1, &self.matching(of, against)));
        known().insert((of, against, metric), outcome.clone());
        outcome
    }

    /// Which images of one group are images of another, by what they are and not by their ids.
    pub fn matching(&self, of: usize, against: usize) -> Matching {
        match (self.held_out.get(of), self.held_out.get(against)) {
            (Some(of), Some(against)) => of.matching(against),
            _ => Matching::Unknown,
        }
    }

    /// The jury of a group.
    pub fn jury(&self, group: usize) -> Option<&Jury> {
        self.juries.iter().find(|jury| jury.groups.contains(&group))
    }

    /// A metric of every run of a group; `None` where a run's table lacks it.
    pub fn values(&self, group: usize, metric: Metric) -> Option<Vec<f64>> {
        let runs = self.numbers[group].iter();
        runs.map(|run| run.values.get(metric.name()).copied())
            .collect()
    }

    /// A group as the side of a comparison; `None` where a run's table lacks the metric.
    pub fn side(&self, group: usize, metric: Metric) -> Option<Side> {
        self.side_of(group, metric, &|_| true)
    }

    /// The same of some of the group's runs, by their places in it.
    pub fn side_of(
        &self,
        group: usize,
        metric: Metric,
        is_taken: &dyn Fn(usize) -> bool,
    ) -> Option<Side> {
        let runs = self.numbers[group].iter().enumerate();
        let taken = runs.filter(|(index, _)| is_taken(*index));
        let terms = taken.map(|(_, run)| run.terms.get(metric.name()).cloned());
        Some(Side::experiment(terms.collect::<Option<Vec<_>>>()?))
    }
}

impl RunNumbers {
    fn read(run: &Run, needs: &Needs) -> Result<Self, ReportError> {
        let scores = Scores::of_finished(run)?;
        let log = read_metrics(&run.folder)?;
        let mut rates: Vec<f64> = log
            .series("train", MachineMetric::ImagesPerSecond.name())
            .iter()
            .map(|&(_, rate)| rate)
            .collect();
        rates.sort_by(f64::total_cmp);
        let largest = |metric: &str| {
            let values = log.series("train", metric).iter().map(|&(_, value)| value);
            values.max_by(f64::total_cmp)
        };
        let losses = log.series("train", "loss");
        let tail = &losses[losses.len() - losses.len().div_ceil(10)..];
        let sum: f64 = tail.iter().map(|&(_, loss)| loss).sum();
        let series = needs
            .series
            .iter()
            .map(|(split, metric)| {
                let points = thinned(log.series(split, metric));
                (((*split).to_owned(), metric.clone()), points)
            })
            .collect();
        Ok(Self {
            values: values(&scores, needs),
            terms: terms(&scores, needs),
            ids: scores.ids(),
            series,
            seconds: log.seconds(),
            training_loss: (!tail.is_empty()).then(|| sum / tail.len() as f64),
            images_per_second: rates.get(rates.len() / 2).copied(),
            memory: largest(MachineMetric::ResidentMemory.name()),
            gpu_memory: largest(MachineMetric::GpuMemory.name()),
        })
    }
}

fn values(scores: &Scores, needs: &Needs) -> BTreeMap<&'static str, f64> {
    let values = needs.values.iter();
    values
        .filter_map(|&metric| Some((metric.name(), scores.value(metric)?)))
        .collect()
}

fn terms(scores: &Scores, needs: &Needs) -> BTreeMap<&'static str, Vec<ImageTerms>> {
    let metrics = needs.paired.iter();
    metrics
        .filter_map(|&metric| Some((metric.name(), scores.terms(metric)?)))
        .collect()
}

/// As many points as a figure can show: means of neighboring ones where there are more.
fn thinned(points: &[(usize, f64)]) -> Vec<(f64, f64)> {
    let together = points.len().div_ceil(MOST_POINTS).max(1);
    points
        .chunks(together)
        .map(|chunk| {
            let count = chunk.len() as f64;
            let sum = chunk.iter().fold((0.0, 0.0), |sum, &(step, value)| {
                (sum.0 + step as f64, sum.1 + value)
            });
            (sum.0 / count, sum.1 / count)
        })
        .collect()
}

/// Which photographs the image ids of each group mean, where images are compared.
fn held_out(groups: &[Group], needs: &Needs) -> Result<Vec<HeldOut>, ReportError> {
    if needs.paired.is_empty() {
        return Ok(Vec::new());
    }
    let configurations = groups.iter().map(|group| {
        let runs = group.runs.iter().map(|run| &run.folder);
        (group.first().record.dataset.content_hash.as_str(), runs)
    });
    Ok(HeldOut::of_all(configurations)?)
}

fn juries(
    groups: &[Group],
    numbers: &[Vec<RunNumbers>],
    needs: &Needs,
) -> Result<Vec<Jury>, ReportError> {
    let mut juries: Vec<Jury> = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let key = group.first().judged_by();
        if let Some(known) = keys.iter().position(|known| *known == key) {
            juries[known].groups.push(index);
            continue;
        }
        keys.push(key);
        let categories = &group.first().experiment.dataset.categories;
        juries.push(Jury {
            groups: vec![index],
            images: numbers[index][0].ids.len(),
            categories: if categories.is_empty() {
                "all categories".to_owned()
            } else {
                categories.join(", ")
            },
            baselines: Scores::of_baselines(group.first())?
                .into_iter()
                .map(|scores| BaselineNumbers {
                    values: values(&scores, needs),
                    terms: terms(&scores, needs),
                    name: scores.name,
                })
                .collect(),
        });
    }
    tell_apart(&mut juries, groups);
    Ok(juries)
}

/// Names the datasets of juries that are called alike and judge by different photographs.
fn tell_apart(juries: &mut [Jury], groups: &[Group]) {
    let dataset = |jury: &Jury| &groups[jury.groups[0]].first().record.dataset;
    let name = |jury: &Jury| {
        let name = dataset(jury).manifest.stems();
        format!("{} of {name}", jury.categories)
    };
    let is_other =
        |one: &Jury, other: &Jury| dataset(one).content_hash != dataset(other).content_hash;
    let names: Vec<Option<String>> = juries
        .iter()
        .map(|jury| {
            let mut others = juries
                .iter()
                .filter(|other| other.categories == jury.categories && is_other(jury, other));
            others.clone().next()?;
            let plain = name(jury);
            if others.all(|other| name(other) != plain) {
                return Some(plain);
            }
            let hash = &dataset(jury).content_hash;
            Some(format!("{plain} {}", hash.get(..10).unwrap_or(hash)))
        })
        .collect();
    for (jury, name) in juries.iter_mut().zip(names) {
        if let Some(name) = name {
            jury.categories = name;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_series_become_means_of_neighbours() {
        let short = [(1, 2.0), (2, 4.0)];
        assert_eq!(thinned(&short), [(1.0, 2.0), (2.0, 4.0)]);
        let long: Vec<(usize, f64)> = (1..=10_000).map(|step| (step, step as f64)).collect();
        let few = thinned(&long);
        assert!(few.len() <= MOST_POINTS, "{}", few.len());
        assert_eq!(few[0], (4.0, 4.0));
        assert!(few.iter().all(|(step, value)| step == value));
        assert_eq!(thinned(&[]), []);
    }
}
