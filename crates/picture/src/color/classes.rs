//! Color as classes: the bins of a and b, and how a color is spread over those around it. After Zhang, Isola and Efros
//! (2016), "Colorful Image Colorization".

use std::collections::BTreeSet;

use image::RgbImage;

use super::{ClassesSection, lab};

/// How much smaller than the picture, in each direction, the map is in which a network chooses classes.
pub const REDUCTION: usize = 4;

/// Between the channels of the colors by which the bins are found: 0, 3, 6 to 255.
const STRIDE: usize = 3;

/// The bins of a and b that sRGB reaches: squares whose side is the step, centered on its multiples.
///
/// A bin counts when a color of sRGB lies in it: one of those on the surface of the RGB cube, with channels that are
/// multiples of 3. The surface suffices, because along the third axis, lightness, every color of the cube lies between two
/// of its surface. A step of 10 gives 261 bins. The paper names 313, of a hull whose making is not described.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    /// a and b of the centers, sorted by a, then by b.
    centers: Vec<[f32; 2]>,
}

impl Bins {
    /// The bins of `step`, as [`ClassesSection`] has it.
    pub fn of(step: usize) -> Self {
        let side = step as f64;
        let levels: Vec<f64> = (0..=255)
            .step_by(STRIDE)
            .map(|channel| f64::from(channel) / 255.0)
            .collect();
        let mut cells = BTreeSet::new();
        for &one in &levels {
            for &other in &levels {
                for end in [0.0, 1.0] {
                    for rgb in [[end, one, other], [one, end, other], [one, other, end]] {
                        let [_, a, b] = lab::from_rgb(rgb);
                        cells.insert([a, b].map(|value| (value / side).round() as i64));
                    }
                }
            }
        }
        let center = |cell: i64| cell as f32 * step as f32;
        Self {
            centers: cells.into_iter().map(|cell| cell.map(center)).collect(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.centers.len()
    }

    /// Whether there is none, which no step brings about.
    pub fn is_empty(&self) -> bool {
        self.centers.is_empty()
    }

    /// a and b of the centers, in the order of the classes.
    pub fn centers(&self) -> &[[f32; 2]] {
        &self.centers
    }

    /// The class of a color: the bin with the nearest center, the first of equally near ones.
    pub fn nearest(&self, color: [f32; 2]) -> usize {
        self.neighbors::<1>(color, 1)[0].bin
    }

    /// Spreads a color over the nearest bins, the nearest first: `bins` and `shares`, each as long as there are to be
    /// neighbors, take the bins and their shares, which sum to 1. A share falls with the distance of the center as a
    /// Gaussian of deviation `sigma`.
    ///
    /// # Panics
    ///
    /// When the neighbors are more than [`ClassesSection::NEIGHBORS`] has.
    pub fn spread(&self, color: [f32; 2], sigma: f64, bins: &mut [i64], shares: &mut [f32]) {
        const MOST: usize = *ClassesSection::NEIGHBORS.end();
        let nearest = &self.neighbors::<MOST>(color, bins.len())[..bins.len()];
        let square = |near: &Near| {
            let center = self.centers[near.bin];
            let [a, b] = [0, 1].map(|axis| f64::from(color[axis]) - f64::from(center[axis]));
            a * a + b * b
        };
        // Relative to the nearest: far from all centers a Gaussian is 0 in every digit that a float has.
        let least = square(&nearest[0]);
        let weight = |near: &Near| ((least - square(near)) / (2.0 * sigma * sigma)).exp();
        let sum: f64 = nearest.iter().map(weight).sum();
        for ((bin, share), near) in bins.iter_mut().zip(shares).zip(nearest) {
            *bin = near.bin as i64;
            *share = (weight(near) / sum) as f32;
        }
    }

    /// The first `count` of the nearest bins, at most `MOST`, by distance and then by number.
    fn neighbors<const MOST: usize>(&self, [a, b]: [f32; 2], count: usize) -> [Near; MOST] {
        let mut nearest = [Near {
            distance: f32::INFINITY,
            bin: 0,
        }; MOST];
        for (bin, center) in self.centers.iter().enumerate() {
            let (from_a, from_b) = (a - center[0], b - center[1]);
            let distance = from_a * from_a + from_b * from_b;
            if distance >= nearest[count - 1].distance {
                continue;
            }
            let mut place = count - 1;
            while place > 0 && nearest[place - 1].distance > distance {
                nearest[place] = nearest[place - 1];
                place -= 1;
            }
            nearest[place] = Near { distance, bin };
        }
        nearest
    }
}

/// A bin and the square of its center's distance.
#[derive(Debug, Clone, Copy)]
struct Near {
    distance: f32,
    bin: usize,
}

/// a and b of a picture at a quarter of its sides, row by row: the means over blocks of [`REDUCTION`] by [`REDUCTION`]
/// pixels. What is left over at the right and the bottom is left out.
pub fn reduced_chroma(picture: &RgbImage) -> Vec<[f32; 2]> {
    let [width, height] = [picture.width(), picture.height()].map(|side| side as usize);
    let lab::Planes { a, b, .. } = lab::Planes::of(picture);
    let mut reduced = Vec::with_capacity(a.len() / (REDUCTION * REDUCTION));
    for top in 0..height / REDUCTION {
        for left in 0..width / REDUCTION {
            let mut sum = [0.0; 2];
            for row in 0..REDUCTION {
                let first = (top * REDUCTION + row) * width + left * REDUCTION;
                let along = first..first + REDUCTION;
                for (a, b) in a[along.clone()].iter().zip(&b[along]) {
                    sum = [sum[0] + a, sum[1] + b];
                }
            }
            reduced.push(sum.map(|sum| sum / (REDUCTION * REDUCTION) as f32));
        }
    }
    reduced
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use proptest::prelude::*;

    #[test]
    fn steps_give_as_many_bins_as_documented() {
        let counts = [(5, 966), (10, 261), (20, 76), (50, 19)];
        for (step, count) in counts {
            assert_eq!(Bins::of(step).len(), count, "{step}");
        }
        for step in ClassesSection::STEPS {
            let bins = Bins::of(step);
            assert!(bins.len() >= *ClassesSection::NEIGHBORS.end(), "{step}");
            assert!(bins.centers().contains(&[0.0, 0.0]), "{step}");
            assert!(bins.centers().is_sorted_by(|one, other| one < other));
        }
    }

    #[test]
    fn a_quarter_is_the_mean_of_its_blocks() {
        let mut picture = RgbImage::from_pixel(9, 4, Rgb([120; 3]));
        picture.put_pixel(5, 3, Rgb([255, 0, 0]));
        let [_, a, b] = lab::from_rgb([1.0, 0.0, 0.0]).map(|value| value as f32 / 16.0);
        let reduced = reduced_chroma(&picture);
        assert_eq!(reduced.len(), 2);
        assert_eq!(reduced[0], [0.0, 0.0]);
        assert!((reduced[1][0] - a).abs() < 1e-3 && (reduced[1][1] - b).abs() < 1e-3);
    }

    proptest! {
        /// Every color of sRGB is within a bin or, in the slivers that the surface's colors miss, close to one.
        #[test]
        fn no_color_is_far_from_its_bin(rgb in prop::array::uniform3(0.0..=1.0f64), step in ClassesSection::STEPS) {
            let [_, a, b] = lab::from_rgb(rgb);
            let color = [a as f32, b as f32];
            let bins = Bins::of(step);
            let center = bins.centers()[bins.nearest(color)];
            let off = (color[0] - center[0]).abs().max((color[1] - center[1]).abs());
            prop_assert!(off <= 0.55 * step as f32, "{off} of {step}");
        }

        #[test]
        fn shares_fall_with_distance_and_sum_to_one(
            color in prop::array::uniform2(-200.0..200.0f32),
            neighbors in ClassesSection::NEIGHBORS,
            sigma in 0.01..100.0f64,
        ) {
            let bins = Bins::of(10);
            let (mut near, mut shares) = (vec![0; neighbors], vec![0.0; neighbors]);
            bins.spread(color, sigma, &mut near, &mut shares);
            prop_assert_eq!(near[0] as usize, bins.nearest(color));
            prop_assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            prop_assert!(shares.is_sorted_by(|one, other| one >= other));
            let distinct: BTreeSet<_> = near.iter().collect();
            prop_assert_eq!(distinct.len(), neighbors);
        }
    }
}
