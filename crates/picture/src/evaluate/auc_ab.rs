//! Area under the curve of chroma errors, of Zhang et al. (2016), "Colorful image colorization".

use crate::color::lab::Planes;

/// The largest threshold, in units of L*a*b*.
const THRESHOLDS: usize = 150;
/// Edge of a class of colors in the plane of a and b.
const BIN: f32 = 10.0;
/// Classes from end to end of either axis: -110 to 110.
const BINS: usize = 23;
/// Classes that hold a color of sRGB.
const COLOR_CLASSES: f64 = 261.0;
/// What a pixel without any error scores; see [`points`].
const FULL_POINTS: f64 = 2.0 * THRESHOLDS as f64;

/// The two areas, from 0 to 1 (no error anywhere).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AucAb {
    /// Every pixel counts the same.
    pub raw: f64,
    /// Pixels of rare colors count more: a pixel's weight is `1 / (p/2 + 1/(2 Q))`, with `p` the share of the true
    /// picture's pixels that are of its class of colors. Classes are squares of 10 in the plane of a and b, one of them
    /// centered on gray; `Q` = 261 of them hold colors of sRGB. The mixture with the uniform share keeps a class of few
    /// pixels from counting as much as half a picture.
    ///
    /// Zhang's weights are inverse shares in `ImageNet`. Here they come from the picture itself, so that the number
    /// depends on nothing but the two pictures.
    pub balanced: f64,
}

/// The area under the curve of the share of pixels whose error in a and b is at most t, for t from 0 to 150 by the
/// trapezoidal rule, over 150. No pixels give `NaN`.
///
/// # Panics
///
/// When the two differ in size.
pub fn auc_ab(truth: &Planes, predicted: &Planes) -> AucAb {
    assert_eq!(truth.len(), predicted.len());
    // Of each class: its pixels, and their points.
    let mut classes = vec![(0u32, 0u64); BINS * BINS];
    let colors = truth.a.iter().zip(&truth.b);
    let predicted = predicted.a.iter().zip(&predicted.b);
    for ((a, b), (predicted_a, predicted_b)) in colors.zip(predicted) {
        let (da, db) = (predicted_a - a, predicted_b - b);
        let class = &mut classes[bin(*a) * BINS + bin(*b)];
        class.0 += 1;
        class.1 += u64::from(points((da * da + db * db).sqrt()));
    }
    let (mut points, mut weighted_area, mut weights) = (0, 0.0, 0.0);
    for (count, class_points) in classes.into_iter().filter(|&(count, _)| count > 0) {
        let share = f64::from(count) / truth.len() as f64;
        let weight = 2.0 / (share + 1.0 / COLOR_CLASSES);
        points += class_points;
        weighted_area += weight * (class_points as f64 / FULL_POINTS);
        weights += weight * f64::from(count);
    }
    AucAb {
        raw: points as f64 / FULL_POINTS / truth.len() as f64,
        balanced: weighted_area / weights,
    }
}

/// The class of a value along its axis.
fn bin(value: f32) -> usize {
    ((value / BIN + (BINS as f32) / 2.0) as usize).min(BINS - 1)
}

/// What a pixel adds to the area, in half units of threshold: it counts at every threshold that is not below its error,
/// and half of the unit before.
fn points(error: f32) -> u32 {
    let below = error as u32;
    let threshold = below + u32::from((below as f32) < error);
    match threshold {
        0 => 2 * THRESHOLDS as u32,
        1.. => (2 * THRESHOLDS as u32 + 1).saturating_sub(2 * threshold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_areas() {
        let truth = Planes::from_iter([[50.0, 0.0, 0.0]]);
        let area = |a: f32| auc_ab(&truth, &Planes::from_iter([[20.0, a, 0.0]])).raw;
        assert_eq!(area(0.0), 1.0);
        assert_eq!(area(1.0), 299.0 / 300.0);
        assert_eq!(area(1.5), 297.0 / 300.0);
        assert_eq!(area(150.0), 1.0 / 300.0);
        assert_eq!(area(150.1), 0.0);
        assert_eq!(area(1e9), 0.0);
        let nothing = auc_ab(&Planes::default(), &Planes::default());
        assert!(nothing.raw.is_nan() && nothing.balanced.is_nan());
    }

    #[test]
    fn rare_colours_count_more_when_balanced() {
        // Nine gray pixels are right, one red pixel is answered by gray.
        let gray = [[50.0, 0.0, 0.0]; 10];
        let mut truth = gray;
        truth[9] = [50.0, 60.0, 40.0];
        let [truth, predicted] = [truth, gray].map(Planes::from_iter);
        let area = auc_ab(&truth, &predicted);
        let red = (301.0 - 2.0 * 73.0) / 300.0;
        assert!((area.raw - (9.0 + red) / 10.0).abs() < 1e-12);
        let weight = |share: f64| 1.0 / (share / 2.0 + 1.0 / 522.0);
        let weights = [9.0 * weight(0.9), weight(0.1)];
        let expected = (weights[0] + weights[1] * red) / (weights[0] + weights[1]);
        assert!((area.balanced - expected).abs() < 1e-12);
        assert!(area.balanced < area.raw - 0.1);
    }

    #[test]
    fn every_colour_has_a_class() {
        assert_eq!(bin(0.0), 11);
        assert_eq!(bin(4.99), 11);
        assert_eq!(bin(5.0), 12);
        assert_eq!(bin(-108.0), 0);
        assert_eq!(bin(-1e9), 0);
        assert_eq!(bin(1e9), BINS - 1);
    }
}
