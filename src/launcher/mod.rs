//! Trials on a cluster: Slurm, the scheduler that research clusters have, instead of one of our own.
//!
//! - [`SlurmSection`] is what an experiment file says a trial needs.
//! - [`arrays`] makes job arrays of [`Task`]s, one for each kind of resources; an [`Array`] has its script, and
//!   [`Array::submit`] hands it to `sbatch` and notes in the folder of runs which trial is which task of which job.
//! - [`Queue`] reads those notes back and asks `squeue` which of the tasks wait or run.
//!
//! A task trains one trial by name. That each is trained once is not decided here but by the lock of its run folder.

mod array;
mod error;
mod ledger;
mod queue;
mod script;

pub use array::{Array, Launch, Task, arrays};
pub use colorize_experiment::section::{Gpus, SlurmSection};
pub use error::LauncherError;
pub use ledger::slurm_folder;
pub use queue::{Queue, QueuedTask, TaskState};
