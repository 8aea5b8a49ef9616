//! What can go wrong between this program and Slurm.

use colorize_base::{Blame, Blamed};
use std::path::PathBuf;

use crate::runs::RunError;

/// Why nothing could be submitted, or why it is unknown what is queued.
#[derive(Debug, thiserror::Error)]
pub enum LauncherError {
    /// Slurm's programs are not on this machine.
    #[error(
        "`{program}` not found: `--launcher slurm` needs Slurm's programs, as on a cluster's login node; `--dry-run` \
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
    /// A program that exists but cannot be started.
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
    #[error("`{}` is not a record of a submitted job: {reason}; once its job is over, the file can be deleted", path.display())]
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

impl Blamed for LauncherError {
    fn blame(&self) -> Blame {
        match self {
            Self::NoSlurm { .. } | Self::Path { .. } => Blame::Request,
            Self::Runs(error) => error.blame(),
            Self::Refused { .. }
            | Self::Unstartable { .. }
            | Self::Note { .. }
            | Self::Folder { .. } => Blame::Failure,
        }
    }
}
