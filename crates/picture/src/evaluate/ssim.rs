//! Structural similarity of Wang et al. (2004), "Image quality assessment: from error visibility to structural
//! similarity".

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

use std::sync::LazyLock;

use image::RgbImage;
use pulp::{Arch, Simd, WithSimd};

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
    similarities(truth, [predicted]).map(|[similarity]| similarity)
}

/// The same for several predictions of one photograph, whose own windows are then computed once.
pub(super) fn similarities<const N: usize>(
    truth: &RgbImage,
    predictions: [&RgbImage; N],
) -> Option<[f64; N]> {
    for predicted in predictions {
        assert_eq!(truth.dimensions(), predicted.dimensions());
    }
    let (width, height) = truth.dimensions();
    if width.min(height) < WINDOW as u32 {
        return None;
    }
    Some(Arch::new().dispatch(Rows { truth, predictions }))
}

struct Rows<'a, const N: usize> {
    truth: &'a RgbImage,
    predictions: [&'a RgbImage; N],
}

impl<const N: usize> WithSimd for Rows<'_, N> {
    type Output = [f64; N];

    /// From the top to the bottom, with no more rows in memory than the window is high.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; N] {
        static WEIGHTS: LazyLock<[f32; WINDOW]> = LazyLock::new(|| {
            let middle = (WINDOW / 2) as f64;
            let weights: [f64; WINDOW] =
                std::array::from_fn(|i| (-0.5 * ((i as f64 - middle) / SIGMA).powi(2)).exp());
            let sum: f64 = weights.iter().sum();
            weights.map(|weight| (weight / sum) as f32)
        });
        let weights = *WEIGHTS;
        // Values of a row, three a pixel, and windows of a row.
        let row = 3 * self.truth.width() as usize;
        let windows = row - 3 * (WINDOW - 1);
        let mut truth = Series::new(row);
        let mut truth_squares = Series::new(row);
        let mut others: [[Series; 3]; N] =
            std::array::from_fn(|_| std::array::from_fn(|_| Series::new(row)));
        let mut column_means = vec![0.0; row];
        let mut similarities = vec![0.0_f32; windows];
        let mut sums = [0.0; N];
        for y in 0..self.truth.height() as usize {
            let bytes = &self.truth.as_raw()[y * row..][..row];
            let truth_values = truth.row(y);
            for (value, byte) in truth_values.iter_mut().zip(bytes) {
                *value = f32::from(*byte) - MIDDLE;
            }
            for (square, value) in truth_squares.row(y).iter_mut().zip(&*truth_values) {
                *square = value * value;
            }
            for (picture, [values, squares, products]) in self.predictions.iter().zip(&mut others) {
                let bytes = &picture.as_raw()[y * row..][..row];
                let values = values.row(y);
                for (value, byte) in values.iter_mut().zip(bytes) {
                    *value = f32::from(*byte) - MIDDLE;
                }
                for (square, value) in squares.row(y).iter_mut().zip(&*values) {
                    *square = value * value;
                }
                let pairs = truth_values.iter().zip(&*values);
                for (product, (truth, value)) in products.row(y).iter_mut().zip(pairs) {
                    *product = truth * value;
                }
            }
            if y + 1 < WINDOW {
                continue;
            }
            truth.weigh(y, weights, &mut column_means);
            truth_squares.weigh(y, weights, &mut column_means);
            for (sum, series) in sums.iter_mut().zip(&mut others) {
                for series in &mut *series {
                    series.weigh(y, weights, &mut column_means);
                }
                let [values, squares, products] = series;
                let means = &truth.means[..windows];
                let mean_squares = &truth_squares.means[..windows];
                let other_means = &values.means[..windows];
                let other_squares = &squares.means[..windows];
                let products = &products.means[..windows];
                for (at, similarity) in similarities.iter_mut().enumerate() {
                    let (mean, other_mean) = (means[at], other_means[at]);
                    let variance = mean_squares[at] - mean * mean;
                    let other_variance = other_squares[at] - other_mean * other_mean;
                    let covariance = products[at] - mean * other_mean;
                    let (mean, other_mean) = (mean + MIDDLE, other_mean + MIDDLE);
                    let [c1, c2] = STABILIZERS;
                    let numerator = (2.0 * mean * other_mean + c1) * (2.0 * covariance + c2);
                    let denominator = (mean * mean + other_mean * other_mean + c1)
                        * (variance + other_variance + c2);
                    *similarity = numerator / denominator;
                }
                for similarity in &similarities {
                    *sum += f64::from(*similarity);
                }
            }
        }
        let count = windows * (self.truth.height() as usize - (WINDOW - 1));
        sums.map(|sum| sum / count as f64)
    }
}

