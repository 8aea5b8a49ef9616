//! How long a training step takes on this machine: forward, backward and the optimizer's step, on random pictures.
//!
//! A [`Contender`] is an experiment on a device with a number of threads. Each is timed in a process of its own, which
//! [`serve`]s a step for every line that it is sent: so its peak of memory and its threads are its own, and one that breaks
//! down takes no other with it. A [`Race`] lets those that are to be compared take their steps in turn. [`standard`] and
//! [`races`] say what is timed; a [`Measurement`] is what comes of it.
//!
//! The steps are those of a run, taken by its own network, loss and optimizer ([`crate::train::Stepper`]). What a run does
//! beside them is not timed: decoding, evaluation, samples, checkpoints.

mod measurement;
mod process;
mod race;
mod sweep;
mod worker;

use colorize_base::{Blame, Blamed};
pub use measurement::{Load, Measurement, Median};
pub use race::{Failure, Pace, Race, Ran, run};
pub use sweep::{Axes, races, standard, standard_kinds};
pub use worker::{Contender, StepTimes, Worker, serve};

/// Why a contender could not be timed.
#[derive(Debug, thiserror::Error)]
pub enum TimingError {
    /// Its process could not be started.
    #[error("cannot start the process that runs the steps")]
    Start(#[source] std::io::Error),
    /// It said what is wrong.
    #[error("{0}")]
    Refused(String),
    /// Its process ended.
    #[error("the process that ran the steps {ended}{}", said(.words))]
    Ended {
        /// How.
        ended: String,
        /// The last that it said.
        words: String,
    },
    /// It said something that is no answer.
    #[error("unexpected answer from the process that runs the steps: `{0}`")]
    Answer(String),
}

impl Blamed for TimingError {
    fn blame(&self) -> Blame {
        match self {
            Self::Start(_) | Self::Refused(_) | Self::Ended { .. } | Self::Answer(_) => {
                Blame::Failure
            }
        }
    }
}

fn said(words: &str) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!(": {words}")
    }
}
