//! Signed numbers as colors: blue below zero, orange above, and nothing at zero.
//!
//! One map serves every channel, whatever colors the channel itself stands for. Maps made of a
//! channel's own colors were tried: blue and yellow for U read well, but the cyan and red of V
//! look alike to readers with red-green blindness, and two maps cannot be compared at a glance.
//!
//! Both arms follow one curve through lightness and chroma of `OKLab`, toward opposite hues. So
//! numbers of one size are equally light and equally strong whatever their sign, and equal steps
//! look equal all along.

use image::{Rgb, RgbImage};

use super::theme::{Color, Theme};

/// Directions of the two hues in the a-b plane of `OKLab`, each of length 1: blue and orange.
const BELOW: [f64; 2] = [-0.225, -0.974_4];
const ABOVE: [f64; 2] = [0.615_7, 0.788];

/// Colors of an arm beyond zero; with 8 bits a channel more would look no smoother.
const STEPS: usize = 255;

/// The color of what is no number: gray, which the map itself has only at zero and there much
/// nearer the page.
const NOTHING: Color = (0x8a, 0x8a, 0x8a);

/// Lightness and chroma at zero, at the handle that bends the curve, and at the ends. The curves
/// run near the edge of sRGB and stay inside.
fn handles(theme: Theme) -> [[f64; 2]; 3] {
    match theme {
        Theme::Light => [[0.965, 0.0], [0.70, 0.205], [0.33, 0.08]],
        Theme::Dark => [[0.27, 0.0], [0.55, 0.23], [0.87, 0.06]],
    }
}

/// The colors of one theme.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Diverging {
    /// From the lowest to the highest number, zero in the middle.
    colors: Vec<Color>,
}

/// A channel drawn, and what a reader must be told about it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn {
    pub(super) picture: RgbImage,
    /// How many values lie beyond the range and are drawn like its ends.
    pub(super) beyond: usize,
    /// How many are no numbers.
    pub(super) not_numbers: usize,
}

impl Diverging {
    /// The map for a theme: zero is nearly the page's own color, large numbers stand out from it.
    pub(super) fn new(theme: Theme) -> Self {
        let arm = even_steps(handles(theme));
        let color = |[lightness, chroma]: [f64; 2], [a, b]: [f64; 2]| {
            let channels = srgb([lightness, chroma * a, chroma * b]);
            let [red, green, blue] = channels.map(|value| (value * 255.0).round() as u8);
            (red, green, blue)
        };
        let below = arm.iter().skip(1).rev().map(|place| color(*place, BELOW));
        let above = arm.iter().map(|place| color(*place, ABOVE));
        Self {
            colors: below.chain(above).collect(),
        }
    }

    /// The color of `share` of the range, from -1 to 1; beyond it that of the end.
    pub(super) fn color(&self, share: f64) -> Color {
        if share.is_nan() {
            return NOTHING;
        }
        let place = (share.clamp(-1.0, 1.0) + 1.0) * STEPS as f64;
        self.colors[place.round() as usize]
    }

    /// Draws `values`, rows of `width` from the upper left, on the range from `-limit` to `limit`;
    /// `None` if there are not as many as the size has pixels, or no pixels.
    pub(super) fn draw(
        &self,
        (width, height): (u32, u32),
        values: &[f32],
        limit: f64,
    ) -> Option<Drawn> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 || pixels != values.len() as u64 {
            return None;
        }
        // Rounding to 32 bits may carry the largest legal value just beyond the limit.
        let most = limit * (1.0 + 1e-6);
        let mut picture = RgbImage::new(width, height);
        for (pixel, value) in picture.pixels_mut().zip(values) {
            let (red, green, blue) = self.color(f64::from(*value) / limit);
            *pixel = Rgb([red, green, blue]);
        }
        let count =
            |test: &dyn Fn(f32) -> bool| values.iter().filter(|value| test(**value)).count();
        Some(Drawn {
            picture,
            beyond: count(&|value| f64::from(value).abs() > most),
            not_numbers: count(&f32::is_nan),
        })
    }

    /// The whole range from left to right.
    pub(super) fn bar(&self, width: u32, height: u32) -> RgbImage {
        let last = f64::from(width.max(2) - 1);
        RgbImage::from_fn(width, height, |x, _| {
            let (red, green, blue) = self.color(2.0 * f64::from(x) / last - 1.0);
            Rgb([red, green, blue])
        })
    }
}

/// Places at even distances on the quadratic Bézier curve of three handles.
fn even_steps(handles: [[f64; 2]; 3]) -> Vec<[f64; 2]> {
    // So many pieces that each is straight for all that 8 bits can show.
    const PIECES: usize = 4096;
    let at = |t: f64| -> [f64; 2] {
        let [start, middle, end] = handles;
        std::array::from_fn(|axis| {
            (1.0 - t) * (1.0 - t) * start[axis]
                + 2.0 * t * (1.0 - t) * middle[axis]
                + t * t * end[axis]
        })
    };
    let points: Vec<[f64; 2]> = (0..=PIECES)
        .map(|piece| at(piece as f64 / PIECES as f64))
        .collect();
    let mut walked = vec![0.0];
    for pair in points.windows(2) {
        let [across, along] = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        walked.push(walked.last().copied().unwrap_or(0.0) + across.hypot(along));
    }
    let length = walked.last().copied().unwrap_or(0.0);
    (0..=STEPS)
        .map(|step| {
            let wanted = length * step as f64 / STEPS as f64;
            let nearest = walked.partition_point(|distance| *distance < wanted);
            points[nearest.min(PIECES)]
        })
        .collect()
}

