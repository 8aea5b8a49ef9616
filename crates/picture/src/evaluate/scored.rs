//! Which picture a metric scores.

use image::RgbImage;

use super::Metric;
use crate::color::yuv;

/// The picture that the metric scores: the prediction, with the photograph's luma where the metric replaces it.
///
/// # Panics
///
/// When luma is replaced and the two differ in size.
pub fn scored_picture(metric: Metric, truth: &RgbImage, predicted: RgbImage) -> RgbImage {
    if metric.is_luma_replaced() {
        yuv::replace_luma(truth, &predicted)
    } else {
        predicted
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::super::{ImageScore, psnr};
    use super::*;

    #[test]
    fn the_picture_of_a_metric_is_the_one_that_it_scores() {
        let truth = RgbImage::from_fn(12, 12, |x, y| Rgb([20 * x as u8, 10 * y as u8, 90]));
        let predicted = RgbImage::from_pixel(12, 12, Rgb([180, 120, 60]));
        let score = ImageScore::of(0.0, &truth, &predicted);
        let of = |metric: Metric| psnr(&truth, &scored_picture(metric, &truth, predicted.clone()));
        assert_eq!(of(Metric::Psnr), score.psnr);
        assert_eq!(of(Metric::PsnrLumaReplaced), score.psnr_luma_replaced);
        assert_ne!(score.psnr, score.psnr_luma_replaced);
    }

    #[test]
    fn names_and_pictures_agree() {
        for metric in Metric::ALL {
            let is_replaced = metric.name().ends_with("_luma_replaced");
            assert_eq!(metric.is_luma_replaced(), is_replaced, "{}", metric.name());
        }
    }
}
