//! Answers without a network, to hold networks against.

use image::RgbImage;

pub use colorize_experiment::Baseline;

use crate::color::{Head, Space, lab, yuv};

/// What the baseline answers for a photograph, clipped to [0, 1] and rounded to 8 bits as predictions are.
pub fn answer(baseline: Baseline, truth: &RgbImage) -> RgbImage {
    match baseline {
        Baseline::Gray => yuv::without_chroma(truth),
        Baseline::MeanChroma([u, v]) => mapped(truth, |rgb| {
            let [luma, _, _] = yuv::from_rgb(rgb);
            yuv::to_rgb([luma, u, v])
        }),
        Baseline::Reachable { space, head } => reachable(truth, space, head),
        Baseline::EightBit => mapped(truth, |rgb| {
            let [luma, u, v] = yuv::from_rgb(rgb);
            let [largest_u, largest_v] = yuv::LARGEST_CHROMA;
            let chroma = |value: f64, largest: f64| {
                let byte = (128.0 + 127.5 * value / largest).round().clamp(0.0, 255.0);
                (byte - 128.0) / 127.5 * largest
            };
            let luma = (luma * 255.0).round().clamp(0.0, 255.0) / 255.0;
            yuv::to_rgb([luma, chroma(u, largest_u), chroma(v, largest_v)])
        }),
    }
}

/// The photograph with its chroma clipped to the head's range.
fn reachable(truth: &RgbImage, space: Space, head: Head) -> RgbImage {
    let within = |value: f64, limit: f64| value.clamp(-limit, limit);
    match space {
        // Both heads span all of RGB.
        Space::Rgb => truth.clone(),
        Space::Yuv => {
            let [largest_u, largest_v] = match head {
                Head::Upstream => [0.5; 2],
                Head::Exact | Head::Classes => yuv::LARGEST_CHROMA,
            };
            mapped(truth, |rgb| {
                let [luma, u, v] = yuv::from_rgb(rgb);
                yuv::to_rgb([luma, within(u, largest_u), within(v, largest_v)])
            })
        }
        Space::Lab => {
            let [largest_a, largest_b] = match head {
                // The target is chroma over 128, and the head reaches ±0.5.
                Head::Upstream => [64.0; 2],
                Head::Exact | Head::Classes => lab::LARGEST_CHROMA,
            };
            mapped(truth, |rgb| {
                let [lightness, a, b] = lab::from_rgb(rgb);
                lab::to_rgb([lightness, within(a, largest_a), within(b, largest_b)])
            })
        }
    }
}

/// Every pixel as RGB on [0, 1] through `of`, clipped and rounded.
fn mapped(truth: &RgbImage, of: impl Fn([f64; 3]) -> [f64; 3]) -> RgbImage {
    let mut picture = truth.clone();
    for pixel in picture.pixels_mut() {
        let rgb = pixel.0.map(|value| f64::from(value) / 255.0);
        pixel.0 = of(rgb).map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8);
    }
    picture
}

/// Adds up pictures for their mean chroma, every pixel counting the same. Sums are whole numbers: the order in which
/// pictures come, or accumulators are merged, does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChromaMean {
    /// Of red, green and blue.
    sums: [u64; 3],
    pixels: u64,
}

impl ChromaMean {
    /// Of all these pictures.
    pub fn of<'a>(pictures: impl IntoIterator<Item = &'a RgbImage>) -> Self {
        let mut mean = Self::default();
        for picture in pictures {
            mean.add(picture);
        }
        mean
    }

    /// Takes in a picture.
    pub fn add(&mut self, picture: &RgbImage) {
        for pixel in picture.pixels() {
            for (sum, value) in self.sums.iter_mut().zip(pixel.0) {
                *sum += u64::from(value);
            }
        }
        self.pixels += u64::from(picture.width()) * u64::from(picture.height());
    }

    /// Takes in what another has taken in.
    pub fn merge(&mut self, other: &Self) {
        for (sum, other) in self.sums.iter_mut().zip(other.sums) {
            *sum += other;
        }
        self.pixels += other.pixels;
    }

    /// The mean of U and of V, 0 while there is no picture.
    pub fn chroma(&self) -> [f64; 2] {
        // Conversion is linear: the mean color's chroma is the mean chroma.
        let full = 255.0 * self.pixels.max(1) as f64;
        let [_, u, v] = yuv::from_rgb(self.sums.map(|sum| sum as f64 / full));
        [u, v]
    }
}

