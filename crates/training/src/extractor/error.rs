//! What can go wrong between a file of weights and a vector of features.

use colorize_base::{Blame, Blamed};
use std::io;
use std::path::{Path, PathBuf};

use super::ExtractorKind;
use crate::photo::PhotoError;

/// Why there are no features.
///
/// Every message is whole: the cause below it is a field and not a [`std::error::Error::source`], which would print it
/// twice.
#[derive(Debug, thiserror::Error)]
pub enum ExtractorError {
    /// The section says `none`.
    #[error("no extractor is chosen: set `fusion.extractor`")]
    NoExtractor,
    /// A loss has a perceptual part, but nobody looked for the weights that it needs.
    #[error("the weights of `train.perceptual` were not located before the training")]
    NotLocated,
    /// The weights have no such name.
    #[error(
        "unknown weights for `{network}`: `{given}`; use {legal}, or the path of a `.pth` or `.safetensors` file"
    )]
    UnknownWeights {
        /// The network they are for.
        network: &'static str,
        /// As it was written.
        given: String,
        /// The names that there are, in backticks.
        legal: String,
    },
    /// The weights of that name have not been fetched.
    #[error("no weights at `{}`: run `colorize weights fetch {fetch}`", path.display())]
    Missing {
        /// Where they should be.
        path: PathBuf,
        /// What to fetch.
        fetch: &'static str,
    },
    /// The file is not the one that was published.
    #[error(
        "`{}` is not the file that was published: its SHA-256 is {actual}, not {expected}; delete it and run `colorize weights fetch {fetch}`",
        path.display()
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The published SHA-256.
        expected: String,
        /// The file's own.
        actual: String,
        /// What to fetch.
        fetch: &'static str,
    },
    /// The file holds no tensors that can be read.
    #[error("cannot read weights from `{}`: {reason}", path.display())]
    NotWeights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The tensors are those of something else.
    #[error("the weights in `{}` do not fit `{network}`: {faults}", path.display())]
    DoesNotFit {
        /// The file.
        path: PathBuf,
        /// The network they were to be for.
        network: &'static str,
        /// Which tensors, and which classifier they would fit.
        faults: String,
    },
    /// The weights changed while they were in use.
    #[error("the weights in `{}` have changed since they were identified: run again", path.display())]
    WeightsChanged {
        /// The file.
        path: PathBuf,
    },
    /// The weights have no linear layer of 1,000 classes.
    #[error("these weights of `{extractor}` cannot classify: their linear layer {}", match .classes {
        None => "is missing".to_owned(),
        Some(classes) => format!("has {classes} classes instead of 1000"),
    })]
    NoClasses {
        /// The classifier.
        extractor: ExtractorKind,
        /// How many it tells.
        classes: Option<usize>,
    },
    /// A photograph that cannot be decoded, or no longer.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// A photograph that is another one than when its content was hashed.
    #[error("`{}` has changed since it was inspected: run again", path.display())]
    PhotoChanged {
        /// The file.
        path: PathBuf,
    },
    /// The classifier's answer is infinite or not a number.
    #[error("the features of `{}` are not finite: the weights do not suit `{extractor}`", path.display())]
    NotFinite {
        /// The photograph.
        path: PathBuf,
        /// The classifier.
        extractor: ExtractorKind,
    },
    /// The device failed.
    #[error("the device failed while computing features: {0}")]
    Device(String),
    /// The system gives no thread.
    #[error(
        "cannot start the thread that reads photographs: {0}; raise the limit on processes (`ulimit -u`)"
    )]
    Thread(io::Error),
    /// The caller asked to stop.
    #[error("stopped after {done} of {total} photographs; computed features are kept")]
    Stopped {
        /// Photographs whose features are kept.
        done: usize,
        /// All of them.
        total: usize,
    },
    /// A file or folder that cannot be read.
    #[error("cannot read `{}`: {cause}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file or folder that cannot be written.
    #[error("cannot write `{}`: {cause}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl Blamed for ExtractorError {
    fn blame(&self) -> Blame {
        match self {
            Self::NoExtractor
            | Self::UnknownWeights { .. }
            | Self::Missing { .. }
            | Self::Checksum { .. }
            | Self::NotWeights { .. }
            | Self::DoesNotFit { .. }
            | Self::NoClasses { .. }
            | Self::NotFinite { .. } => Blame::Request,
            Self::NotLocated => Blame::Failure,
            Self::Photo(error) => error.blame(),
            Self::Read { cause, .. } => cause.blame(),
            Self::WeightsChanged { .. }
            | Self::PhotoChanged { .. }
            | Self::Device(_)
            | Self::Thread(_)
            | Self::Stopped { .. }
            | Self::Write { .. } => Blame::Failure,
        }
    }
}

impl ExtractorError {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Read {
            path: path.to_owned(),
            cause,
        }
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Write {
            path: path.to_owned(),
            cause,
        }
    }
}
