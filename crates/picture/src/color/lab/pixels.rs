//! Painting many pixels in L*a*b*, without a power for each: what depends on a byte alone is looked up, and a byte is found
//! by the light from which on it is the rounded one. The bits are those of [`super::from_rgb`] and [`super::to_rgb`].

use std::sync::LazyLock;

use super::super::LAB_UNIT;
use super::{WHITE, XYZ_FROM_RGB, encoded, light, lightness, linear, root};

/// What a byte adds to Y of CIE XYZ: by its channel, then by its value.
static SHARES: LazyLock<[[f64; 256]; 3]> = LazyLock::new(|| {
    XYZ_FROM_RGB[1].map(|weight| std::array::from_fn(|byte| weight * linear(byte as f64 / 255.0)))
});

/// [`crate::color::paint`] in L*a*b* for many pixels: `truth` and `into` have three bytes for each.
pub(in crate::color) fn paint(truth: &[u8], chroma: [&[f32]; 2], into: &mut [u8]) {
    let ([reds, greens, blues], bytes) = (&*SHARES, &*BYTES);
    let [first, second] = chroma;
    let (pixels, _) = truth.as_chunks::<3>();
    let (painted, _) = into.as_chunks_mut::<3>();
    let chroma = first.iter().zip(second);
    for ((&[red, green, blue], (first, second)), painted) in pixels.iter().zip(chroma).zip(painted)
    {
        let y = reds[usize::from(red)] + greens[usize::from(green)] + blues[usize::from(blue)];
        let lightness = lightness(root(y / WHITE[1]));
        let [a, b] = [first, second].map(|value| f64::from(*value) * LAB_UNIT);
        *painted = light([lightness, a, b]).map(|light| bytes.of(light));
    }
}

/// Steps of light for which the byte at their beginning is kept.
const STEPS: usize = 4096;

/// Which byte stands for a light.
struct Bytes {
    /// The least light of every byte, and behind the last what no light reaches: no number.
    least: [f64; 257],
    /// The byte at the beginning of every step, and at the end.
    first: Vec<u8>,
}

static BYTES: LazyLock<Bytes> = LazyLock::new(|| {
    let byte = |light: f64| (encoded(light).clamp(0.0, 1.0) * 255.0).round() as usize;
    let least = std::array::from_fn(|wanted| match wanted {
        0 => f64::NEG_INFINITY,
        // Light of 1 is the last byte, and the bits of floats above 0 are in the order of their values.
        1..256 => {
            let (mut below, mut enough) = (0.0_f64.to_bits(), 1.0_f64.to_bits());
            while enough - below > 1 {
                let middle = u64::midpoint(below, enough);
                if byte(f64::from_bits(middle)) >= wanted {
                    enough = middle;
                } else {
                    below = middle;
                }
            }
            f64::from_bits(enough)
        }
        _ => f64::NAN,
    });
    let first = (0..=STEPS).map(|step| byte(step as f64 / STEPS as f64) as u8);
    Bytes {
        least,
        first: first.collect(),
    }
});

impl Bytes {
    fn of(&self, light: f64) -> u8 {
        // What is no number has no byte: 0.
        let step = (light.clamp(0.0, 1.0) * STEPS as f64) as usize;
        let mut byte = usize::from(self.first[step]);
        while light >= self.least[byte + 1] {
            byte += 1;
        }
        byte as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_formula(light: f64) -> u8 {
        (encoded(light).clamp(0.0, 1.0) * 255.0).round() as u8
    }

    /// Just where one byte becomes the next, rounding decides.
    #[test]
    fn bytes_begin_where_the_formula_says() {
        for least in &BYTES.least[1..256] {
            for step in -100_i64..100 {
                let light = f64::from_bits(least.to_bits().wrapping_add_signed(step));
                assert_eq!(BYTES.of(light), by_formula(light), "{light}");
            }
        }
        for light in [
            0.0,
            -0.0,
            1.0,
            -1e300,
            1e300,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ] {
            assert_eq!(BYTES.of(light), by_formula(light), "{light}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_light_has_the_byte_of_the_formula(light in -0.1..1.1f64) {
            prop_assert_eq!(BYTES.of(light), by_formula(light));
        }
    }
}
