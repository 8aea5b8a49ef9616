//! Run folders: `runs/<experiment>/<trial>/`, one for every trained trial. This module is the only one that knows
//! their layout, and the only one that writes it.
//!
//! - [`Identity`] says which trial this is: equal identity, equal numbers; it names the folder.
//! - [`RunFolder`] is the folder: its paths, its lock, its [`RunRecord`] (`run.json`) and its checkpoints.
//! - [`MetricLog`] and [`write_image_scores`] write the Parquet tables; [`read_metrics`] reads them back.
//!
//! Every file is complete or absent: it is written under a temporary name, synced and renamed ([`atomic`]).

pub mod atomic;
mod baselines;
mod best;
mod checkpoint;
mod condition;
mod environment;
mod find;
mod folder;
mod follow;
mod git;
mod identity;
mod images;
mod list;
mod lock;
mod log;
mod metric_log;
mod metrics;
mod notes;
mod parts;
mod photographs;
mod process;
mod record;
mod rows;
mod whole;

pub use baselines::{baseline_path, read_baselines, write_baselines};
pub use best::best_checkpoint;
pub use checkpoint::{Checkpoint, CheckpointPart, CheckpointWriter};
pub use colorize_experiment::Retention;
pub use condition::Condition;
pub use environment::{Build, COMMAND_VARIABLE, Environment, Gpu, Machine, Observed};
pub use find::{find_run, runs_named};
pub use folder::RunFolder;
pub use follow::{MetricFollower, MetricPoint};
pub use git::Git;
pub use identity::{Change, Identity, IdentityParts, Inputs, Origin, keys_and_values};
pub use images::{ImageScores, read_image_scores, write_image_scores, write_image_scores_to};
pub use list::{RunList, RunName, Stray, Strays, find_runs};
pub use lock::{Holder, Owner, PATIENCE, RunLock, Watch};
pub use log::RunLog;
pub use metric_log::MetricLog;
pub use metrics::{MetricTable, read_metrics, read_whole_metrics};
pub use notes::{NoTag, Notes, Tag};
pub use photographs::{PhotographRow, read_photographs, write_photographs};
pub use process::{memory_limit, peak_memory};
pub use record::{
    CopyRecord, DatasetRecord, FORMAT, FromRecord, LabelsRecord, RunRecord, Session, Status,
    StoppedEarly, WeightsRecord,
};
pub use rows::{LoggedRow, read_metric_rows};

use colorize_base::{Blame, Blamed};
use std::path::PathBuf;

