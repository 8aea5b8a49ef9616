//! Chroma without luma: how much of it there is, and how far it is from the truth.

use image::RgbImage;

use crate::color::lab::Planes;
use crate::color::yuv;

/// Pixels of less chroma than this are gray to the eye.
const GRAY_BELOW: f32 = 5.0;
/// Pixels of more chroma than this have a hue that matters.
const HUE_ABOVE: f32 = 10.0;

/// How much chroma a picture has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chroma {
    /// The mean of `sqrt(a² + b²)` over the pixels.
    pub mean: f64,
    /// The share of pixels whose chroma is below 5, from 0 to 1.
    pub gray_share: f64,
}

impl Chroma {
    /// Of a picture; no pixels give `NaN`.
    pub fn of(picture: &Planes) -> Self {
        let (mut sum, mut gray) = (0.0, 0u32);
        for (a, b) in picture.a.iter().zip(&picture.b) {
            let chroma = (a * a + b * b).sqrt();
            sum += f64::from(chroma);
            gray += u32::from(chroma < GRAY_BELOW);
        }
        let count = picture.len() as f64;
        Self {
            mean: sum / count,
            gray_share: f64::from(gray) / count,
        }
    }
}

/// The mean angle between true and predicted hue in the plane of a and b, in degrees from 0 to 180, over the pixels whose
/// true chroma is above 10; `None` when there is no such pixel. A prediction without any chroma has no hue: it counts
/// as 90, what a guess would be off by on average.
///
/// # Panics
///
/// When the two differ in size.
pub fn hue_error(truth: &Planes, predicted: &Planes) -> Option<f64> {
    assert_eq!(truth.len(), predicted.len());
    let (mut sum, mut count) = (0.0, 0u32);
    let colors = truth.a.iter().zip(&truth.b);
    let predicted = predicted.a.iter().zip(&predicted.b);
    for ((&a, &b), (&predicted_a, &predicted_b)) in colors.zip(predicted) {
        if a * a + b * b <= HUE_ABOVE * HUE_ABOVE {
            continue;
        }
        count += 1;
        sum += if predicted_a == 0.0 && predicted_b == 0.0 {
            90.0
        } else {
            let along = a * predicted_a + b * predicted_b;
            let across = a * predicted_b - b * predicted_a;
            f64::from(across.abs().atan2(along).to_degrees())
        };
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// The mean squared error of a and b, over pixels and both channels; no pixels give `NaN`.
///
/// # Panics
///
/// When the two differ in size.
pub fn ab_mse(truth: &Planes, predicted: &Planes) -> f64 {
    assert_eq!(truth.len(), predicted.len());
    let colors = truth.a.iter().zip(&truth.b);
    let predicted = predicted.a.iter().zip(&predicted.b);
    let squares = colors
        .zip(predicted)
        .map(|((a, b), (predicted_a, predicted_b))| {
            let (da, db) = (predicted_a - a, predicted_b - b);
            f64::from(da * da + db * db)
        });
    squares.sum::<f64>() / (2 * truth.len()) as f64
}

/// The mean squared error of U and V, over pixels and both channels; no pixels give `NaN`.
///
/// # Panics
///
/// When the two differ in size.
pub fn uv_mse(truth: &RgbImage, predicted: &RgbImage) -> f64 {
    assert_eq!(truth.dimensions(), predicted.dimensions());
    let squares = truth
        .pixels()
        .zip(predicted.pixels())
        .map(|(truth, predicted)| {
            // Conversion is linear: the error's chroma is the chroma's error.
            let error = std::array::from_fn(|channel| {
                (f64::from(predicted.0[channel]) - f64::from(truth.0[channel])) / 255.0
            });
            let [_, u, v] = yuv::from_rgb(error);
            u * u + v * v
        });
    squares.sum::<f64>() / (2.0 * (truth.as_raw().len() / 3) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn hue_turns() {
        let truth = Planes::from_iter([[50.0, 20.0, 0.0], [50.0, 0.0, 9.9]]);
        let answer = |a, b| Planes::from_iter([[10.0, a, b], [0.0, 1.0, 2.0]]);
        let error = |a, b| hue_error(&truth, &answer(a, b)).unwrap();
        assert_eq!(error(1.0, 0.0), 0.0);
        assert!((error(3.0, 3.0) - 45.0).abs() < 1e-4);
        assert!((error(0.0, -7.0) - 90.0).abs() < 1e-4);
        assert!((error(-1.0, 0.0) - 180.0).abs() < 1e-4);
        assert_eq!(error(0.0, 0.0), 90.0);
        let pale = Planes::from_iter([[50.0, 0.0, 9.9]]);
        assert_eq!(hue_error(&pale, &pale), None);
        assert_eq!(hue_error(&Planes::default(), &Planes::default()), None);
    }

    #[test]
    fn amounts_and_errors() {
        let lab = [[0.0, 3.0, 4.0], [0.0, -3.0, 3.9], [9.0, 0.0, 0.0]];
        let chroma = Chroma::of(&Planes::from_iter(lab));
        assert!((chroma.mean - (5.0 + 24.21f64.sqrt()) / 3.0).abs() < 1e-6);
        assert!((chroma.gray_share - 2.0 / 3.0).abs() < 1e-12);
        let [one, other] = [lab[0], [5.0, 4.0, 6.0]].map(|color| Planes::from_iter([color]));
        assert_eq!(ab_mse(&one, &other), 2.5);
        let red = RgbImage::from_pixel(2, 2, Rgb([255, 0, 0]));
        let black = RgbImage::new(2, 2);
        let expected = f64::midpoint(0.147_141_19f64.powi(2), 0.614_975_38f64.powi(2));
        assert!((uv_mse(&red, &black) - expected).abs() < 1e-12);
        assert_eq!(uv_mse(&red, &red), 0.0);
    }
}
