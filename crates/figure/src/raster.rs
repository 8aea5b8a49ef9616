//! Figures as pixels.
//!
//! plotters places everything on whole pixels and draws thick lines with hard edges. Both are
//! cured by drawing three or four times too large and averaging.

use image::RgbImage;
use image::imageops::{self, FilterType};
use plotters::backend::BitMapBackend;

use super::Figure;
use super::scene::{self, Area, GROUND_SCALE, Mark, Medium};

/// Rows of the page that are drawn at a time, so that memory stays small however long it is.
const BAND: u32 = 96;

/// Draws a figure, `scale` pixels per point.
pub(super) fn rasterize(figure: &Figure, scale: u32) -> RgbImage {
    // Fine enough for quiet edges at both scales: 4 x 4 and 3 x 3 samples per pixel.
    let fineness = if scale == 1 { 4 } else { 3 };
    let (width, height) = (figure.width * scale, figure.height * scale);
    let (red, green, blue) = figure.background;
    let ground = image::Rgb([red, green, blue]);
    let mut page = RgbImage::from_pixel(width, height, ground);
    let mut fine = RgbImage::new(width * fineness, BAND * fineness);
    for first in (0..height).step_by(BAND as usize) {
        let (top, bottom) = (
            f64::from(first) / f64::from(scale),
            f64::from(first + BAND) / f64::from(scale),
        );
        let mut here = figure
            .marks
            .iter()
            .filter(|mark| !matches!(mark, Mark::Picture { .. }))
            .filter(|mark| mark.rows().0 < bottom && mark.rows().1 > top)
            .peekable();
        if here.peek().is_none() {
            continue;
        }
        fine.pixels_mut().for_each(|pixel| *pixel = ground);
        let medium = Medium::Bitmap {
            unit: f64::from(scale * fineness),
            first_row: f64::from(first * fineness),
        };
        let mut here = here.collect::<Vec<_>>();
        here.retain(|mark| match mark {
            Mark::Ground { area, picture } => {
                lay_ground(
                    &mut fine,
                    picture,
                    *area,
                    scale * fineness,
                    first * fineness,
                );
                false
            }
            _ => true,
        });
        let size = fine.dimensions();
        let mut backend = BitMapBackend::with_buffer(&mut fine, size);
        for mark in here {
            // Drawing into memory fails only without its font, which is part of the program.
            let drawn = scene::draw(&mut backend, medium, mark);
            debug_assert!(drawn.is_ok(), "drawing {mark:?}");
        }
        drop(backend);
        average(&fine, &mut page, first, fineness);
    }
    for mark in &figure.marks {
        if let Mark::Picture { area, picture } = mark {
            let pixels = |points: f64| (points * f64::from(scale)).round().max(0.0) as u32;
            let shown = resampled(picture, pixels(area.width), pixels(area.height));
            let (x, y) = (pixels(area.x), pixels(area.y));
            imageops::replace(&mut page, &shown, i64::from(x), i64::from(y));
        }
    }
    page
}

/// Lays a ground into a buffer of `unit` pixels per point that begins at row `first`: a multiple of
/// [`GROUND_SCALE`], so that each pixel covers a whole block and averaging gives it back.
fn lay_ground(fine: &mut RgbImage, picture: &RgbImage, area: Area, unit: u32, first: u32) {
    let times = unit / GROUND_SCALE;
    let (left, top) = (area.x as u32 * unit, area.y as u32 * unit);
    let (width, height) = fine.dimensions();
    for (x, y, pixel) in picture.enumerate_pixels() {
        let (left, top) = (left + x * times, top + y * times);
        for row in (top.max(first)..top + times).take_while(|row| row - first < height) {
            for column in left..(left + times).min(width) {
                fine.put_pixel(column, row - first, *pixel);
            }
        }
    }
}

/// A picture at `width` x `height` pixels.
///
/// Enlarged pictures are interpolated (Catmull-Rom): a picture of 48 pixels per side is looked at as
/// a photograph, and in blocks of eight pixels the edges of the blocks are what is seen. The
/// filter passes through every given pixel, so a checcurboard that a network left still shows.
fn resampled(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    let filter = if picture.width() < width {
        FilterType::CatmullRom
    } else {
        FilterType::Triangle
    };
    if picture.dimensions() == (width, height) || picture.is_empty() {
        picture.clone()
    } else {
        imageops::resize(picture, width, height, filter)
    }
}

/// Averages each `fineness` x `fineness` block of `fine` into one pixel of the page, from row
/// `first` on.
fn average(fine: &RgbImage, page: &mut RgbImage, first: u32, fineness: u32) {
    let (width, fineness) = (page.width() as usize, fineness as usize);
    let samples = (fineness * fineness) as u32;
    let mut sums = vec![0_u32; width * 3];
    let values: &mut [u8] = page;
    let below = values.chunks_exact_mut(width * 3).skip(first as usize);
    let blocks = fine.chunks_exact(width * fineness * fineness * 3);
    for (row, block) in below.zip(blocks) {
        sums.fill(samples / 2);
        for line in block.chunks_exact(width * fineness * 3) {
            let pixels = sums
                .chunks_exact_mut(3)
                .zip(line.chunks_exact(3 * fineness));
            for (sum, pixels) in pixels {
                for pixel in pixels.chunks_exact(3) {
                    for (sum, value) in sum.iter_mut().zip(pixel) {
                        *sum += u32::from(*value);
                    }
                }
            }
        }
        for (value, sum) in row.iter_mut().zip(&sums) {
            *value = (sum / samples) as u8;
        }
    }
}
