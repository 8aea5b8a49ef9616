//! A run's line in a table.

use super::Run;
use crate::evaluate::MachineMetric;
use crate::experiment::Experiment;
use crate::runs::{MetricTable, RunError, RunFolder, RunRecord, read_metrics};

/// A run with its numbers.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Where it lies.
    pub folder: RunFolder,
    /// What it is and how it stands.
    pub record: RunRecord,
    /// What was trained.
    pub experiment: Experiment,
    /// Its log.
    pub metrics: MetricTable,
    /// What it lacks, though it says that it is done.
    pub lacks: Option<String>,
}

impl Summary {
    /// Reads a run folder.
    ///
    /// # Errors
    ///
    /// [`RunError`] when it holds no run, or not what this program writes.
    pub fn read(folder: &RunFolder) -> Result<Self, RunError> {
        let Run {
            folder,
            record,
            experiment,
            lacks,
        } = Run::read(folder)?;
        Ok(Self {
            metrics: read_metrics(&folder)?,
            folder,
            record,
            experiment,
            lacks,
        })
    }

    /// `name s0`, unique among runs that differ in nothing else. Random weights of a pretrained network are always said.
    pub fn label(&self) -> String {
        let Self { record, .. } = self;
        format!(
            "{}{} s{}{}",
            record.experiment,
            self.variant(),
            record.seed,
            self.random_weights()
        )
    }

    /// What tables and pictures call it.
    pub fn title(&self) -> String {
        format!(
            "{}{}{}",
            self.record.title,
            self.variant(),
            self.random_weights()
        )
    }

    /// ` norm=batch`, or nothing without a matrix.
    fn variant(&self) -> String {
        let variant = &self.record.variant;
        if variant.is_empty() {
            return String::new();
        }
        format!(" {variant}")
    }

    fn random_weights(&self) -> &'static str {
        if self.record.has_random_weights() {
            " (random weights)"
        } else {
            ""
        }
    }

    /// Mean training loss of the last tenth of the steps, at least one: a single batch says little.
    pub fn training_loss(&self) -> Option<f64> {
        let series = self.metrics.series("train", "loss");
        let tail = &series[series.len() - series.len().div_ceil(10).min(series.len())..];
        let sum: f64 = tail.iter().map(|&(_, loss)| loss).sum();
        (!tail.is_empty()).then(|| sum / tail.len() as f64)
    }

    /// The last step whose held-out images were scored and whose table exists.
    pub fn last_evaluation(&self) -> Option<usize> {
        let evaluations = self.metrics.series("validation", "loss");
        let mut steps = evaluations.iter().rev().map(|&(step, _)| step);
        steps.find(|&step| self.folder.image_scores(step).is_file())
    }

    /// Median images per second of the training steps.
    pub fn images_per_second(&self) -> Option<f64> {
        let series = self
            .metrics
            .series("train", MachineMetric::ImagesPerSecond.name());
        let mut rates: Vec<f64> = series.iter().map(|&(_, rate)| rate).collect();
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied()
    }

    /// The last value of a metric on held-out images.
    pub fn held_out(&self, metric: &str) -> Option<f64> {
        self.metrics.last("validation", metric)
    }
}