/// Values of as many rows as the window is high, and the weighted means of the windows that end with the last one.
struct Series {
    row: usize,
    values: Vec<f32>,
    means: Vec<f32>,
}

impl Series {
    fn new(row: usize) -> Self {
        Self {
            row,
            values: vec![0.0; WINDOW * row],
            means: vec![0.0; row - 3 * (WINDOW - 1)],
        }
    }

    /// The memory of row `y`, which was that of the row that is no longer needed.
    #[inline(always)]
    fn row(&mut self, y: usize) -> &mut [f32] {
        &mut self.values[y % WINDOW * self.row..][..self.row]
    }

    /// Weighs the rows down to `y`.
    #[inline(always)]
    fn weigh(&mut self, y: usize, weights: [f32; WINDOW], column_means: &mut [f32]) {
        let first = y + 1 - WINDOW;
        let rows =
            std::array::from_fn(|i| &self.values[(first + i) % WINDOW * self.row..][..self.row]);
        combine(weights, rows, column_means);
        let windows = self.means.len();
        let shifted = std::array::from_fn(|i| &column_means[3 * i..][..windows]);
        combine(weights, shifted, &mut self.means);
    }
}

/// Adds up slices, each times its weight in the window.
#[inline(always)]
fn combine(weights: [f32; WINDOW], slices: [&[f32]; WINDOW], sums: &mut [f32]) {
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

/// The mean similarity, window by window.
#[cfg(test)]
pub(super) fn straightforward(truth: &RgbImage, predicted: &RgbImage) -> f64 {
    let middle = (WINDOW / 2) as f64;
    let weights: [f64; WINDOW] =
        std::array::from_fn(|i| (-0.5 * ((i as f64 - middle) / SIGMA).powi(2)).exp());
    let total: f64 = weights.iter().sum();
    let weights = weights.map(|weight| (weight / total) as f32);
    let weighted = |values: [f32; WINDOW]| {
        let mut sum = weights[5] * values[5];
        for i in 0..5 {
            sum += weights[i] * (values[i] + values[10 - i]);
        }
        sum
    };
    let (width, height) = truth.dimensions();
    let value = |picture: &RgbImage, x, y, channel: usize| {
        f32::from(picture.get_pixel(x, y).0[channel]) - MIDDLE
    };
    let (mut sum, mut count) = (0.0, 0.0);
    for y in 0..=height - WINDOW as u32 {
        for x in 0..=width - WINDOW as u32 {
            for channel in 0..3 {
                let mean = |of: &dyn Fn(u32, u32) -> f32| {
                    let column = |i: usize| {
                        weighted(std::array::from_fn(|j| of(x + i as u32, y + j as u32)))
                    };
                    weighted(std::array::from_fn(column))
                };
                let one = |x, y| value(truth, x, y, channel);
                let other = |x, y| value(predicted, x, y, channel);
                let (one_mean, other_mean) = (mean(&one), mean(&other));
                let variance = mean(&|x, y| one(x, y) * one(x, y)) - one_mean * one_mean;
                let other_variance =
                    mean(&|x, y| other(x, y) * other(x, y)) - other_mean * other_mean;
                let covariance = mean(&|x, y| one(x, y) * other(x, y)) - one_mean * other_mean;
                let (mean, other_mean) = (one_mean + MIDDLE, other_mean + MIDDLE);
                let [c1, c2] = STABILIZERS;
                let similarity = (2.0 * mean * other_mean + c1) * (2.0 * covariance + c2)
                    / ((mean * mean + other_mean * other_mean + c1)
                        * (variance + other_variance + c2));
                sum += f64::from(similarity);
                count += 1.0;
            }
        }
    }
    sum / count
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
