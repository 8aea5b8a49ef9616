//! Which checkpoint of a run is the best.

use super::{Checkpoint, Retention, RunError, RunFolder, read_metrics};

/// The step of a run's best checkpoint by `train.retain.best` of its experiment, among those that exist.
///
/// # Errors
///
/// [`RunError::NoCheckpoint`] when the run keeps none for its numbers, or none of those that exist was evaluated;
/// [`RunError`] when the run cannot be read.
pub fn best_checkpoint(folder: &RunFolder, retain: &Retention) -> Result<usize, RunError> {
    let steps = Checkpoint::steps(&folder.checkpoints())?;
    let none = |reason: String| RunError::NoCheckpoint {
        path: folder.path().to_path_buf(),
        reason,
    };
    let Some(metric) = retain.best_metric() else {
        let reason = "it keeps no best checkpoint: `train.retain.best` is `none`".to_owned();
        return Err(none(reason));
    };
    let log = read_metrics(folder)?;
    let series = log.series("validation", metric.name());
    retain.best(&steps, series).ok_or_else(|| {
        let there: Vec<String> = steps.iter().map(ToString::to_string).collect();
        none(format!(
            "none was evaluated by `{}`; available: those of steps {}",
            metric.name(),
            there.join(", ")
        ))
    })
}