/// sRGB on [0, 1] of Björn Ottosson's perceptual space `OKLab` (2020).
fn srgb([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let cones = [
        lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b,
        lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b,
        lightness - 0.089_484_177_5 * a - 1.291_485_548 * b,
    ]
    .map(|cone| cone * cone * cone);
    let linear = [
        [4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2],
        [-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5],
        [-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701],
    ]
    .map(|row| -> f64 {
        row.iter()
            .zip(cones)
            .map(|(factor, cone)| factor * cone)
            .sum()
    });
    linear.map(|value| {
        if value <= 0.003_130_8 {
            12.92 * value
        } else {
            1.055 * value.powf(1.0 / 2.4) - 0.055
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::perception::{VISIONS, distance, seen};
    use super::*;

    const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];
    /// Light as everyone sees it.
    const FULL: [[f64; 3]; 3] = VISIONS[0];

    #[test]
    fn the_sign_shows_with_every_colour_vision() {
        for theme in THEMES {
            let map = Diverging::new(theme);
            for vision in VISIONS {
                for (share, least) in [(0.1, 0.04), (0.25, 0.09), (0.5, 0.14), (1.0, 0.09)] {
                    let apart = distance(map.color(share), map.color(-share), vision);
                    assert!(apart >= least, "{theme:?} {share}: {apart}");
                }
            }
        }
    }

    #[test]
    fn opposite_numbers_are_equally_light_and_equal_steps_look_equal() {
        for theme in THEMES {
            let map = Diverging::new(theme);
            let lightness = |share: f64| seen(map.color(share), FULL)[0];
            let shares: Vec<f64> = (-16..=16).map(|step| f64::from(step) / 16.0).collect();
            for share in &shares {
                let uneven = lightness(*share) - lightness(-share);
                assert!(uneven.abs() < 0.006, "{theme:?} {share}: {uneven}");
            }
            let steps: Vec<f64> = shares
                .windows(2)
                .map(|pair| distance(map.color(pair[0]), map.color(pair[1]), FULL))
                .collect();
            let mean = steps.iter().sum::<f64>() / steps.len() as f64;
            for step in &steps {
                assert!((step / mean - 1.0).abs() < 0.1, "{theme:?} {steps:?}");
            }
        }
    }

    #[test]
    fn zero_is_neutral_and_near_the_page_while_the_ends_are_far_from_it() {
        for theme in THEMES {
            let map = Diverging::new(theme);
            let zero = map.color(0.0);
            assert!(zero.0 == zero.1 && zero.1 == zero.2, "{theme:?} {zero:?}");
            assert!(distance(zero, theme.background(), FULL) < 0.08);
            for vision in VISIONS {
                for end in [-1.0, 1.0] {
                    assert!(
                        distance(map.color(end), zero, vision) > 0.5,
                        "{theme:?} {end}"
                    );
                }
                // What is no number looks like no number.
                for step in -16..=16 {
                    let color = map.color(f64::from(step) / 16.0);
                    assert!(distance(map.color(f64::NAN), color, vision) > 0.03);
                }
            }
        }
    }

    #[test]
    fn the_curves_stay_inside_srgb() {
        for theme in THEMES {
            for [lightness, chroma] in even_steps(handles(theme)) {
                for [a, b] in [BELOW, ABOVE] {
                    let channels = srgb([lightness, chroma * a, chroma * b]);
                    let inside = channels
                        .iter()
                        .all(|value| (-0.002..=1.002).contains(value));
                    assert!(inside, "{theme:?} {lightness} {chroma}: {channels:?}");
                }
            }
        }
    }

    #[test]
    fn planes_are_drawn_on_their_range() {
        let map = Diverging::new(Theme::Light);
        let values = [-0.5, 0.0, 0.5, 0.7, f32::NAN, f32::NEG_INFINITY];
        let drawn = map.draw((3, 2), &values, 0.5).expect("six values");
        assert_eq!((drawn.beyond, drawn.not_numbers), (2, 1));
        let color = |x, y| drawn.picture.get_pixel(x, y).0;
        let of = |share: f64| <[u8; 3]>::from(map.color(share));
        assert_eq!(color(0, 0), of(-1.0));
        assert_eq!(color(1, 0), of(0.0));
        assert_eq!([color(2, 0), color(0, 1)], [of(1.0); 2]);
        assert_eq!([color(1, 1), color(2, 1)], [of(f64::NAN), of(-1.0)]);
        assert_eq!(map.draw((3, 3), &values, 0.5), None);
        assert_eq!(map.draw((0, 0), &[], 0.5), None);
    }
}
