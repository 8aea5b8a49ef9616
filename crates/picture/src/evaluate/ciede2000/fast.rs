//! CIEDE2000 of whole pictures, in single precision and without angles where they are not needed.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

use pulp::{Arch, Simd, WithSimd};

use crate::color::lab::Planes;

/// 25 to the seventh.
const CHROMA_25: f32 = 6_103_515_625.0;
/// Cosine and sine of the hue, 275 degrees, around which the formula turns its ellipses.
const BLUE: [f32; 2] = [0.087_155_74, -0.996_194_7];

/// Pixels computed together, so that the compiler can use vectors.
const BLOCK: usize = 64;

/// The color differences of two pictures over their pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Differences {
    /// The mean.
    pub mean: f64,
    /// The 95th percentile, between two pixels in proportion.
    pub p95: f64,
}

impl Differences {
    /// Of two pictures: [`super::ciede2000`] within a thousandth. No pixels give `NaN`.
    ///
    /// # Panics
    ///
    /// When the two differ in size.
    pub fn of(truth: &Planes, predicted: &Planes) -> Self {
        let mut differences = Vec::new();
        let mean = Self::mean_of(truth, predicted, &mut differences);
        Self {
            mean,
            p95: percentile_95(&mut differences),
        }
    }

    /// The mean alone, in the memory of whatever differences there were.
    pub(in crate::evaluate) fn mean_of(
        truth: &Planes,
        predicted: &Planes,
        differences: &mut Vec<f32>,
    ) -> f64 {
        assert_eq!(truth.len(), predicted.len());
        differences.clear();
        differences.reserve_exact(truth.len());
        Arch::new().dispatch(Pairs {
            truth,
            predicted,
            differences,
        });
        differences.iter().copied().map(f64::from).sum::<f64>() / truth.len() as f64
    }
}

/// The 95th percentile, between two values in proportion; puts them into another order.
pub(in crate::evaluate) fn percentile_95(values: &mut [f32]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let place = 0.95 * (values.len() - 1) as f64;
    let (_, &mut below, above) = values.select_nth_unstable_by(place as usize, f32::total_cmp);
    let above = above
        .iter()
        .copied()
        .min_by(f32::total_cmp)
        .unwrap_or(below);
    f64::from(below) + place.fract() * (f64::from(above) - f64::from(below))
}

struct Pairs<'a> {
    truth: &'a Planes,
    predicted: &'a Planes,
    /// Takes the difference of every pixel.
    differences: &'a mut Vec<f32>,
}

impl WithSimd for Pairs<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut colors = [[[0.0; BLOCK]; 3]; 2];
        let [mut squares, mut crosses, mut cosines, mut sines] = [[0.0; BLOCK]; 4];
        let mut begin = 0;
        while begin < self.truth.len() {
            let end = self.truth.len().min(begin + BLOCK);
            for (planes, into) in [self.truth, self.predicted].into_iter().zip(&mut colors) {
                let Planes { lightness, a, b } = planes;
                for (plane, into) in [lightness, a, b].into_iter().zip(into) {
                    into[..end - begin].copy_from_slice(&plane[begin..end]);
                }
            }
            let [[l1, a1, b1], [l2, a2, b2]] = &colors;
            for position in 0..BLOCK {
                let one = [l1[position], a1[position], b1[position]];
                let other = [l2[position], a2[position], b2[position]];
                let unrotated = Unrotated::of(one, other);
                squares[position] = unrotated.square;
                crosses[position] = unrotated.cross;
                [cosines[position], sines[position]] = unrotated.hue;
            }
            for position in 0..end - begin {
                let hue = [cosines[position], sines[position]];
                squares[position] += rotation(hue) * crosses[position];
            }
            for square in &mut squares {
                *square = square.max(0.0).sqrt();
            }
            self.differences.extend_from_slice(&squares[..end - begin]);
            begin = end;
        }
    }
}

/// The formula up to the term that turns its ellipses where colors are blue.
struct Unrotated {
    /// The squared difference without that term.
    square: f32,
    /// What the sine of the turn is multiplied by.
    cross: f32,
    /// Cosine and sine of the mean hue; both 0 for two colors without chroma.
    hue: [f32; 2],
}

