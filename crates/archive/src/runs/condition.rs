//! How a run stands: what its record says, and whether a process has it.

use super::{Holder, Status};

/// How a run stands. `plan`, `ls`, `watch` and reports all ask here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// A process works on it.
    Running,
    /// Its process is gone without a message, or has sent no heartbeat from another machine for too long.
    Killed,
    /// Stopped on request, after a checkpoint.
    Interrupted,
    /// Stopped by an error.
    Failed,
    /// All steps are done.
    Done,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Running,
        Self::Killed,
        Self::Interrupted,
        Self::Failed,
        Self::Done,
    ];

    /// Of a run whose record says `status`; `is_held` is whether a process has it. A record lags behind its lock: a run that
    /// is begun again says until its first checkpoint what stopped it the last time.
    pub fn of(status: Status, is_held: bool) -> Self {
        match status {
            Status::Done => Self::Done,
            _ if is_held => Self::Running,
            Status::Running => Self::Killed,
            Status::Interrupted => Self::Interrupted,
            Status::Failed => Self::Failed,
        }
    }

    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Killed => "killed",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Done => "done",
        }
    }

    /// The same for whoever does not care how a run was stopped: one that was killed is interrupted.
    pub fn status(self) -> Status {
        match self {
            Self::Running => Status::Running,
            Self::Killed | Self::Interrupted => Status::Interrupted,
            Self::Failed => Status::Failed,
            Self::Done => Status::Done,
        }
    }
}

impl Holder {
    /// Whether a process has the run, here or on another machine.
    pub fn is_at_work(&self) -> bool {
        match self {
            Self::Alive(_) | Self::Elsewhere { .. } => true,
            Self::Nobody | Self::Dead(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_outranks_the_record_of_a_run_that_is_not_done() {
        for status in [Status::Running, Status::Interrupted, Status::Failed] {
            assert_eq!(Condition::of(status, true), Condition::Running);
        }
        assert_eq!(Condition::of(Status::Done, true), Condition::Done);
        assert_eq!(Condition::of(Status::Running, false), Condition::Killed);
        assert_eq!(Condition::Killed.status(), Status::Interrupted);
    }
}
