//! YUV as TensorFlow has it (`tf.image.rgb_to_yuv`, `tf.image.yuv_to_rgb`): luma Y on [0, 1], chroma U on ±0.43601 and
//! V on ±0.61498, from RGB on [0, 1].

use image::RgbImage;

/// What red, green and blue add to luma.
pub const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

/// The largest |U| and |V| that a color has: pure blue's and pure red's, and those of their complements.
pub const LARGEST_CHROMA: [f64; 2] = [0.436_010_35, 0.614_975_38];

/// Rows are R, G, B; columns Y, U, V.
pub const FROM_RGB: [[f64; 3]; 3] = [
    [LUMA[0], -0.147_141_19, 0.614_975_38],
    [LUMA[1], -0.288_869_16, -0.514_965_12],
    [LUMA[2], 0.436_010_35, -0.100_010_26],
];

/// Rows are Y, U, V; columns R, G, B.
pub const TO_RGB: [[f64; 3]; 3] = [
    [1.0, 1.0, 1.0],
    [0.0, -0.394_642_334, 2.032_061_85],
    [1.139_883_03, -0.580_621_85, 0.0],
];

fn row_times(row: [f64; 3], matrix: &[[f64; 3]; 3]) -> [f64; 3] {
    std::array::from_fn(|column| (0..3).map(|k| row[k] * matrix[k][column]).sum())
}

/// Y, U, V of R, G, B on [0, 1].
pub fn from_rgb(rgb: [f64; 3]) -> [f64; 3] {
    row_times(rgb, &FROM_RGB)
}

/// R, G, B of Y, U, V; outside [0, 1] where no such color exists.
pub fn to_rgb(yuv: [f64; 3]) -> [f64; 3] {
    row_times(yuv, &TO_RGB)
}

/// The picture with the luma of `truth` and the chroma of `predicted`, clipped to [0, 1] and rounded to 8 bits: what a
/// network that answers in RGB would show if it had kept the photograph's luma, as those that answer in chroma do.
///
/// # Panics
///
/// When the two differ in size.
pub fn replace_luma(truth: &RgbImage, predicted: &RgbImage) -> RgbImage {
    assert_eq!(truth.dimensions(), predicted.dimensions());
    let unit = |pixel: &image::Rgb<u8>| pixel.0.map(|value| f64::from(value) / 255.0);
    let mut joined = RgbImage::new(truth.width(), truth.height());
    let pairs = truth.pixels().zip(predicted.pixels());
    for (joined, (truth, predicted)) in joined.pixels_mut().zip(pairs) {
        let [luma, _, _] = from_rgb(unit(truth));
        // Gray has no chroma, not even that of the matrix's last digit: it decides where luma lies between two bytes.
        let [r, g, b] = predicted.0;
        let [_, u, v] = if r == g && g == b {
            [0.0; 3]
        } else {
            from_rgb(unit(predicted))
        };
        joined.0 = to_rgb([luma, u, v]).map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8);
    }
    joined
}

/// The luma of a picture as gray, rounded to 8 bits.
pub fn without_chroma(picture: &RgbImage) -> RgbImage {
    let mut gray = picture.clone();
    for pixel in gray.pixels_mut() {
        let [luma, _, _] = from_rgb(pixel.0.map(|value| f64::from(value) / 255.0));
        pixel.0 = [(luma * 255.0).round() as u8; 3];
    }
    gray
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The corners of the range that reference works give for TensorFlow's matrices.
    #[test]
    fn pure_colours() {
        let red = from_rgb([1.0, 0.0, 0.0]);
        assert!((red[0] - 0.299).abs() < 1e-12);
        assert!((red[2] - 0.614_975_38).abs() < 1e-12);
        let blue = from_rgb([0.0, 0.0, 1.0]);
        assert!((blue[1] - 0.436_010_35).abs() < 1e-12);
        let gray = from_rgb([0.5, 0.5, 0.5]);
        assert!((gray[0] - 0.5).abs() < 1e-8 && gray[1].abs() < 1e-8 && gray[2].abs() < 1e-8);
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_identity(r in 0.0..1.0f64, g in 0.0..1.0f64, b in 0.0..1.0f64) {
            let back = to_rgb(from_rgb([r, g, b]));
            for (value, expected) in back.into_iter().zip([r, g, b]) {
                prop_assert!((value - expected).abs() < 1e-8);
            }
        }

        #[test]
        fn a_picture_keeps_itself(pixels in proptest::collection::vec(any::<u8>(), 12)) {
            let picture = RgbImage::from_raw(2, 2, pixels).unwrap();
            prop_assert_eq!(&replace_luma(&picture, &picture), &picture);
        }

        #[test]
        fn any_gray_brings_no_chroma(pixels in proptest::collection::vec(any::<u8>(), 12), gray in any::<u8>()) {
            let picture = RgbImage::from_raw(2, 2, pixels).unwrap();
            let predicted = RgbImage::from_pixel(2, 2, image::Rgb([gray; 3]));
            prop_assert_eq!(replace_luma(&picture, &predicted), without_chroma(&picture));
        }
    }
}
