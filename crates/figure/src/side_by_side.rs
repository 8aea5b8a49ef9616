//! A photograph next to what the network made of it, pixel for pixel.
//!
//! Not a [`Figure`] of points at scale 2: a photograph is viewed with its own pixels, and its file
//! may be JPEG. Only the labels are drawn as figures are.

use std::borrow::Cow;

use image::RgbImage;
use image::imageops;

use super::Figure;
use super::scene::{Align, Mark, Text};
use super::text::{self, Weight};
use super::theme::Theme;

/// The most pixels that the whole picture has: 480 MB of memory. Photographs of up to 48 megapixels
/// are not reduced, unless they are many times longer than high.
const MOST_PIXELS: u64 = 160_000_000;
/// The longest side that every common format and viewer takes.
const LONGEST_SIDE: u64 = 65_000;

/// Photographs wider than this many times their height stand one above the other.
const WIDE: f64 = 2.0;
/// Size of the labels, as a share of the geometric mean of a photograph's sides.
const LABEL_SHARE: f64 = 1.0 / 40.0;
/// The sizes between which labels stay, in pixels per em.
const LABEL_SIZES: [f64; 2] = [13.0, 160.0];

/// Joins the photograph, its gray version and the colorized one into one picture: side by side, or,
/// where they are more than twice as wide as high, one above the other, each with its name.
///
/// The photographs keep their pixels. Only if the whole would have more than 160 million of them,
/// or a side of more than 65,000, are all reduced by one factor, so that it has not. Without an
/// `original` (a photograph that was gray from the start) there are two. Photographs of unlike sizes
/// are centered in cells of the largest.
pub fn side_by_side(
    original: Option<&RgbImage>,
    gray: &RgbImage,
    colorized: &RgbImage,
    theme: Theme,
) -> RgbImage {
    let named = [
        ("Original", original),
        ("Grayscale", Some(gray)),
        ("Colorized", Some(colorized)),
    ];
    let named: Vec<(&str, &RgbImage)> = named
        .into_iter()
        .filter_map(|(name, picture)| Some((name, picture?)))
        .collect();
    let size = |side: fn(&RgbImage) -> u32| named.iter().map(|(_, picture)| side(picture)).max();
    let cell = (
        size(RgbImage::width).unwrap_or(0),
        size(RgbImage::height).unwrap_or(0),
    );

    let mut factor: f64 = 1.0;
    let mut layout = Layout::new(&named, cell, theme);
    while !layout.fits() {
        // The labels, which do not shrink alike, may ask for another turn or two.
        factor *= 0.995 * layout.reduction();
        let reduced = |side: u32| ((f64::from(side) * factor).floor() as u32).max(1);
        layout = Layout::new(&named, (reduced(cell.0), reduced(cell.1)), theme);
    }

    let (width, height) = layout.size();
    let (red, green, blue) = theme.background();
    let ground = image::Rgb([red, green, blue]);
    let mut page = RgbImage::from_pixel(width as u32, height as u32, ground);
    for (number, (_, picture)) in named.iter().enumerate() {
        let shown = resized(picture, factor);
        let (x, y) = layout.corner(number);
        let label = &layout.labels[number];
        let centred = |room: u32, length: u32| i64::from(room.saturating_sub(length)) / 2;
        let left = x + centred(layout.cell.0, label.width());
        imageops::replace(&mut page, label, left, y);
        let left = x + centred(layout.cell.0, shown.width());
        let top = y + i64::from(label.height()) + centred(layout.cell.1, shown.height());
        imageops::replace(&mut page, shown.as_ref(), left, top);
    }
    page
}

/// A picture, or a smaller copy of it.
fn resized(picture: &RgbImage, factor: f64) -> Cow<'_, RgbImage> {
    if factor >= 1.0 || picture.is_empty() {
        return Cow::Borrowed(picture);
    }
    let reduced = |side: u32| ((f64::from(side) * factor).floor() as u32).max(1);
    // Averages areas without the copy in floats that `imageops::resize` makes.
    Cow::Owned(imageops::thumbnail(
        picture,
        reduced(picture.width()),
        reduced(picture.height()),
    ))
}

/// Where everything stands, in pixels.
struct Layout {
    labels: Vec<RgbImage>,
    /// The largest photograph, or the widest label where that is wider.
    cell: (u32, u32),
    /// Between cells and around all of them.
    gap: u32,
    stacked: bool,
}

impl Layout {
    fn new(named: &[(&str, &RgbImage)], (width, height): (u32, u32), theme: Theme) -> Self {
        let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
        let [smallest, largest] = LABEL_SIZES;
        let em = ((w * h).sqrt() * LABEL_SHARE)
            .clamp(smallest, largest)
            .round();
        let labels: Vec<RgbImage> = named
            .iter()
            .map(|(name, _)| label(name, em, theme))
            .collect();
        let widest = labels.iter().map(RgbImage::width).max().unwrap_or(0);
        Self {
            labels,
            cell: (width.max(widest), height),
            gap: (em * 0.6).round() as u32,
            stacked: w > WIDE * h,
        }
    }

    /// Width and height of a photograph with its label.
    fn block(&self) -> (u64, u64) {
        let label = self.labels.first().map_or(0, RgbImage::height);
        (
            u64::from(self.cell.0),
            u64::from(self.cell.1) + u64::from(label),
        )
    }

    /// Width and height of the whole.
    fn size(&self) -> (u64, u64) {
        let (width, height) = self.block();
        let (gap, count) = (u64::from(self.gap), self.labels.len() as u64);
        // The label has space of its own above it.
        if self.stacked {
            (width + 2 * gap, count * height + gap)
        } else {
            (count * (width + gap) + gap, height + gap)
        }
    }

