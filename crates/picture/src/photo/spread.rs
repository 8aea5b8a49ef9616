//! How far the colors of a photograph are from those of one ink.

use image::RgbImage;

/// Cells that a photograph is divided into, about: their means are free of noise, and show whatever thing has a color of its
/// own.
const CELLS: f64 = 1024.0;

/// From here on a channel counts as clipped.
const CLIPPED: u8 = 254;

/// Ranges of luma.
const RANGES: usize = 32;

/// How much the colors differ at equal luma, in levels of 255: 0 for a gray, sepia or otherwise toned photograph, where luma
/// decides the color; noise adds little.
///
/// The picture is divided into about 1,024 square cells; pixels with a clipped channel are left out. Each cell has a mean luma Y and a mean chroma (B - Y, R - Y). Within each
/// of 32 ranges of luma, the chroma of a cell is compared with the mean of that range, and the answer is the root of the mean
/// squared distance; the mean is taken over as many cells as are free, which is one less per range.
pub fn chroma_spread(photo: &RgbImage) -> f64 {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    if width * height == 0 {
        return 0.0;
    }
    let side = ((width * height) as f64 / CELLS).sqrt().max(1.0);
    let [columns, rows] =
        [width, height].map(|length| ((length as f64 / side).round() as usize).max(1));
    let mut cells = vec![[0_u64; 4]; columns * rows];
    for (y, row) in photo.as_raw().chunks_exact(3 * width).enumerate() {
        let cells = &mut cells[y * rows / height * columns..][..columns];
        let (pixels, _) = row.as_chunks::<3>();
        for (x, pixel) in pixels.iter().enumerate() {
            // A channel that is clipped says nothing of the ink: a sepia filter drives bright pixels there.
            if pixel.iter().any(|&channel| channel >= CLIPPED) {
                continue;
            }
            let [red, green, blue, count] = &mut cells[x * columns / width];
            *red += u64::from(pixel[0]);
            *green += u64::from(pixel[1]);
            *blue += u64::from(pixel[2]);
            *count += 1;
        }
    }
    let mut ranges = [[0.0_f64; 4]; RANGES];
    let mut used = 0.0;
    for [red, green, blue, count] in cells.into_iter().filter(|cell| cell[3] > 0) {
        let [red, green, blue] = [red, green, blue].map(|sum| sum as f64 / count as f64);
        let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
        let chroma = [blue - luma, red - luma];
        let range = &mut ranges[((luma / 256.0 * RANGES as f64) as usize).min(RANGES - 1)];
        used += 1.0;
        range[0] += 1.0;
        range[1] += chroma[0];
        range[2] += chroma[1];
        range[3] += chroma[0].powi(2) + chroma[1].powi(2);
    }
    let occupied = ranges.iter().filter(|range| range[0] > 0.0);
    let (mut squares, mut free) = (0.0, used);
    for [count, first, second, sum] in occupied {
        squares += sum - (first.powi(2) + second.powi(2)) / count;
        free -= 1.0;
    }
    if free < 1.0 {
        return 0.0;
    }
    (squares.max(0.0) / free).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of gray steps and ramps, with a color made of each gray.
    fn toned(color: impl Fn(f64, u32) -> [f64; 3]) -> RgbImage {
        RgbImage::from_fn(320, 240, |x, y| {
            let gray = f64::from((x * 5 + y * 3 + (x / 40) * (y / 30) * 11) % 256);
            image::Rgb(color(gray, y * 320 + x).map(|value| value.round().clamp(0.0, 255.0) as u8))
        })
    }

    /// Noise of some levels, the same for the same place.
    fn noise(place: u32, channel: u32) -> f64 {
        let mixed = (place * 3 + channel).wrapping_mul(0x9e37_79b9);
        f64::from((mixed ^ (mixed >> 15)).wrapping_mul(0x85eb_ca6b) >> 16) / 65536.0 * 14.0 - 7.0
    }

    #[test]
    fn one_ink_has_no_spread_and_noise_little() {
        let gray = toned(|gray, _| [gray; 3]);
        assert!(chroma_spread(&gray) < 1e-3);
        let sepia = toned(|gray, _| [gray * 1.07 + 20.0, gray * 0.94 + 8.0, gray * 0.78]);
        assert!(super::super::mean_chroma(&sepia) > 30.0);
        assert!(chroma_spread(&sepia) < 1.0, "{}", chroma_spread(&sepia));
        let noisy = toned(|gray, place| [0, 1, 2].map(|channel| gray + noise(place, channel)));
        assert!(super::super::mean_chroma(&noisy) > 4.0);
        assert!(chroma_spread(&noisy) < 1.5, "{}", chroma_spread(&noisy));
    }

    #[test]
    fn two_colors_of_one_luma_spread_as_far_as_they_differ() {
        let halves = RgbImage::from_fn(64, 64, |x, _| {
            image::Rgb(if x < 32 {
                [120, 100, 100]
            } else {
                [100, 100, 153]
            })
        });
        let spread = chroma_spread(&halves);
        // Their lumas are 106.0 and 106.0, their chromas (-6, 14) and (47, -6): half of the distance.
        assert!((spread - 28.3).abs() < 0.5, "{spread}");
        let small_thing = toned(|gray, place| {
            let is_inside = (place % 320) < 60 && place / 320 < 60;
            if is_inside {
                [200.0, 40.0, 40.0]
            } else {
                [gray; 3]
            }
        });
        assert!(chroma_spread(&small_thing) > 10.0);
    }

    #[test]
    fn any_shape_is_measured() {
        for (width, height) in [(1, 1), (1, 40), (640, 3), (7, 5), (0, 0)] {
            let picture = RgbImage::from_pixel(width, height, image::Rgb([200, 10, 30]));
            assert!(chroma_spread(&picture) < 1e-3, "{width}x{height}");
        }
    }
}
