//! Reports: tables and figures made from run folders alone. This room knows nothing of how a run was trained.
//!
//! A [`Summary`] is a run's line in a table, [`Scores`] are what its images, or a baseline's, scored; [`claims`] holds
//! what experiments claim against them, and [`stages`] draws the figures of the write-up's stages.

pub mod claims;
pub mod html;
mod scores;
pub mod stages;
mod summary;

use std::path::PathBuf;

pub use scores::Scores;
pub use summary::Summary;

use crate::figure::FigureError;
use crate::runs::RunError;

/// Why a report cannot be made.
///
/// Every message is whole: the cause below it is a field and not a [`std::error::Error::source`], which would print it
/// twice.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A run folder cannot be read, or the report's not be written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A figure cannot be written.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A sample picture cannot be read.
    #[error("cannot read the sample `{}`: {cause}", path.display())]
    Sample {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: image::ImageError,
    },
}
