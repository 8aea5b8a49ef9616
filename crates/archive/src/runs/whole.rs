//! Whether a run that says that it is done still has what its numbers come from.

use super::record::says_done_but;
use super::{RunError, RunFolder, RunRecord, read_metric_rows};

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
        let (mut rows, mut losses) = (0, 0);
        read_metric_rows(self, &mut |row| {
            rows += 1;
            losses += usize::from(row.split == "train" && row.metric == "loss");
        })?;
        let log = record.lacks_of_log(rows, losses);
        let has_scores = self.image_scores(record.steps).is_file();
        let scores = (!has_scores).then(|| says_done_but("its per-image scores are missing"));
        Ok(log.or(scores))
    }

    /// Whether it says that it is done and has no log at all, by a glance at its folder.
    pub fn has_lost_log(&self, record: &RunRecord) -> bool {
        let files = super::metrics::files(&self.metrics());
        record.is_finished() && files.is_ok_and(|files| files.is_empty())
    }
}
