//! Peak signal-to-noise ratio.

use image::RgbImage;

/// `-10 log10(MSE)` in dB, the mean squared error taken over height, width and channel of values on [0, 1]; infinite
/// for equal images.
///
/// ```
/// use colorize_picture::evaluate::psnr;
/// use image::{Rgb, RgbImage};
///
/// let truth = RgbImage::from_pixel(16, 16, Rgb([100; 3]));
/// let predicted = RgbImage::from_pixel(16, 16, Rgb([110; 3]));
/// assert!((psnr(&truth, &predicted) - 28.13).abs() < 0.01);
/// ```
///
/// # Panics
///
/// When the two differ in size.
pub fn psnr(truth: &RgbImage, predicted: &RgbImage) -> f64 {
    assert_eq!(truth.dimensions(), predicted.dimensions());
    // Blocks whose sum fits 32 bits are summed several values at a time.
    let blocks = truth
        .as_raw()
        .chunks(4096)
        .zip(predicted.as_raw().chunks(4096));
    let squares: u64 = blocks
        .map(|(truth, predicted)| {
            let values = truth.iter().zip(predicted);
            let squares =
                values.map(|(truth, predicted)| u32::from(truth.abs_diff(*predicted)).pow(2));
            u64::from(squares.sum::<u32>())
        })
        .sum();
    let mean = squares as f64 / truth.as_raw().len() as f64 / (255.0 * 255.0);
    -10.0 * mean.log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn one_level_everywhere_is_48_decibels() {
        let truth = RgbImage::from_pixel(5, 3, Rgb([10, 20, 30]));
        let predicted = RgbImage::from_pixel(5, 3, Rgb([11, 19, 31]));
        assert!((psnr(&truth, &predicted) - 20.0 * 255f64.log10()).abs() < 1e-12);
        assert_eq!(psnr(&truth, &truth), f64::INFINITY);
        let opposite = psnr(
            &RgbImage::from_pixel(1, 1, Rgb([0; 3])),
            &RgbImage::from_pixel(1, 1, Rgb([255; 3])),
        );
        assert!(opposite.abs() < 1e-12);
    }
}