/// What can go wrong with a run folder.
///
/// Every message is whole: the cause below it is a field and not a [`std::error::Error::source`], which would print it
/// twice.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The operating system refused: no room, no permission, no such folder.
    #[error("cannot {action} `{}`: {cause}{}", path.display(), advice(.cause))]
    Io {
        /// What was tried, as a verb: `write`, `read`, `create`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A Parquet table could not be written or read.
    #[error("cannot {action} the table `{}`: {cause}", path.display())]
    Table {
        /// `write` or `read`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What polars said.
        cause: polars::error::PolarsError,
    },
    /// `run.json` is not what this program writes.
    #[error(
        "`{}` is not a run record of this program: {reason}; if it was edited by hand, restore it, or delete only \
         this file: the run then resumes from its latest checkpoint",
        path.display()
    )]
    Record {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// `notes.toml` does not hold notes.
    #[error("`{}` does not hold notes about a run: {reason}; correct it, or delete it", path.display())]
    Notes {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The resolved experiment in a run's folder is not the one that was trained.
    #[error(
        "`{}` is not what the run was trained with: it was edited by hand and no longer matches the identity {identity}; \
         restore it",
        path.display()
    )]
    Edited {
        /// The file.
        path: PathBuf,
        /// The run's identity, as its record says.
        identity: String,
    },
    /// A run says that it is done, but something that it wrote is missing.
    #[error("`{}` {reason}", path.display())]
    Incomplete {
        /// The run folder.
        path: PathBuf,
        /// What is missing, and what to do about it.
        reason: String,
    },
    /// A part of a run folder leads elsewhere, or is not what this program puts there.
    #[error(
        "`{}` is {found}, where a run folder has a {expected} of its own; nothing was written: remove it, or move what it leads \
         to here",
        path.display()
    )]
    Foreign {
        /// The part.
        path: PathBuf,
        /// What it is, with its article.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// Rows of the log before a checkpoint are missing, and resuming would not restore them.
    #[error(
        "the log in `{}` cannot be resumed: {reason}; restore the file from a copy, or {remedy}",
        path.display()
    )]
    Log {
        /// The folder of metric tables.
        path: PathBuf,
        /// What is missing or damaged.
        reason: String,
        /// What else can be done.
        remedy: String,
    },
    /// Another process works on the same trial.
    #[error("`{}` is being trained by another process{owner}; wait for it, or stop it", path.display())]
    Locked {
        /// The run folder.
        path: PathBuf,
        /// ` (process 123 on host)`, or nothing when it is not known.
        owner: String,
    },
    /// Another process assumed that this one had died, and took over the run.
    #[error(
        "`{}` was taken over by {owner}, which assumed that this process had died: this process no longer writes there",
        path.display()
    )]
    Taken {
        /// The run folder.
        path: PathBuf,
        /// `process 123 on host`.
        owner: String,
    },
    /// The folder of a run that this process works on is no longer there.
    #[error(
        "`{}` is gone: it was moved or deleted while this process worked on it; nothing was written there: move it back, then \
         run the same command to resume from the last checkpoint",
        path.display()
    )]
    Gone {
        /// The run folder.
        path: PathBuf,
    },
    /// No run has this name.
    #[error("no run `{name}` in `{}`; available: {there}", runs.display())]
    NotFound {
        /// As it was written.
        name: String,
        /// Where it was looked for.
        runs: PathBuf,
        /// Those that exist.
        there: String,
    },
    /// Several runs have this name.
    #[error("`{name}` is ambiguous: it may be any of {found}")]
    Ambiguous {
        /// As it was written.
        name: String,
        /// The runs.
        found: String,
    },
    /// The run has no checkpoint that can be used.
    #[error("`{}` has no usable checkpoint: {reason}", path.display())]
    NoCheckpoint {
        /// The run folder.
        path: PathBuf,
        /// What is wrong with those it has.
        reason: String,
    },
    /// A checkpoint is damaged or incomplete.
    #[error("the checkpoint `{}` cannot be used: {reason}", path.display())]
    Checkpoint {
        /// The checkpoint's folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Blamed for RunError {
    fn blame(&self) -> Blame {
        match self {
            Self::NotFound { .. } | Self::Ambiguous { .. } | Self::NoCheckpoint { .. } => {
                Blame::Request
            }
            Self::Io { .. }
            | Self::Table { .. }
            | Self::Record { .. }
            | Self::Notes { .. }
            | Self::Edited { .. }
            | Self::Incomplete { .. }
            | Self::Foreign { .. }
            | Self::Log { .. }
            | Self::Locked { .. }
            | Self::Taken { .. }
            | Self::Gone { .. }
            | Self::Checkpoint { .. } => Blame::Failure,
        }
    }
}

/// What to do about an error of the operating system, where that can be said.
fn advice(cause: &std::io::Error) -> &'static str {
    use std::io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match cause.kind() {
        StorageFull | QuotaExceeded => {
            "; free some space there, then run the same command to resume from the last checkpoint"
        }
        FileTooLarge => {
            "; raise the limit on file size (`ulimit -f`), then run the same command to resume"
        }
        PermissionDenied | ReadOnlyFilesystem => {
            "; make the folder writable, or choose another one with `--runs`"
        }
        _ => "",
    }
}

impl RunError {
    fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Io {
            action,
            path,
            cause,
        }
    }

    fn table(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(polars::error::PolarsError) -> Self {
        let path = path.into();
        move |cause| Self::Table {
            action,
            path,
            cause,
        }
    }
}
