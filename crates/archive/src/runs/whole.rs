//! Whether a run that says that it is done still has what its numbers come from.

use super::images::scores_of;
use super::record::says_done_but;
use super::{RunError, RunFolder, RunName, RunRecord, read_metric_rows};

impl RunFolder {
    /// What a run that says that it is done lacks of its log or of the scores of single images at its last step, in words;
    /// `None` where it lacks nothing, and where it is not done. Such a run counts for nothing.
    ///
    /// # Errors
    ///
    /// [`RunError`] when a table of the log exists but cannot be read.
    pub fn lacks(&self, record: &RunRecord) -> Result<Option<String>, RunError> {
        if !record.is_finished() {
            return Ok(None);
        }
        let (mut rows, mut losses) = (0, Vec::new());
        read_metric_rows(self, &mut |row| {
            rows += 1;
            if row.split == "train" && row.metric == "loss" {
                losses.push(row.step);
            }
        })?;
        if let Some(lacks) = record.lacks_of_log(rows, losses) {
            return Ok(Some(lacks));
        }
        let path = self.image_scores(record.steps);
        if !path.is_file() {
            return Ok(Some(says_done_but("its per-image scores are missing")));
        }
        let trial = RunName::of(record).trial();
        let lacks = match scores_of(&path) {
            Ok(Some(other)) if other != trial => Some(format!(
                "its per-image scores are those of the run `{other}`"
            )),
            Ok(_) => None,
            Err(RunError::Incomplete { reason, .. }) => {
                Some(format!("its table of per-image scores {reason}"))
            }
            Err(error) => return Err(error),
        };
        Ok(lacks.map(|lacks| says_done_but(&lacks)))
    }

    /// Whether it says that it is done and has no log at all, by a glance at its folder.
    pub fn has_lost_log(&self, record: &RunRecord) -> bool {
        let files = super::metrics::files(&self.metrics());
        record.is_finished() && files.is_ok_and(|files| files.is_empty())
    }
}
