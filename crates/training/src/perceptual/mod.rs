//! Pictures judged by networks: how different two of them look, by the maps of classifiers with frozen weights.
//!
//! [`PerceptualWeights`] are the weights that an experiment asks for. [`Judges`] are the metrics LPIPS, DISTS and FID with
//! them, and [`Judging`] one evaluation by them; [`PerceptualLoss`] is a part of the training loss. `stack` holds the
//! classifiers' convolutions, one file each the metrics.

mod dists;
mod frechet;
#[cfg(test)]
mod golden;
mod inception;
mod judges;
mod loss;
mod lpips;
mod stack;
mod weights;

pub use self::judges::{Judges, Judging};
pub(crate) use self::loss::PerceptualLoss;
pub use self::weights::PerceptualWeights;
pub(crate) use self::weights::is_name;
