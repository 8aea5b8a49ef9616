//! A run's line in a table.

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
}

impl Summary {
    /// Reads a run folder.
    ///
    /// # Errors
    ///
    /// [`RunError`] when it holds no run, or not what this program writes.
    pub fn read(folder: &RunFolder) -> Result<Self, RunError> {
        let path = folder.experiment();
        let not_ours = |reason: String| RunError::Record {
            path: path.clone(),
            reason,
        };
        let text = std::fs::read_to_string(&path).map_err(|error| not_ours(error.to_string()))?;
        let experiment =
            Experiment::from_toml(&text, &path).map_err(|error| not_ours(error.to_string()))?;
        let record = folder.record()?.ok_or_else(|| RunError::Record {
            path: folder.path().join("run.json"),
            reason: "there is no such file".to_owned(),
        })?;
        Ok(Self {
            folder: folder.clone(),
            record,
            experiment,
            metrics: read_metrics(folder)?,
        })
    }

    /// `name s0`, unique among runs that differ in nothing else.
    pub fn label(&self) -> String {
        format!("{} s{}", self.record.experiment, self.record.seed)
    }

    /// Mean training loss of the last tenth of the steps, at least one: a single batch says little.
    pub fn training_loss(&self) -> Option<f64> {
        let series = self.metrics.series("train", "loss");
        let tail = &series[series.len() - series.len().div_ceil(10).min(series.len())..];
        let sum: f64 = tail.iter().map(|&(_, loss)| loss).sum();
        (!tail.is_empty()).then(|| sum / tail.len() as f64)
    }

    /// The last value of a metric on held-out images.
    pub fn held_out(&self, metric: &str) -> Option<f64> {
        self.metrics.last("validation", metric)
    }
}
