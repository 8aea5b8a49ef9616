//! Why numbers cannot be compared.

use super::pairing::LEAST_IMAGES;

/// Why a comparison says nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatisticsError {
    /// Too few images for an interval that means anything.
    #[error("too few images with a value: {images}; an interval needs at least {LEAST_IMAGES}")]
    TooFewImages {
        /// How many images of one side have a value, in every one of its runs.
        images: usize,
    },
    /// No runs at all.
    #[error("one side has no runs")]
    NoRun,
    /// An image without a usable number, such as an infinite PSNR.
    #[error("{}", not_finite(*.image, *.numerator, *.denominator))]
    NotFinite {
        /// The image's id.
        image: i64,
        /// What it adds above.
        numerator: f64,
        /// What it adds below.
        denominator: f64,
    },
    /// The value to compare with is not a finite number.
    #[error("the value to compare with is not finite: {0}")]
    ValueNotFinite(f64),
    /// An image that adds a negative amount below: then no set of images has a ratio that can be trusted.
    #[error("image {0} has a negative denominator")]
    NegativeDenominator(i64),
    /// An image that appears twice in one run.
    #[error("image {0} appears twice in one run")]
    ImageTwice(i64),
}

fn not_finite(image: i64, numerator: f64, denominator: f64) -> String {
    if numerator.is_infinite() && denominator.is_finite() {
        return format!(
            "image {image} has an infinite value, such as the PSNR of a picture without any error, so there is no mean over images; \
             compare by a metric that is finite, such as `ciede2000` or `uv_mse`"
        );
    }
    format!("the terms of image {image} are not finite: {numerator} / {denominator}")
}
