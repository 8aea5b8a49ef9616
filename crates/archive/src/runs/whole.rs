//! Whether a run that says that it is done still has what its numbers come from.

use polars::prelude::*;

use super::record::says_done_but;
use super::{RunError, RunFolder, RunRecord, read_image_scores, read_metric_rows};

/// The metric by which a table of scores is compared with the log.
const COMPARED: &str = "psnr";

/// The mean of a column; `None` where it is not there, or not a number.
fn mean(table: &DataFrame, column: &str) -> Option<f64> {
    let mean = table.column(column).ok()?.f64().ok()?.mean()?;
    mean.is_finite().then_some(mean)
}

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
        let mut psnr = None;
        read_metric_rows(self, &mut |row| {
            rows += 1;
            match (row.split, row.metric) {
                ("train", "loss") => losses.push(row.step),
                ("validation", COMPARED) if row.step == record.steps => psnr = Some(row.value),
                _ => {}
            }
        })?;
        if let Some(lacks) = record.lacks_of_log(rows, losses) {
            return Ok(Some(lacks));
        }
        let path = self.image_scores(record.steps);
        if !path.is_file() {
            return Ok(Some(says_done_but("its per-image scores are missing")));
        }
        let mean = mean(&read_image_scores(&path)?, COMPARED);
        // Sums in another order differ in the last bits.
        let is_other =
            |logged: f64, mean: f64| (logged - mean).abs() > 1e-6 * logged.abs().max(1.0);
        let swapped = psnr.zip(mean).filter(|&(psnr, mean)| is_other(psnr, mean));
        Ok(swapped.map(|(psnr, mean)| {
            says_done_but(&format!(
                "its per-image scores are those of another run: their mean {COMPARED} is {mean:.4}, but {psnr:.4} was logged"
            ))
        }))
    }

    /// Whether it says that it is done and has no log at all, by a glance at its folder.
    pub fn has_lost_log(&self, record: &RunRecord) -> bool {
        let files = super::metrics::files(&self.metrics());
        record.is_finished() && files.is_ok_and(|files| files.is_empty())
    }
}
