//! Structural similarity of Wang et al. (2004), "Image quality assessment: from error visibility to structural
//! similarity".

use std::sync::LazyLock;

use image::RgbImage;

/// Pixels from edge to edge of the window.
const WINDOW: usize = 11;
/// The window's standard deviation, in pixels.
const SIGMA: f64 = 1.5;
/// `(K1 · 255)²` and `(K2 · 255)²`.
const STABILIZERS: [f32; 2] = [2.55 * 2.55, 7.65 * 7.65];
/// Values are counted from the middle of their range: variances are differences of squares, which are then small.
const MIDDLE: f32 = 128.0;

/// Structural similarity, from -1 to 1 (equal): in every 11x11 window that lies wholly within the picture, Gaussian with
/// sigma 1.5, K1 = 0.01, K2 = 0.03, biased covariance; the mean over windows and channels. `tf.image.ssim` computes the
/// same, but so that single precision can cost it 0.0002. `None` for pictures that are narrower or lower than the window.
///
/// # Panics
///
/// When the two differ in size.
pub fn ssim(truth: &RgbImage, predicted: &RgbImage) -> Option<f64> {
    assert_eq!(truth.dimensions(), predicted.dimensions());
    let truth = Windows::of(truth)?;
    Some(truth.similarity(&Windows::of(predicted)?))
}

/// A picture with the mean and the variance of every window, channels interleaved.
pub(super) struct Windows {
    /// Values of a row: three a pixel.
    row: usize,
    /// Counted from [`MIDDLE`].
    values: Vec<f32>,
    /// Counted from [`MIDDLE`].
    means: Vec<f32>,
    variances: Vec<f32>,
}

impl Windows {
    /// `None` for a picture that is smaller than the window.
    pub(super) fn of(picture: &RgbImage) -> Option<Self> {
        let (width, height) = picture.dimensions();
        if width.min(height) < WINDOW as u32 {
            return None;
        }
        let row = 3 * width as usize;
        let values: Vec<f32> = picture
            .as_raw()
            .iter()
            .map(|&value| f32::from(value) - MIDDLE)
            .collect();
        let means = weighted(values.clone(), row);
        let squares = values.iter().map(|value| value * value).collect();
        let mut variances = weighted(squares, row);
        for (variance, mean) in variances.iter_mut().zip(&means) {
            *variance -= mean * mean;
        }
        Some(Self {
            row,
            values,
            means,
            variances,
        })
    }

    /// The mean similarity of the windows of two pictures of the same size.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        let values = self.values.iter().zip(&other.values);
        let products = values.map(|(value, other)| value * other).collect();
        let mut similarities = weighted(products, self.row);
        let count = similarities.len();
        let means = self.means.iter().zip(&other.means);
        let variances = self.variances.iter().zip(&other.variances);
        // Each place holds the mean product, and then the similarity.
        for ((place, (mean, other_mean)), (variance, other_variance)) in
            similarities.iter_mut().zip(means).zip(variances)
        {
            let covariance = *place - mean * other_mean;
            let (mean, other_mean) = (mean + MIDDLE, other_mean + MIDDLE);
            let [c1, c2] = STABILIZERS;
            let numerator = (2.0 * mean * other_mean + c1) * (2.0 * covariance + c2);
            let denominator =
                (mean * mean + other_mean * other_mean + c1) * (variance + other_variance + c2);
            *place = numerator / denominator;
        }
        similarities.into_iter().map(f64::from).sum::<f64>() / count as f64
    }
}

/// The weighted mean of every window, in the memory of the values; `row` is the number of values in a row.
fn weighted(mut values: Vec<f32>, row: usize) -> Vec<f32> {
    let height = values.len() / row - (WINDOW - 1);
    let width = row - 3 * (WINDOW - 1);
    let mut column_means = vec![0.0; row];
    for y in 0..height {
        let rows = std::array::from_fn(|i| &values[(y + i) * row..][..row]);
        combine(rows, &mut column_means);
        let shifted = std::array::from_fn(|i| &column_means[3 * i..][..width]);
        // Ends before the next row begins, and this one is not needed any more.
        combine(shifted, &mut values[y * width..][..width]);
    }
    values.truncate(width * height);
    values
}

/// Adds up slices, each times its weight in the window.
fn combine(slices: [&[f32]; WINDOW], sums: &mut [f32]) {
    static WEIGHTS: LazyLock<[f32; WINDOW]> = LazyLock::new(|| {
        let middle = (WINDOW / 2) as f64;
        let weights: [f64; WINDOW] =
            std::array::from_fn(|i| (-0.5 * ((i as f64 - middle) / SIGMA).powi(2)).exp());
        let sum: f64 = weights.iter().sum();
        weights.map(|weight| (weight / sum) as f32)
    });
    let weights = *WEIGHTS;
    let slices = slices.map(|slice| &slice[..sums.len()]);
    for (position, sum) in sums.iter_mut().enumerate() {
        // The window is symmetric: half as many products.
        let mut total = weights[WINDOW / 2] * slices[WINDOW / 2][position];
        for i in 0..WINDOW / 2 {
            total += weights[i] * (slices[i][position] + slices[WINDOW - 1 - i][position]);
        }
        *sum = total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn equal_pictures_and_small_ones() {
        let picture = RgbImage::from_fn(13, 11, |x, y| Rgb([x as u8 * 19, y as u8 * 23, 7]));
        assert_eq!(ssim(&picture, &picture), Some(1.0));
        for (width, height) in [(0, 0), (1, 1), (10, 30), (30, 10)] {
            let small = RgbImage::new(width, height);
            assert_eq!(ssim(&small, &small), None);
        }
        let one_window = RgbImage::new(11, 11);
        assert_eq!(ssim(&one_window, &one_window), Some(1.0));
    }

    /// Without variance only the term of the means is left, which can be computed by hand.
    #[test]
    fn flat_pictures() {
        let dark = RgbImage::from_pixel(12, 12, Rgb([0; 3]));
        let bright = RgbImage::from_pixel(12, 12, Rgb([255; 3]));
        let expected = 6.5025 / (255.0 * 255.0 + 6.5025);
        assert!((ssim(&dark, &bright).unwrap() - expected).abs() < 1e-6);
    }
}
