//! Proofs that a result is bit-for-bit reproducible: [`determinism`] trains a few steps twice, [`resume`] kills a training
//! and resumes it. Both say what was equal, or the first thing that was not; [`runs`] compares two existing runs. [`device`] compares
//! what two devices compute, which need not be the same bits.

mod compare;
mod determinism;
pub mod device;
mod resume;
mod state;

use colorize_base::{Blame, Blamed};
use std::fmt;
use std::path::PathBuf;

pub use compare::runs;
pub use determinism::determinism;
pub use resume::{Killed, resume};

use crate::runs::RunError;
use crate::train::TrainError;

/// Why a proof could not be made, either way.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// A training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// What a training left cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The state of a training cannot be read.
    #[error("cannot read the state of a training ({what}): {reason}")]
    State {
        /// Which.
        what: String,
        /// What Burn said.
        reason: String,
    },
    /// A file of the proof's own cannot be written or read, or a process not be started.
    #[error("cannot {action} `{}`: {cause}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A training that was started as a process of its own failed.
    #[error("{what} ended with {status}; its last output:\n{said}")]
    Process {
        /// Which.
        what: &'static str,
        /// How it ended.
        status: String,
        /// Its last lines.
        said: String,
    },
    /// Every training that was to be killed was done before.
    #[error(
        "{tries} trainings finished before they could be killed after step {after}; use more steps, or a larger network"
    )]
    TooFast {
        /// How many were tried.
        tries: usize,
        /// The step to be killed after.
        after: usize,
    },
    /// Stopped on request.
    #[error("stopped on request")]
    Stopped,
}

impl Blamed for ProofError {
    fn blame(&self) -> Blame {
        match self {
            Self::Train(error) => error.blame(),
            Self::Run(error) => error.blame(),
            Self::TooFast { .. } => Blame::Request,
            Self::State { .. } | Self::Io { .. } | Self::Process { .. } | Self::Stopped => {
                Blame::Failure
            }
        }
    }
}

impl ProofError {
    fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Io {
            action,
            path,
            cause,
        }
    }
}

/// What was compared and found bit-identical.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Equal {
    /// Steps whose state was compared.
    pub states: usize,
    /// Tensors and counters of one state.
    pub tensors: usize,
    /// Bits of one state.
    pub bits: u64,
    /// Rows of the log, without those that tell the time or the machine.
    pub rows: usize,
    /// Rows of the tables of image scores.
    pub image_rows: usize,
    /// Sample pictures.
    pub pictures: usize,
}

/// The first thing that differs, in words, with its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference(pub String);

/// How a proof ends: what was equal, or the first difference.
pub type Verdict = Result<Equal, Difference>;

impl fmt::Display for Equal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            states,
            tensors,
            bits,
            rows,
            image_rows,
            pictures,
        } = self;
        let count = |count: usize, what: &str| {
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        write!(
            formatter,
            "{} and {bits} bits of weights, statistics, and optimizer in each of {}, {}, {} of image scores, and {}",
            count(*tensors, "tensor"),
            count(*states, "state"),
            count(*rows, "metric row"),
            count(*image_rows, "row"),
            count(*pictures, "sample picture"),
        )
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
