//! Evaluation: how good a colorized picture is. Metrics are pure functions of 8-bit images, one a file; predictions
//! are clipped to [0, 1] and rounded to 8 bits before any metric sees them.
//!
//! [`ImageScore::of`] scores one image with every metric; [`Metric`] names a number over a set of images and says how
//! the images' scores make it.

mod colorfulness;
mod psnr;
mod score;
mod section;

pub use colorfulness::colorfulness;
pub use psnr::psnr;
pub use score::{ImageScore, Metric};
pub use section::EvaluateSection;

/// Changes when a number that this room makes changes.
pub const VERSION: u32 = 1;
