//! L*a*b* of whole pictures, in single precision.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

use std::sync::LazyLock;

use image::RgbImage;
use pulp::{Arch, Simd, WithSimd};

use super::{LINEAR_BELOW, OFFSET, SLOPE, WHITE, XYZ_FROM_RGB, linear};

/// Pixels computed together, so that the compiler can use vectors.
const BLOCK: usize = 64;

/// L, a and b of every pixel, row by row: [`super::from_rgb`] within 0.0005. Gray pixels have no chroma at all, not even
/// that of rounding.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Planes {
    /// From 0 to 100.
    pub lightness: Vec<f32>,
    /// From green to magenta.
    pub a: Vec<f32>,
    /// From blue to yellow.
    pub b: Vec<f32>,
}

impl Planes {
    /// Of a picture.
    pub fn of(picture: &RgbImage) -> Self {
        let mut planes = Self::default();
        planes.refill(picture);
        planes
    }

    /// Makes them those of another picture, in the same memory.
    pub(crate) fn refill(&mut self, picture: &RgbImage) {
        for plane in [&mut self.lightness, &mut self.a, &mut self.b] {
            plane.clear();
            plane.reserve_exact(picture.as_raw().len() / 3);
        }
        Arch::new().dispatch(Conversion {
            bytes: picture.as_raw(),
            planes: self,
        });
    }

    /// The number of pixels.
    pub fn len(&self) -> usize {
        self.lightness.len()
    }

    /// Whether there is no pixel.
    pub fn is_empty(&self) -> bool {
        self.lightness.is_empty()
    }
}

/// Of pixels L, a, b.
#[cfg(test)]
impl FromIterator<[f32; 3]> for Planes {
    fn from_iter<I: IntoIterator<Item = [f32; 3]>>(pixels: I) -> Self {
        let mut planes = Self::default();
        for [lightness, a, b] in pixels {
            planes.lightness.push(lightness);
            planes.a.push(a);
            planes.b.push(b);
        }
        planes
    }
}

struct Conversion<'a> {
    bytes: &'a [u8],
    planes: &'a mut Planes,
}

impl WithSimd for Conversion<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        static LINEAR: LazyLock<[f32; 256]> =
            LazyLock::new(|| std::array::from_fn(|value| linear(value as f64 / 255.0) as f32));
        static SHARES: LazyLock<[[f32; 3]; 3]> = LazyLock::new(|| {
            std::array::from_fn(|row| XYZ_FROM_RGB[row].map(|weight| (weight / WHITE[row]) as f32))
        });
        let (table, shares) = (&*LINEAR, &*SHARES);
        let mut light = [[0.0; BLOCK]; 3];
        let mut roots = [[0.0; BLOCK]; 3];
        // 1, or 0 where the pixel is gray.
        let mut colored = [0.0_f32; BLOCK];
        let [mut lightness, mut a, mut b] = [[0.0_f32; BLOCK]; 3];
        for block in self.bytes.chunks(3 * BLOCK) {
            let (pixels, _) = block.as_chunks::<3>();
            for (position, &[red, green, blue]) in pixels.iter().enumerate() {
                light[0][position] = table[usize::from(red)];
                light[1][position] = table[usize::from(green)];
                light[2][position] = table[usize::from(blue)];
                colored[position] = f32::from(u8::from(red != green || green != blue));
            }
            for (roots, [red, green, blue]) in roots.iter_mut().zip(shares) {
                for (position, root) in roots.iter_mut().enumerate() {
                    let [r, g, b] = [light[0][position], light[1][position], light[2][position]];
                    *root = root_of_share(red * r + green * g + blue * b);
                }
            }
            for position in 0..BLOCK {
                let [x, y, z] = [roots[0][position], roots[1][position], roots[2][position]];
                lightness[position] = 116.0 * y - 16.0;
                a[position] = colored[position] * 500.0 * (x - y);
                b[position] = colored[position] * 200.0 * (y - z);
            }
            let Planes {
                lightness: all_lightness,
                a: all_a,
                b: all_b,
            } = &mut *self.planes;
            all_lightness.extend_from_slice(&lightness[..pixels.len()]);
            all_a.extend_from_slice(&a[..pixels.len()]);
            all_b.extend_from_slice(&b[..pixels.len()]);
        }
    }
}

/// The cube root of a share of white, or the straight line that stands for it near black.
#[inline(always)]
fn root_of_share(share: f32) -> f32 {
    // A third of the exponent is within 4 % of the root; two of Halley's steps bring that to rounding.
    let guess = f32::from_bits(share.to_bits() / 3 + 0x2a51_37a0);
    let root = halley(share, halley(share, guess));
    if share > LINEAR_BELOW as f32 {
        root
    } else {
        SLOPE as f32 * share + OFFSET as f32
    }
}

#[inline(always)]
fn halley(share: f32, root: f32) -> f32 {
    let cube = root * root * root;
    root * ((share + share + cube) / (share + cube + cube))
}
