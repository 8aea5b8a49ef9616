//! A run without its numbers.

use super::Summary;
use crate::experiment::Experiment;
use crate::runs::{RunError, RunFolder, RunRecord};
use colorize_base::{MOST_TEXT, read_text};

/// A run without its numbers.
#[derive(Debug, Clone)]
pub struct Run {
    /// Where it lies.
    pub folder: RunFolder,
    /// What it is and how it stands.
    pub record: RunRecord,
    /// What was trained.
    pub experiment: Experiment,
    /// What it lacks, though it says that it is done; `None` where it lacks nothing, and where it is not done.
    pub lacks: Option<String>,
}

impl Run {
    /// Reads `run.json` and the resolved experiment, and checks that a run that says done has its tables.
    ///
    /// # Errors
    ///
    /// [`RunError`] when the folder holds no run, or not what this program writes.
    pub fn read(folder: &RunFolder) -> Result<Self, RunError> {
        let path = folder.experiment();
        let not_ours = |reason: String| RunError::Record {
            path: path.clone(),
            reason,
        };
        let text = read_text(&path, MOST_TEXT).map_err(|error| not_ours(error.to_string()))?;
        let experiment =
            Experiment::from_toml(&text, &path).map_err(|error| not_ours(error.to_string()))?;
        let record = folder.record()?.ok_or_else(|| RunError::Record {
            path: folder.path().join("run.json"),
            reason: "no such file".to_owned(),
        })?;
        Ok(Self {
            lacks: folder.lacks(&record)?,
            folder: folder.clone(),
            record,
            experiment,
        })
    }

    /// Whether all its steps are done and their results are available.
    pub fn is_finished(&self) -> bool {
        self.record.is_finished() && self.lacks.is_none()
    }

    /// `03-yuv/s0-0123456789`: where it lies among the runs.
    pub fn name(&self) -> String {
        let path = self.folder.path();
        let trial = path.file_name().unwrap_or_default().to_string_lossy();
        format!("{}/{trial}", self.record.experiment)
    }

    /// Whether any stretch of its work had uncommitted changes.
    pub fn is_dirty(&self) -> bool {
        self.record.is_dirty()
    }

    /// What its held-out images are: runs with equal ones were judged by the same images in the same size.
    pub fn judged_by(&self) -> String {
        let Experiment {
            dataset,
            image,
            evaluate,
            ..
        } = &self.experiment;
        let hash = &self.record.dataset.content_hash;
        format!("{hash} {:?} {image:?} {}", dataset.split, evaluate.images)
    }
}

impl From<&Summary> for Run {
    fn from(summary: &Summary) -> Self {
        Self {
            folder: summary.folder.clone(),
            record: summary.record.clone(),
            experiment: summary.experiment.clone(),
            lacks: summary.lacks.clone(),
        }
    }
}
