//! What can be wrong with a photograph.

use colorize_base::{Blame, Blamed};
use std::io;
use std::path::PathBuf;

/// A photograph that could not be decoded.
#[derive(Debug, thiserror::Error)]
#[error("cannot decode `{}`: {fault}", path.display())]
pub struct PhotoError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: PhotoFault,
}

impl Blamed for PhotoError {
    fn blame(&self) -> Blame {
        // Photographs are named by the thousand: one that cannot be used is reported, and nothing to ask for otherwise.
        match &self.fault {
            PhotoFault::Read(_)
            | PhotoFault::Empty
            | PhotoFault::Format
            | PhotoFault::CutOff
            | PhotoFault::Truncated { .. }
            | PhotoFault::Damaged(_)
            | PhotoFault::TooLarge { .. }
            | PhotoFault::Codec(_) => Blame::Failure,
        }
    }
}

/// What is wrong with the bytes of a photograph.
#[derive(Debug, thiserror::Error)]
pub enum PhotoFault {
    /// The file could not be read at all.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The first bytes are of no format that is read here.
    #[error("not a JPEG, PNG or WebP file")]
    Format,
    /// The bytes end before the picture does.
    #[error("the file is truncated: no end-of-image marker")]
    CutOff,
    /// The bytes end before a chunk of the file does.
    #[error("the file is truncated: {there} of {promised} bytes")]
    Truncated {
        /// Bytes of the file.
        there: usize,
        /// Bytes that its header promises.
        promised: u64,
    },
    /// The data is not that of a whole picture, although a decoder would fill it up to one.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// More pixels than [`super::MOST_PIXELS`].
    #[error("{width}x{height} pixels exceed the limit of {}", super::MOST_PIXELS)]
    TooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The codec refused the bytes.
    #[error("{0}")]
    Codec(String),
}