#[cfg(test)]
mod tests {
    use super::super::psnr;
    use super::*;
    use image::Rgb;

    const HEADS: [Head; 2] = [Head::Upstream, Head::Exact];
    const SPACES: [Space; 3] = [Space::Rgb, Space::Yuv, Space::Lab];

    /// Every corner of the cube, and what lies between.
    fn cube() -> RgbImage {
        RgbImage::from_fn(36, 6, |x, y| {
            Rgb([x % 6, x / 6, y].map(|step| (51 * step) as u8))
        })
    }

    #[test]
    fn exact_heads_reach_every_colour() {
        for space in SPACES {
            let head = Head::Exact;
            let reachable = answer(Baseline::Reachable { space, head }, &cube());
            assert_eq!(reachable, cube(), "{space:?}");
        }
    }

    #[test]
    fn upstream_cannot_say_red() {
        let red = RgbImage::from_pixel(1, 1, Rgb([255, 0, 0]));
        let said = |space| {
            let head = Head::Upstream;
            answer(Baseline::Reachable { space, head }, &red)
                .get_pixel(0, 0)
                .0
        };
        assert_eq!(said(Space::Rgb), [255, 0, 0]);
        // 0.299 + 1.139883 / 2, and the luma's share in the others, clipped at 0.
        assert_eq!(said(Space::Yuv), [222, 17, 0]);
        let [_, a, b] = lab::from_rgb(said(Space::Lab).map(|value| f64::from(value) / 255.0));
        assert!(a < 70.0 && b < 70.0, "{a} {b}");
    }

    #[test]
    fn eight_bits_cost_little_and_gray_costs_colour() {
        let truth = cube();
        let eight_bit = psnr(&truth, &answer(Baseline::EightBit, &truth));
        assert!(eight_bit > 45.0 && eight_bit < 60.0, "{eight_bit}");
        let gray = answer(Baseline::Gray, &truth);
        assert!(gray.pixels().all(|pixel| pixel.0 == [pixel.0[0]; 3]));
        assert_eq!(answer(Baseline::MeanChroma([0.0; 2]), &truth), gray);
        // Gray stays gray in 8 bits.
        assert_eq!(answer(Baseline::EightBit, &gray), gray);
    }

    #[test]
    fn means_do_not_depend_on_order() {
        let red = RgbImage::from_pixel(3, 1, Rgb([255, 0, 0]));
        let blue = RgbImage::from_pixel(1, 1, Rgb([0, 0, 255]));
        let mean = ChromaMean::of([&red, &blue]);
        let mut merged = ChromaMean::of([&blue]);
        merged.merge(&ChromaMean::of([&red]));
        assert_eq!(mean, merged);
        let [u, v] = mean.chroma();
        assert!((u - (3.0 * -0.147_141_19 + 0.436_010_35) / 4.0).abs() < 1e-12);
        assert!((v - (3.0 * 0.614_975_38 - 0.100_010_26) / 4.0).abs() < 1e-12);
        assert_eq!(ChromaMean::default().chroma(), [0.0, 0.0]);
    }

    #[test]
    fn every_baseline_has_a_name_of_its_own_and_keeps_the_size() {
        let mut all = vec![
            Baseline::Gray,
            Baseline::MeanChroma([0.1, -0.1]),
            Baseline::EightBit,
        ];
        for space in SPACES {
            all.extend(HEADS.map(|head| Baseline::Reachable { space, head }));
        }
        let names: std::collections::BTreeSet<_> = all.iter().map(Baseline::name).collect();
        assert_eq!(names.len(), all.len());
        for baseline in all {
            for size in [(0, 0), (1, 1), (5, 2)] {
                let picture = answer(baseline, &RgbImage::new(size.0, size.1));
                assert_eq!(picture.dimensions(), size, "{}", baseline.name());
            }
        }
    }
}
