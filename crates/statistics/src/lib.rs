//! Statistics: what held-out images say about a claim, and how surely. Pure functions of numbers; nothing here knows of
//! runs or tables.
//!
//! A metric over a set of images is a sum over a sum: a mean is the sum of the images' values over their count, the
//! colorfulness ratio is the predictions' sum over the photographs'. [`ImageTerms`] is what one image adds to both.
//! A [`Side`] is a metric's images, once per seed; [`Comparison::of`] compares one side with another, image by image
//! as far as a [`Matching`] says which are the same. [`Verdict::of`] says
//! what its interval makes of an [`Expectation`], and [`holm`] corrects the p-values of several claims. [`Looks`] says at
//! which confidence a comparison whose seeds come one after another may be judged, and [`Outlook`] how many seeds it
//! probably needs. [`Description`] is a column of numbers in short, for tables.
//!
//! Chance comes from `ChaCha8` with a fixed seed: the same numbers give the same interval.

mod better;
mod bootstrap;
mod chance;
mod comparison;
mod description;
mod error;
mod holm;
mod looks;
mod outlook;
mod pairing;
mod student;
mod verdict;

pub use better::Better;
pub use comparison::{Comparison, SideSummary};
pub use description::Description;
pub use error::StatisticsError;
pub use holm::holm;
pub use looks::{Look, Looks};
pub use outlook::Outlook;
pub use pairing::{ImageTerms, LEAST_IMAGES, Matching, Pairing, Side};
pub use verdict::{Expectation, Interval, Verdict};

/// How often the images are resampled.
pub const RESAMPLES: usize = 10_000;

/// The share of all cases in which an interval is to hold the true value.
pub const CONFIDENCE: f64 = 0.95;

#[cfg(test)]
mod tests;
