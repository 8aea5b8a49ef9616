//! A run's numbers as curves.

use crate::evaluate::{MachineMetric, Metric, Properties, TrainingMetric};
use crate::runs::MetricFollower;

/// The curves of one run, the most telling first.
#[derive(Debug, Clone, Default)]
pub struct Curves {
    curves: Vec<Curve>,
}

/// One metric, on one split or on both.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) lines: Vec<Line>,
}

/// One metric on one split.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) split: Split,
    /// Step and value, in order of steps; values may be infinite or not a number.
    pub(super) points: Vec<(f64, f64)>,
}

/// Whose numbers they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// One for every step: drawn as a line.
    Train,
    /// Few: drawn as dots.
    HeldOut,
}

impl Split {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::HeldOut => "validation",
        }
    }

    /// In words, with the mark that it is drawn with.
    pub(super) fn legend(self) -> &'static str {
        match self {
            Self::Train => "⠤ train",
            Self::HeldOut => "• held out",
        }
    }
}

impl Curves {
    /// Of all that a log holds.
    pub fn of(log: &MetricFollower) -> Self {
        let mut names: Vec<&str> = [Split::Train, Split::HeldOut]
            .into_iter()
            .flat_map(|split| log.metrics(split.key()))
            .collect();
        names.sort_by_key(|name| (rank(name), *name));
        names.dedup();
        let curves = names.into_iter().map(|name| Curve::of(log, name));
        Self {
            curves: curves.collect(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.curves.len()
    }

    /// Whether nothing has been logged yet.
    pub fn is_empty(&self) -> bool {
        self.curves.is_empty()
    }

    /// The first and the last step of all of them, so that all have one axis.
    pub(super) fn steps(&self) -> (f64, f64) {
        let lines = self.curves.iter().flat_map(|curve| &curve.lines);
        let points = lines.flat_map(|line| &line.points);
        points
            .map(|&(step, _)| (step, step))
            .reduce(|ends, step| (ends.0.min(step.0), ends.1.max(step.1)))
            .unwrap_or((0.0, 1.0))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Curve> {
        self.curves.iter()
    }
}

impl Curve {
    fn of(log: &MetricFollower, name: &str) -> Self {
        let lines = [Split::Train, Split::HeldOut]
            .into_iter()
            .filter_map(|split| {
                let points: Vec<(f64, f64)> = log
                    .series(split.key(), name)
                    .into_iter()
                    .map(|point| (point.step as f64, point.value))
                    .collect();
                (!points.is_empty()).then_some(Line { split, points })
            });
        let mut curve = Self {
            name: name.to_owned(),
            unit: unit(name).to_owned(),
            lines: lines.collect(),
        };
        if curve.unit == "bytes" {
            curve.scale_bytes();
        }
        curve
    }

    /// Into the unit that people read.
    fn scale_bytes(&mut self) {
        let values = self.lines.iter().flat_map(|line| &line.points);
        let largest = values.map(|&(_, value)| value).fold(0.0, f64::max);
        let (unit, size) = [("GiB", 30), ("MiB", 20), ("KiB", 10)]
            .into_iter()
            .map(|(unit, bits)| (unit, f64::from(1_u32 << bits)))
            .find(|&(_, size)| largest >= size)
            .unwrap_or(("bytes", 1.0));
        unit.clone_into(&mut self.unit);
        for (_, value) in self.lines.iter_mut().flat_map(|line| &mut line.points) {
            *value /= size;
        }
    }
}

impl Line {
    /// The last value.
    pub(super) fn last(&self) -> Option<f64> {
        self.points.last().map(|&(_, value)| value)
    }
}

fn unit(name: &str) -> &'static str {
    match Properties::of(name) {
        // Its name says it.
        Some(metric) if metric.name == MachineMetric::ImagesPerSecond.name() => "",
        Some(metric) => metric.unit,
        None => "",
    }
}

/// The loss, one held-out metric and the memory; then the other held-out metrics, those of the training alone, the rest of the
/// machine, and what this program does not know.
fn rank(name: &str) -> usize {
    let first = [
        Metric::Loss.name(),
        Metric::PsnrLumaReplaced.name(),
        MachineMetric::ResidentMemory.name(),
        Metric::ColorfulnessRatio.name(),
        Metric::Ciede2000.name(),
        MachineMetric::ImagesPerSecond.name(),
        MachineMetric::CpuUtilization.name(),
    ];
    let others = Metric::ALL.map(Metric::name);
    let training = TrainingMetric::ALL.map(TrainingMetric::name);
    let machine = MachineMetric::ALL.map(MachineMetric::name);
    let mut known = first
        .into_iter()
        .chain(others)
        .chain(training)
        .chain(machine);
    known.position(|known| known == name).unwrap_or(usize::MAX)
}
