//! How a trial ends, well or badly.

use std::fmt::{self, Display, Formatter};

use super::shortage::Shortage;
use crate::backend::BackendError;
use crate::extractor::ExtractorError;
use crate::photo::PhotoError;
use crate::runs::RunError;
use colorize_base::{Blame, Blamed};

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done before; nothing was touched.
    AlreadyDone,
    /// All steps are done.
    Done,
    /// It ended before its last step, because a metric had not improved for as long as the experiment allows.
    StoppedEarly {
        /// Steps done.
        step: usize,
        /// The step at which the metric was best.
        best: usize,
    },
    /// It has come as far as it was to be trained for now, and has a checkpoint of this step.
    Paused {
        /// Steps done.
        step: usize,
    },
    /// It was stopped on request, after a checkpoint at this step.
    Interrupted {
        /// Steps done.
        step: usize,
    },
}

impl Display for Outcome {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyDone => formatter.write_str("already done"),
            Self::Done => formatter.write_str("done"),
            Self::StoppedEarly { step, best } => write!(
                formatter,
                "done: stopped early after step {step}, nothing was better than step {best}"
            ),
            Self::Paused { step } => write!(
                formatter,
                "paused after the checkpoint of step {step}, as far as it was to be trained"
            ),
            Self::Interrupted { step: 0 } => {
                formatter.write_str("interrupted before the first checkpoint")
            }
            Self::Interrupted { step } => {
                write!(formatter, "interrupted after the checkpoint of step {step}")
            }
        }
    }
}

/// Why a trial failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The run folder cannot be used or written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The device is not available.
    #[error(transparent)]
    Device(#[from] BackendError),
    /// The feature vectors are not available.
    #[error(transparent)]
    Extractor(#[from] ExtractorError),
    /// A held-out photograph has become unreadable.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// A split has no image.
    #[error(
        "no images for {split}: {images} usable images are split with `dataset.split.validation = {share}`; \
         use more images, or a different share"
    )]
    EmptySplit {
        /// `training` or `validation`.
        split: &'static str,
        /// Usable images in all.
        images: usize,
        /// Share held out.
        share: f64,
    },
    /// The network is to learn labels, and no photograph has any.
    #[error(
        "no training photograph shows a category, but `network.classification = {weight}` has the network learn which it shows; \
         use a dataset with annotations, or set `network.classification = 0`"
    )]
    NoLabels {
        /// The weight of what it is to learn.
        weight: f64,
    },
    /// The initial weights cannot be had from what `train.from` names.
    #[error("cannot start from `{written}`: {reason}")]
    Start {
        /// What `train.from` says.
        written: String,
        /// Why not.
        reason: String,
    },
    /// The loss became infinite or not a number.
    #[error(
        "the loss is not finite at step {step}; the last good checkpoint is {}; try a lower `train.optimizer.learning_rate`",
        last_checkpoint(*.checkpoint)
    )]
    NonFinite {
        /// The first such step.
        step: usize,
        /// The last step that a checkpoint keeps; 0 is none.
        checkpoint: usize,
    },
    /// A step did not fit into the memory of its device.
    #[error("{shortage}; the last checkpoint is {}", last_checkpoint(*.checkpoint))]
    Memory {
        /// What does fit.
        shortage: Shortage,
        /// The last step that a checkpoint keeps; 0 is none.
        checkpoint: usize,
    },
    /// burn-train stopped on an error.
    #[error("training stopped after the checkpoint of step {checkpoint}: {reason}")]
    Training {
        /// What it said.
        reason: String,
        /// The last step that a checkpoint keeps; 0 is none.
        checkpoint: usize,
    },
}

impl Blamed for TrainError {
    fn blame(&self) -> Blame {
        match self {
            Self::Run(error) => error.blame(),
            Self::Device(error) => error.blame(),
            Self::Extractor(error) => error.blame(),
            Self::Photo(error) => error.blame(),
            Self::EmptySplit { .. } | Self::NoLabels { .. } | Self::Start { .. } => Blame::Request,
            Self::NonFinite { .. } | Self::Memory { .. } | Self::Training { .. } => Blame::Failure,
        }
    }
}

fn last_checkpoint(step: usize) -> String {
    match step {
        0 => "none".to_owned(),
        step => format!("that of step {step}"),
    }
}
