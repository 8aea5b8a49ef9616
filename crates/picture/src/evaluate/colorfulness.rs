//! Colorfulness of Hasler and Suesstrunk (2003), "Measuring colourfulness in natural images".

use image::RgbImage;

/// `sqrt(var rg + var yb) + 0.3 sqrt(mean rg² + mean yb²)` with `rg = R - G` and `yb = (R + G) / 2 - B` on 0 to 255:
/// 0 for gray, about 40 for a photograph, 109 for an extremely colorful one.
pub fn colorfulness(picture: &RgbImage) -> f64 {
    of_opponents(picture, |opponent| opponent)
}

/// The same with `|rg|` and `|yb|`, as some publications compute it, `DDColor`'s among them: another number wherever
/// opposite hues meet, and not to be compared with the signed one.
pub fn colorfulness_absolute(picture: &RgbImage) -> f64 {
    of_opponents(picture, i32::abs)
}

fn of_opponents(picture: &RgbImage, of: impl Fn(i32) -> i32) -> f64 {
    // Of rg, its square, 2 yb and its square. Whole numbers, so that no order of adding matters.
    let mut sums = [0i64; 4];
    for pixel in picture.pixels() {
        let [r, g, b] = pixel.0.map(i32::from);
        let (rg, yb) = (of(r - g), of(r + g - 2 * b));
        for (sum, term) in sums.iter_mut().zip([rg, rg * rg, yb, yb * yb]) {
            *sum += i64::from(term);
        }
    }
    let count = (picture.as_raw().len() / 3) as f64;
    let [rg, rg_square, yb, yb_square] = sums.map(|sum| sum as f64 / count);
    let (yb, yb_square) = (yb / 2.0, yb_square / 4.0);
    let variance = (rg_square - rg * rg).max(0.0) + (yb_square - yb * yb).max(0.0);
    variance.sqrt() + 0.3 * (rg * rg + yb * yb).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn half_red_half_blue_and_gray() {
        let mut picture = RgbImage::from_pixel(4, 2, Rgb([255, 0, 0]));
        for x in 2..4 {
            for y in 0..2 {
                picture.put_pixel(x, y, Rgb([0, 0, 255]));
            }
        }
        assert!((colorfulness(&picture) - 272.6187).abs() < 1e-4);
        assert!((colorfulness_absolute(&picture) - 211.5055).abs() < 1e-4);
        let gray = RgbImage::from_pixel(7, 7, Rgb([93; 3]));
        assert_eq!(colorfulness(&gray), 0.0);
        assert_eq!(colorfulness_absolute(&gray), 0.0);
    }
}
