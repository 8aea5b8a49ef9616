//! The metrics of several runs as columns of another program's table, and what is said of each there.

use crate::catalog::Entry;
use crate::experiment::{MachineMetric, Metric, Properties, TrainingMetric};

/// A metric's column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MetricColumn {
    /// As it was logged.
    pub(super) split: String,
    /// As it was logged.
    pub(super) metric: String,
}

impl MetricColumn {
    /// Every metric of held-out images that one of the runs logged, and of the training those that can be better or worse,
    /// in the order of the table of metrics.
    pub(super) fn of(runs: &[&Entry]) -> Vec<Self> {
        let mut columns: Vec<Self> = Vec::new();
        for series in runs.iter().flat_map(|run| &run.series) {
            let column = Self {
                split: series.split.clone(),
                metric: series.metric.clone(),
            };
            let properties = column.properties();
            let has_best = properties.is_some_and(|metric| metric.better.has_best());
            if (has_best || !column.is_training()) && !columns.contains(&column) {
                columns.push(column);
            }
        }
        let held_out = Metric::ALL.map(Metric::name).into_iter();
        let names: Vec<&str> = held_out
            .chain(TrainingMetric::ALL.map(TrainingMetric::name))
            .chain(MachineMetric::ALL.map(MachineMetric::name))
            .collect();
        // What the table does not know comes last.
        let place = |column: &Self| names.iter().position(|name| *name == column.metric);
        columns.sort_by_key(|column| {
            let place = place(column).unwrap_or(names.len());
            (column.is_training(), place)
        });
        columns
    }

    /// `validation/psnr`.
    pub(super) fn tag(&self) -> String {
        format!("{}/{}", self.split, self.metric)
    }

    /// Whether it tells of the training, and not of held-out images.
    pub(super) fn is_training(&self) -> bool {
        self.split == "train"
    }

    /// `PSNR (dB)`; `None` of a metric that the table does not know.
    pub(super) fn title(&self) -> Option<String> {
        let title = self.properties()?.heading();
        // The loss alone is logged of both.
        let is_ambiguous = self.is_training() && self.metric == Metric::Loss.name();
        Some(if is_ambiguous {
            format!("Training {}", title.to_lowercase())
        } else {
            title
        })
    }

    /// What it is, which way it improves, and in what it is counted; `None` of a metric that the table does not know.
    pub(super) fn description(&self) -> Option<String> {
        self.properties().map(|metric| description(&metric))
    }

    fn properties(&self) -> Option<Properties> {
        Properties::of(&self.metric)
    }
}

/// What a metric is, which way it improves, and in what it is counted.
pub(super) fn description(metric: &Properties) -> String {
    let better = match metric.better.words() {
        "" => String::new(),
        words => format!("; {words}"),
    };
    let unit = match metric.unit {
        "" => String::new(),
        unit => format!(" In {unit}."),
    };
    format!("{}{better}.{unit}", metric.meaning)
}
