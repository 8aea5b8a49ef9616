//! YUV as TensorFlow has it (`tf.image.rgb_to_yuv`, `tf.image.yuv_to_rgb`): luma Y on [0, 1], chroma U on ±0.43601 and
//! V on ±0.61498, from RGB on [0, 1].

mod pixels;

pub(super) use pixels::paint;
pub use pixels::{replace_luma, without_chroma};

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

#[inline]
fn row_times(row: [f64; 3], matrix: &[[f64; 3]; 3]) -> [f64; 3] {
    std::array::from_fn(|column| (0..3).map(|k| row[k] * matrix[k][column]).sum())
}

/// Y, U, V of R, G, B on [0, 1].
pub fn from_rgb(rgb: [f64; 3]) -> [f64; 3] {
    row_times(rgb, &FROM_RGB)
}

/// R, G, B of Y, U, V; outside [0, 1] where no such color exists.
#[inline]
pub fn to_rgb(yuv: [f64; 3]) -> [f64; 3] {
    row_times(yuv, &TO_RGB)
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

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

        /// What is computed many at a time is the formula of each pixel, bit for bit.
        #[test]
        fn pictures_are_made_of_pixels(
            truth in proptest::collection::vec(any::<u8>(), 3 * 131),
            predicted in proptest::collection::vec(any::<u8>(), 3 * 131),
            gray in 0..131usize,
        ) {
            let [truth, mut predicted] = [truth, predicted].map(|it| RgbImage::from_raw(131, 1, it).unwrap());
            predicted.put_pixel(gray as u32, 0, image::Rgb([gray as u8; 3]));
            let joined = replace_luma(&truth, &predicted);
            let without = without_chroma(&truth);
            let unit = |pixel: [u8; 3]| pixel.map(|value| f64::from(value) / 255.0);
            for x in 0..131 {
                let [truth, predicted] = [&truth, &predicted].map(|it| it.get_pixel(x, 0).0);
                let [luma, _, _] = from_rgb(unit(truth));
                let [_, u, v] = if predicted[0] == predicted[1] && predicted[1] == predicted[2] {
                    [0.0; 3]
                } else {
                    from_rgb(unit(predicted))
                };
                let byte = |value: f64| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
                prop_assert_eq!(joined.get_pixel(x, 0).0, to_rgb([luma, u, v]).map(byte));
                prop_assert_eq!(without.get_pixel(x, 0).0, [byte(luma); 3]);
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