impl Unrotated {
    /// With directions in the plane of a and b in place of hues: half the turn from one hue to the other, and the mean
    /// hue, come from the sum and the difference of two unit vectors.
    #[inline(always)]
    fn of([l1, a1, b1]: [f32; 3], [l2, a2, b2]: [f32; 3]) -> Self {
        let mean_chroma = 0.5 * ((a1 * a1 + b1 * b1).sqrt() + (a2 * a2 + b2 * b2).sqrt());
        let stretch = 1.5 - 0.5 * saturation(mean_chroma);
        let (a1, a2) = (stretch * a1, stretch * a2);
        let chroma_1 = (a1 * a1 + b1 * b1).sqrt();
        let chroma_2 = (a2 * a2 + b2 * b2).sqrt();

        // A color without chroma has the zero vector, and the mean hue is the other's.
        let scale_1 = 1.0 / chroma_1.max(f32::MIN_POSITIVE);
        let scale_2 = 1.0 / chroma_2.max(f32::MIN_POSITIVE);
        let (x1, y1) = (a1 * scale_1, b1 * scale_1);
        let (x2, y2) = (a2 * scale_2, b2 * scale_2);
        let side = if x1 * y2 - y1 * x2 < 0.0 { -1.0 } else { 1.0 };
        let gap = ((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1)).sqrt();
        let hue = side * (chroma_1 * chroma_2).sqrt() * gap;

        // The mean hue lies along the sum of the vectors. Of vectors that are far apart the sum is small and the difference
        // large: there it lies across the difference.
        let near = x1 * x2 + y1 * y2 >= 0.0;
        let x = if near { x1 + x2 } else { side * (y2 - y1) };
        let y = if near { y1 + y2 } else { side * (x1 - x2) };
        let scale = 1.0 / (x * x + y * y).sqrt().max(f32::MIN_POSITIVE);
        let (cos, sin) = (x * scale, y * scale);
        let (cos_2, sin_2) = (cos * cos - sin * sin, 2.0 * sin * cos);
        let (cos_3, sin_3) = (cos_2 * cos - sin_2 * sin, sin_2 * cos + cos_2 * sin);
        let (cos_4, sin_4) = (cos_2 * cos_2 - sin_2 * sin_2, 2.0 * sin_2 * cos_2);
        // Cosines of a sum: of 30, 6 and 63 degrees.
        let t = 1.0 - 0.17 * (0.866_025_4 * cos + 0.5 * sin)
            + 0.24 * cos_2
            + 0.32 * (0.994_521_9 * cos_3 - 0.104_528_46 * sin_3)
            - 0.20 * (0.453_990_5 * cos_4 + 0.891_006_5 * sin_4);

        let mean_chroma = 0.5 * (chroma_1 + chroma_2);
        let from_middle = 0.5 * (l1 + l2) - 50.0;
        let from_middle = from_middle * from_middle;
        let lightness = (l2 - l1) / (1.0 + 0.015 * from_middle / (20.0 + from_middle).sqrt());
        let chroma = (chroma_2 - chroma_1) / (1.0 + 0.045 * mean_chroma);
        let hue = hue / (1.0 + 0.015 * mean_chroma * t);
        Self {
            square: lightness * lightness + chroma * chroma + hue * hue,
            cross: -2.0 * saturation(mean_chroma) * chroma * hue,
            hue: [cos, sin],
        }
    }
}

/// The sine of the turn at a hue, from its cosine and sine.
fn rotation([cos, sin]: [f32; 2]) -> f32 {
    let along_blue = BLUE[0] * cos + BLUE[1] * sin;
    // Beyond a quarter turn from blue the rotation is below 0.0002 degrees.
    if along_blue <= 0.0 {
        return 0.0;
    }
    let across_blue = BLUE[0] * sin - BLUE[1] * cos;
    let turn = across_blue.atan2(along_blue).to_degrees() / 25.0;
    (60.0 * (-turn * turn).exp()).to_radians().sin()
}

/// `sqrt(c⁷ / (c⁷ + 25⁷))`.
#[inline(always)]
fn saturation(chroma: f32) -> f32 {
    let square = chroma * chroma;
    let seventh = square * square * square * chroma;
    (seventh / (seventh + CHROMA_25)).sqrt()
}

/// The difference of two colors L, a, b, without anything left out.
#[cfg(test)]
pub(in crate::evaluate) fn straightforward(one: [f32; 3], other: [f32; 3]) -> f32 {
    let Unrotated { square, cross, hue } = Unrotated::of(one, other);
    (square + rotation(hue) * cross).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::ciede2000;
    use super::*;
    use proptest::prelude::*;

    fn difference(one: [f32; 3], other: [f32; 3]) -> f32 {
        let [one, other] = [one, other].map(|color| Planes::from_iter([color]));
        Differences::of(&one, &other).mean as f32
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn is_the_formula(
            one in prop::array::uniform3(-100.0..100.0f32),
            other in prop::array::uniform3(-100.0..100.0f32),
        ) {
            let of = |[l, a, b]: [f32; 3]| [l.abs(), a, b];
            let (one, other) = (of(one), of(other));
            let exact = ciede2000(one.map(f64::from), other.map(f64::from));
            let difference = f64::from(difference(one, other));
            prop_assert!((difference - exact).abs() < 1e-3 * exact.max(1e-2), "{difference} {exact}");
        }

        #[test]
        fn is_the_formula_for_neighbours(
            one in prop::array::uniform3(-100.0..100.0f32),
            step in prop::array::uniform3(-1.0..1.0f32),
        ) {
            let one = [one[0].abs(), one[1], one[2]];
            let other = std::array::from_fn(|axis| one[axis] + step[axis]);
            let exact = ciede2000(one.map(f64::from), other.map(f64::from));
            let difference = f64::from(difference(one, other));
            prop_assert!((difference - exact).abs() < 1e-3 * exact.max(0.1), "{difference} {exact}");
        }
    }

    #[test]
    fn colours_without_chroma() {
        let gray = [50.0, 0.0, 0.0];
        assert_eq!(difference(gray, gray), 0.0);
        for other in [[20.0, 0.0, 0.0], [50.0, -1.0, 2.0], [70.0, 3.0, -90.0]] {
            let exact = ciede2000(gray.map(f64::from), other.map(f64::from));
            assert!((f64::from(difference(gray, other)) - exact).abs() < 1e-4);
            assert!((f64::from(difference(other, gray)) - exact).abs() < 1e-4);
        }
    }

    #[test]
    fn percentiles_lie_between_pixels() {
        let mut values: Vec<f32> = (0u8..=10).rev().map(f32::from).collect();
        assert!((percentile_95(&mut values) - 9.5).abs() < 1e-12);
        assert_eq!(percentile_95(&mut [3.0]), 3.0);
        assert!(percentile_95(&mut []).is_nan());
    }
}