    /// Upper left corner of a photograph's cell, where its label begins.
    fn corner(&self, number: usize) -> (i64, i64) {
        let (width, height) = self.block();
        let (gap, number) = (u64::from(self.gap), number as u64);
        let (x, y) = if self.stacked {
            (gap, number * height)
        } else {
            (gap + number * (width + gap), 0)
        };
        (x as i64, y as i64)
    }

    fn fits(&self) -> bool {
        self.reduction() >= 1.0
    }

    /// By what its sides must be multiplied to fit; more than 1 if there is room to spare.
    fn reduction(&self) -> f64 {
        let (width, height) = self.size();
        let pixels = (MOST_PIXELS as f64 / (width as f64 * height as f64)).sqrt();
        pixels.min(LONGEST_SIDE as f64 / width.max(height) as f64)
    }
}

/// A name as pixels, with the space around it that belongs to it.
fn label(words: &str, em: f64, theme: Theme) -> RgbImage {
    let width = text::width(words, em, Weight::Regular).ceil();
    let baseline = (0.6 + text::CAPITAL) * em;
    let figure = Figure {
        title: String::new(),
        width: width as u32,
        height: (baseline + 0.5 * em).ceil() as u32,
        background: theme.background(),
        marks: vec![Mark::Text(Text {
            words: words.to_owned(),
            at: (width / 2.0, baseline.round()),
            align: Align::Center,
            size: em,
            weight: Weight::Regular,
            color: theme.ink(),
        })],
        parts: Vec::new(),
    };
    figure.to_rgb(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(width: u32, height: u32, seed: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let value = x.wrapping_mul(31) ^ y.wrapping_mul(17) ^ seed.wrapping_mul(97);
            image::Rgb([value as u8, (value >> 3) as u8, seed as u8])
        })
    }

    /// Where in `page` the whole of `picture` is, pixel for pixel.
    fn places(page: &RgbImage, picture: &RgbImage) -> Vec<(u32, u32)> {
        let (width, height) = picture.dimensions();
        let rows = 0..=page.height() - height;
        rows.flat_map(|y| (0..=page.width() - width).map(move |x| (x, y)))
            .filter(|(x, y)| page.get_pixel(*x, *y) == picture.get_pixel(0, 0))
            .filter(|(x, y)| {
                *imageops::crop_imm(page, *x, *y, width, height).to_image() == **picture
            })
            .collect()
    }

    #[test]
    fn every_pixel_is_kept_and_nothing_overlaps() {
        // Square, portrait, landscape, wide (stacked), very high.
        for (width, height) in [(64, 64), (40, 90), (90, 60), (150, 20), (3, 200)] {
            let pictures = [1, 2, 3].map(|seed| pattern(width, height, seed));
            let [original, gray, colorized] = &pictures;
            for theme in [Theme::Light, Theme::Dark] {
                for original in [Some(original), None] {
                    let page = side_by_side(original, gray, colorized, theme);
                    let shown: Vec<&RgbImage> =
                        original.into_iter().chain([gray, colorized]).collect();
                    let corners: Vec<(u32, u32)> = shown
                        .iter()
                        .map(|picture| {
                            let found = places(&page, picture);
                            assert_eq!(found.len(), 1, "{width} x {height}");
                            found[0]
                        })
                        .collect();
                    for pair in corners.windows(2) {
                        if f64::from(width) > WIDE * f64::from(height) {
                            assert!(pair[1].0 == pair[0].0 && pair[1].1 > pair[0].1 + height);
                        } else {
                            assert!(pair[1].1 == pair[0].1 && pair[1].0 > pair[0].0 + width);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn odd_photographs_have_their_place() {
        for (width, height) in [(0, 0), (0, 5), (1, 1), (2, 1), (1, 4000), (4000, 1)] {
            let picture = pattern(width, height, 1);
            let page = side_by_side(Some(&picture), &picture, &picture, Theme::Light);
            // Room for three labels, and some ink of theirs.
            assert!(
                page.width() > 60 && page.height() > 20,
                "{width} x {height}"
            );
            assert!(
                page.pixels().any(|pixel| pixel.0 == [0x1a; 3]),
                "{width} x {height}"
            );
        }
        let (large, small) = (pattern(80, 60, 1), pattern(20, 70, 2));
        let page = side_by_side(None, &large, &small, Theme::Light);
        assert_eq!(places(&page, &large).len(), 1);
        assert_eq!(places(&page, &small).len(), 1);
    }

    #[test]
    fn only_what_is_too_large_is_reduced() {
        let named = |picture: &'static RgbImage| {
            [
                ("Original", picture),
                ("Grayscale", picture),
                ("Colorized", picture),
            ]
        };
        let picture: &'static RgbImage = Box::leak(Box::new(RgbImage::new(1, 1)));
        let layout = |width, height| Layout::new(&named(picture), (width, height), Theme::Light);
        for (width, height) in [
            (1, 1),
            (8000, 5200),
            (5200, 8000),
            (30_000, 400),
            (20_000, 20),
        ] {
            assert!(layout(width, height).fits(), "{width} x {height}");
        }
        for (width, height) in [(8000, 8000), (64_990, 10), (10, 64_990), (40_000, 30_000)] {
            assert!(!layout(width, height).fits(), "{width} x {height}");
        }
        let long = pattern(65_100, 2, 1);
        let page = side_by_side(None, &long, &long, Theme::Light);
        assert!(
            page.width() <= 65_000 && page.width() > 64_500,
            "{}",
            page.width()
        );
    }
}
