//! How a trial stands, by its folder.

use jiff::Timestamp;
use serde::Serialize;

use crate::runs::{
    Checkpoint, Condition, Holder, Owner, RunError, RunFolder, RunRecord, Status, read_metrics,
};

/// How a trial stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// All steps are done.
    Done,
    /// It was never started, or nothing is left of it.
    Missing,
    /// It was stopped on request, or killed, and resumes from its latest checkpoint.
    Interrupted {
        /// That checkpoint's step; 0 where there is none.
        step: usize,
        /// Whether its process died without leaving a note.
        killed: bool,
    },
    /// An error stopped it.
    Failed {
        /// The step of its newest checkpoint; 0 where there is none.
        step: usize,
        /// What went wrong.
        reason: String,
    },
    /// A process works on it.
    Running {
        /// The last step that its log shows.
        step: usize,
        /// The machine.
        host: String,
        /// The process number.
        process: u32,
        /// When it began.
        since: Timestamp,
        /// Whether it is on this machine, so that it is known to be there; of others their heartbeat tells, see
        /// [`crate::runs::Watch`].
        here: bool,
    },
}

impl State {
    /// Inspects a run folder, which need not exist.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when it cannot be read. A damaged `run.json` is a failure of the trial and no error.
    pub fn of(folder: &RunFolder) -> Result<Self, RunError> {
        Self::by_record(folder, folder.record())
    }

    /// The same where `run.json` was read before, successfully or not.
    pub(super) fn by_record(
        folder: &RunFolder,
        record: Result<Option<RunRecord>, RunError>,
    ) -> Result<Self, RunError> {
        let record = match record {
            Err(error @ RunError::Record { .. }) => {
                let reason = error.to_string();
                return Ok(Self::Failed { step: 0, reason });
            }
            record => record?,
        };
        if record
            .as_ref()
            .is_some_and(|record| record.status == Status::Done)
        {
            return Ok(Self::Done);
        }
        match folder.holder()? {
            Holder::Alive(owner) => Ok(Self::running(folder, &owner, true)),
            Holder::Elsewhere { owner, .. } => Ok(Self::running(folder, &owner, false)),
            Holder::Nobody | Holder::Dead(_) => Self::at_rest(folder, record),
        }
    }

    fn running(folder: &RunFolder, owner: &Owner, here: bool) -> Self {
        // A log that cannot be read just now is no reason to say nothing at all.
        let log = read_metrics(folder).unwrap_or_default();
        let last = log.series("train", "loss").last();
        Self::Running {
            step: last.map_or(0, |&(step, _)| step),
            host: owner.host().to_owned(),
            process: owner.process(),
            since: owner.since,
            here,
        }
    }

    fn at_rest(folder: &RunFolder, record: Option<RunRecord>) -> Result<Self, RunError> {
        let Some(record) = record else {
            return Ok(Self::Missing);
        };
        let checkpoints = Checkpoint::list(&folder.checkpoints())?;
        let step = checkpoints.first().map_or(0, |checkpoint| checkpoint.step);
        let condition = Condition::of(record.status, false);
        Ok(match condition {
            Condition::Done => Self::Done,
            Condition::Failed => Self::Failed {
                step,
                reason: record.error.unwrap_or_default(),
            },
            Condition::Interrupted | Condition::Killed | Condition::Running => Self::Interrupted {
                step,
                killed: condition == Condition::Killed,
            },
        })
    }

    /// When its turn is among what has to be trained; `None` when there is nothing to do, or another process does it.
    pub(super) fn turn(&self) -> Option<u8> {
        match self {
            Self::Missing => Some(0),
            Self::Interrupted { .. } => Some(1),
            Self::Failed { .. } => Some(2),
            Self::Done | Self::Running { .. } => None,
        }
    }

    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Missing => "missing",
            Self::Interrupted { .. } => "interrupted",
            Self::Failed { .. } => "failed",
            Self::Running { .. } => "running",
        }
    }
}
