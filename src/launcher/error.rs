//! What can go wrong between this program and Slurm.

use std::path::PathBuf;

use crate::runs::RunError;

/// Why nothing could be submitted, or why it is not known what is queued.
#[derive(Debug, thiserror::Error)]
pub enum LauncherError {
    /// Slurm's programs are not on this machine.
    #[error(
        "`{program}` is not found: `--launcher slurm` works where Slurm's programs are, on a cluster's login node; `--dry-run` \
         prints the script without them"
    )]
    NoSlurm {
        /// The program.
        program: String,
    },
    /// One of Slurm's programs said no.
    #[error("`{program}` failed: {said}")]
    Refused {
        /// The program.
        program: String,
        /// What it said.
        said: String,
    },
    /// A program that cannot be started, though it is there.
    #[error("cannot start `{program}`: {cause}")]
    Unstartable {
        /// The program.
        program: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A path that a job script cannot carry.
    #[error("`{}` cannot be written into a job script: {why}; use another path", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// A note on a submitted job that is not one of this program's.
    #[error("`{}` is not a note on a job: {reason}; when its job is over the file can be deleted", path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder of runs cannot be read or written.
    #[error(transparent)]
    Runs(#[from] RunError),
    /// The folder of jobs cannot be read or written.
    #[error("cannot use the folder of jobs `{}`: {cause}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
}
