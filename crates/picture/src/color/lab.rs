//! CIE L*a*b* of sRGB under D65: lightness L on 0 to 100, chroma a on -86.2 to 98.2 and b on -107.9 to 94.5, from
//! gamma-encoded RGB on [0, 1].
//!
//! The matrix of sRGB has seven digits, so that white is white. Other libraries round it otherwise: scikit-image's L, a
//! and b differ from these by up to 0.005.

mod pixels;
mod planes;

use std::sync::LazyLock;

pub(super) use pixels::paint;
pub use planes::Planes;

/// CIE XYZ of linear RGB: rows are X, Y, Z; columns R, G, B.
pub const XYZ_FROM_RGB: [[f64; 3]; 3] = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192_0, 0.950_304_1],
];

/// The inverse of [`XYZ_FROM_RGB`]: rows are R, G, B; columns X, Y, Z.
pub const RGB_FROM_XYZ: [[f64; 3]; 3] = [
    [
        3.240_454_836_021_408_7,
        -1.537_138_850_102_575_1,
        -0.498_531_546_868_481,
    ],
    [
        -0.969_266_389_875_653_8,
        1.876_010_928_842_491,
        0.041_556_082_346_673_545,
    ],
    [
        0.055_643_419_604_213_67,
        -0.204_025_854_267_698_18,
        1.057_225_162_457_929,
    ],
];

/// X, Y, Z of D65's white.
pub const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

/// The largest |a| (green to magenta) and |b| (blue to yellow) that a color of sRGB has: pure magenta's and pure
/// blue's.
pub const LARGEST_CHROMA: [f64; 2] = [98.234_311_888_003_97, 107.860_161_754_148_1];

/// Below this share of white, L*a*b* is linear.
pub const LINEAR_BELOW: f64 = 0.008_856;
/// Its root.
static ROOT_BELOW: LazyLock<f64> = LazyLock::new(|| LINEAR_BELOW.cbrt());
/// The slope of that line, for f of the share.
pub const SLOPE: f64 = 7.787;
/// Its value at black.
pub const OFFSET: f64 = 16.0 / 116.0;

/// L, a, b of R, G, B on [0, 1].
pub fn from_rgb(rgb: [f64; 3]) -> [f64; 3] {
    let xyz = matrix_times(&XYZ_FROM_RGB, rgb.map(linear));
    let [x, y, z] = std::array::from_fn(|axis| root(xyz[axis] / WHITE[axis]));
    [lightness(y), 500.0 * (x - y), 200.0 * (y - z)]
}

/// The cube root of a share of white, or the straight line that stands for it near black.
fn root(share: f64) -> f64 {
    if share > LINEAR_BELOW {
        share.cbrt()
    } else {
        SLOPE * share + OFFSET
    }
}

/// L of the root of Y.
fn lightness(root: f64) -> f64 {
    116.0 * root - 16.0
}

/// R, G, B of L, a, b; outside [0, 1] where no such color exists.
pub fn to_rgb(lab: [f64; 3]) -> [f64; 3] {
    light(lab).map(encoded)
}

/// The same before they are gamma-encoded.
fn light([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let y = (lightness + 16.0) / 116.0;
    let roots = [y + a / 500.0, y, y - b / 200.0];
    let xyz = std::array::from_fn(|axis| {
        let root: f64 = roots[axis];
        let share = if root > *ROOT_BELOW {
            root.powi(3)
        } else {
            (root - OFFSET) / SLOPE
        };
        share * WHITE[axis]
    });
    matrix_times(&RGB_FROM_XYZ, xyz)
}

/// Light of a gamma-encoded value, both on [0, 1].
pub(crate) fn linear(encoded: f64) -> f64 {
    if encoded <= 0.040_45 {
        encoded / 12.92
    } else {
        ((encoded + 0.055) / 1.055).powf(2.4)
    }
}

/// The inverse of [`linear`]; negative light stays on the straight part.
fn encoded(linear: f64) -> f64 {
    if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}

fn matrix_times(matrix: &[[f64; 3]; 3], column: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|row| (0..3).map(|k| matrix[row][k] * column[k]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};
    use proptest::prelude::*;

    #[test]
    fn white_black_and_what_lies_between() {
        let [lightness, a, b] = from_rgb([1.0; 3]);
        assert!((lightness - 100.0).abs() < 1e-5 && a.abs() < 1e-4 && b.abs() < 1e-4);
        assert_eq!(from_rgb([0.0; 3]).map(f64::round), [0.0; 3]);
        assert!((from_rgb([119.0 / 255.0; 3])[0] - 50.0).abs() < 0.1);
    }

    #[test]
    fn matrices_are_inverse() {
        for row in 0..3 {
            let axis = std::array::from_fn(|column| f64::from(u8::from(column == row)));
            let back = matrix_times(&XYZ_FROM_RGB, matrix_times(&RGB_FROM_XYZ, axis));
            for (value, expected) in back.into_iter().zip(axis) {
                assert!((value - expected).abs() < 1e-14);
            }
        }
    }

    /// No color on the cube's surface, where the largest lie, has more chroma, and one has as much.
    #[test]
    fn largest_chroma() {
        let mut largest = [0.0f64; 2];
        for (x, y) in (0..=51).flat_map(|x| (0..=51).map(move |y| (x, y))) {
            let (x, y) = (f64::from(x) / 51.0, f64::from(y) / 51.0);
            for end in [0.0, 1.0] {
                for rgb in [[end, x, y], [x, end, y], [x, y, end]] {
                    let [_, a, b] = from_rgb(rgb);
                    largest = [largest[0].max(a.abs()), largest[1].max(b.abs())];
                }
            }
        }
        for (value, expected) in largest.into_iter().zip(LARGEST_CHROMA) {
            assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_identity(rgb in prop::array::uniform3(0.0..=1.0f64)) {
            let back = to_rgb(from_rgb(rgb));
            for (value, expected) in back.into_iter().zip(rgb) {
                prop_assert!((value - expected).abs() < 1e-6);
            }
        }

        /// Beyond sRGB too: a network may answer anything.
        #[test]
        fn back_and_there_is_the_identity(
            lightness in 0.0..100.0f64,
            chroma in prop::array::uniform2(-110.0..110.0f64),
        ) {
            let lab = [lightness, chroma[0], chroma[1]];
            let rgb = to_rgb(lab);
            prop_assert!(rgb.iter().all(|value| value.is_finite()));
            // The straight and the curved part of sRGB do not quite meet, by the standard's own constants.
            let there = from_rgb(rgb);
            for (value, expected) in there.into_iter().zip(lab) {
                prop_assert!((value - expected).abs() < 1e-4, "{there:?} is not {lab:?}");
            }
        }

        #[test]
        fn a_picture_is_its_pixels(
            bytes in prop::collection::vec(any::<u8>(), 3 * 67),
            gray in any::<u8>(),
        ) {
            let mut image = RgbImage::from_raw(67, 1, bytes).unwrap();
            image.put_pixel(66, 0, Rgb([gray; 3]));
            let planes = Planes::of(&image);
            prop_assert_eq!(planes.len(), 67);
            prop_assert_eq!([planes.a[66], planes.b[66]], [0.0, 0.0]);
            for (at, pixel) in image.pixels().enumerate() {
                let expected = from_rgb(pixel.0.map(|value| f64::from(value) / 255.0));
                let lab = [planes.lightness[at], planes.a[at], planes.b[at]];
                for (value, expected) in lab.into_iter().zip(expected) {
                    prop_assert!((f64::from(value) - expected).abs() < 5e-4);
                }
            }
        }
    }
}
