//! Evaluation: how good a colorized picture is. Metrics are pure functions of 8-bit images, one a file; predictions
//! are clipped to [0, 1] and rounded to 8 bits before any metric sees them.
//!
//! [`ImageScore::of`] scores one image with every metric; [`Metric`] names a number over a set of images and says how
//! the images' scores make it. What there is to say of any logged number, [`MachineMetric`]s too, stands in one table
//! ([`Properties`]); which of two numbers is better only [`Better`] knows. A [`Baseline`] answers without a network, and is scored like one.

mod auc_ab;
mod baseline;
mod chroma;
mod ciede2000;
mod colorfulness;
#[cfg(test)]
mod golden;
mod psnr;
mod score;
mod scored;
mod ssim;
#[cfg(test)]
mod straightforward;
mod terms;

pub use auc_ab::{AucAb, auc_ab};
pub use baseline::{Baseline, ChromaMean, answer};
pub use chroma::{Chroma, ab_mse, hue_error, uv_mse};
pub use ciede2000::{Differences, ciede2000};
pub use colorfulness::{colorfulness, colorfulness_absolute};
pub use colorize_experiment::section::{BatchNormStatistics, EvaluateSection};
pub use colorize_experiment::{MachineMetric, Metric, Properties, TrainingMetric};
pub use colorize_statistics::Better;
pub use psnr::psnr;
pub use score::ImageScore;
pub use scored::scored_picture;
pub use ssim::ssim;

/// Changes when a number that this module makes changes.
pub const VERSION: u32 = 2;
