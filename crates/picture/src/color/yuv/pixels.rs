//! YUV of many pixels, a block of them at a time, so that the compiler can use vectors: the bits of every pixel are those of
//! [`super::from_rgb`] and [`super::to_rgb`].

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

use std::sync::LazyLock;

use image::RgbImage;
use pulp::{Arch, Simd, WithSimd};

use super::{FROM_RGB, to_rgb};

/// Pixels computed together.
const BLOCK: usize = 64;

/// What a byte adds to Y, U and V: by its channel, then by its value.
static SHARES: LazyLock<[[[f64; 3]; 256]; 3]> = LazyLock::new(|| {
    FROM_RGB.map(|row| std::array::from_fn(|byte| row.map(|weight| byte as f64 / 255.0 * weight)))
});

/// The picture with the luma of `truth` and the chroma of `predicted`, clipped to [0, 1] and rounded to 8 bits: what a
/// network that answers in RGB would show if it had kept the photograph's luma, as those that answer in chroma do.
///
/// # Panics
///
/// When the two differ in size.
pub fn replace_luma(truth: &RgbImage, predicted: &RgbImage) -> RgbImage {
    assert_eq!(truth.dimensions(), predicted.dimensions());
    let mut joined = RgbImage::new(truth.width(), truth.height());
    write(truth.as_raw(), Predicted(predicted.as_raw()), &mut joined);
    joined
}

/// The luma of a picture as gray, rounded to 8 bits.
pub fn without_chroma(picture: &RgbImage) -> RgbImage {
    let mut gray = RgbImage::new(picture.width(), picture.height());
    write(picture.as_raw(), Colorless, &mut gray);
    gray
}

/// [`crate::color::paint`] in YUV for many pixels: `truth` and `into` have three bytes for each.
pub(in crate::color) fn paint(truth: &[u8], chroma: [&[f32]; 2], into: &mut [u8]) {
    write(truth, Planes(chroma), into);
}

/// Where the chroma of pixels comes from.
trait Chroma: Copy {
    /// U and V of the pixels from `begin` on, as many as there are up to a block.
    fn write(self, begin: usize, u: &mut [f64; BLOCK], v: &mut [f64; BLOCK]);
}

/// The bytes of a picture.
#[derive(Clone, Copy)]
struct Predicted<'a>(&'a [u8]);

impl Chroma for Predicted<'_> {
    #[inline(always)]
    fn write(self, begin: usize, u: &mut [f64; BLOCK], v: &mut [f64; BLOCK]) {
        let [reds, greens, blues] = &*SHARES;
        let (pixels, _) = self.0[3 * begin..].as_chunks::<3>();
        for ((&[red, green, blue], u), v) in pixels.iter().zip(u).zip(v) {
            // Gray has no chroma, not even that of the matrix's last digit: it decides where luma lies between two bytes.
            if red == green && green == blue {
                (*u, *v) = (0.0, 0.0);
                continue;
            }
            let (red, green) = (&reds[usize::from(red)], &greens[usize::from(green)]);
            let blue = &blues[usize::from(blue)];
            *u = red[1] + green[1] + blue[1];
            *v = red[2] + green[2] + blue[2];
        }
    }
}

/// A plane of U and one of V.
#[derive(Clone, Copy)]
struct Planes<'a>([&'a [f32]; 2]);

impl Chroma for Planes<'_> {
    #[inline(always)]
    fn write(self, begin: usize, u: &mut [f64; BLOCK], v: &mut [f64; BLOCK]) {
        for (plane, into) in self.0.into_iter().zip([u, v]) {
            for (value, into) in plane[begin..].iter().zip(into) {
                *into = f64::from(*value);
            }
        }
    }
}

/// None at all.
#[derive(Clone, Copy)]
struct Colorless;

impl Chroma for Colorless {
    #[inline(always)]
    fn write(self, _: usize, _: &mut [f64; BLOCK], _: &mut [f64; BLOCK]) {}
}

/// Writes the pixels with the luma of `truth` and that chroma, clipped and rounded to 8 bits.
fn write(truth: &[u8], chroma: impl Chroma, into: &mut [u8]) {
    Arch::new().dispatch(Pixels {
        truth,
        chroma,
        into,
    });
}

struct Pixels<'a, C> {
    truth: &'a [u8],
    chroma: C,
    into: &'a mut [u8],
}

impl<C: Chroma> WithSimd for Pixels<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let [reds, greens, blues] = &*SHARES;
        let [mut y, mut u, mut v] = [[0.0; BLOCK]; 3];
        let mut bytes = [[0; BLOCK]; 3];
        let blocks = self.truth.chunks(3 * BLOCK);
        for (number, (truth, into)) in blocks.zip(self.into.chunks_mut(3 * BLOCK)).enumerate() {
            let (pixels, _) = truth.as_chunks::<3>();
            for (&[red, green, blue], y) in pixels.iter().zip(&mut y) {
                let (red, green) = (reds[usize::from(red)][0], greens[usize::from(green)][0]);
                *y = red + green + blues[usize::from(blue)][0];
            }
            self.chroma.write(number * BLOCK, &mut u, &mut v);
            for position in 0..BLOCK {
                let [red, green, blue] = to_rgb([y[position], u[position], v[position]]);
                bytes[0][position] = byte(red);
                bytes[1][position] = byte(green);
                bytes[2][position] = byte(blue);
            }
            let (pixels, _) = into.as_chunks_mut::<3>();
            for (position, pixel) in pixels.iter_mut().enumerate() {
                *pixel = [bytes[0][position], bytes[1][position], bytes[2][position]];
            }
        }
    }
}

/// A value on [0, 1] as a byte.
#[inline(always)]
fn byte(value: f64) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as i32 as u8
}
