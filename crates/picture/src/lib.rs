//! Photographs, color and scores on 8-bit pixels: what is read from a file, what a color is, and how good a picture is.
//!
//! [`photo`] is the only reader of photographs, [`color`] holds the color spaces on pixels, and [`evaluate`] the metrics and
//! the baselines, pure functions of pictures.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

pub mod color;
pub mod evaluate;
pub mod photo;
