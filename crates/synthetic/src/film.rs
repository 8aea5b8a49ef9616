//! From the painted canvas to the photograph: downsampling, exposure, white balance, tone curve, vignette and grain.

use image::{Rgb, RgbImage};
use tiny_skia::Pixmap;

use super::dice::Dice;
use super::noise::lattice;

/// How one photograph was taken and developed.
pub(super) struct Film {
    exposure: f32,
    /// Red gains what blue loses.
    warmth: f32,
    contrast: f32,
    saturation: f32,
    vignette: f32,
    grain: f32,
    seed: u32,
}

impl Film {
    pub(super) fn new(dice: &mut Dice) -> Self {
        Self {
            exposure: dice.around(1.04, 0.12),
            warmth: dice.around(0.012, 0.035),
            contrast: dice.between(0.0, 0.30),
            saturation: dice.around(0.92, 0.14),
            vignette: dice.between(0.0, 0.24),
            grain: dice.between(0.005, 0.018),
            seed: dice.bits(),
        }
    }

    /// Averages `factor` by `factor` painted pixels into one of the photograph's, and develops it.
    pub(super) fn develop(&self, painted: &Pixmap, size: u32, factor: u32) -> RgbImage {
        let pixels = painted.pixels();
        let weight = 1.0 / (255.0 * (factor * factor) as f32);
        RgbImage::from_fn(size, size, |x, y| {
            let mut sum = [0_u32; 3];
            for row in y * factor..(y + 1) * factor {
                let start = (row * painted.width() + x * factor) as usize;
                for pixel in &pixels[start..start + factor as usize] {
                    sum[0] += u32::from(pixel.red());
                    sum[1] += u32::from(pixel.green());
                    sum[2] += u32::from(pixel.blue());
                }
            }
            let color = sum.map(|part| part as f32 * weight);
            let across = ((x as f32 + 0.5) / size as f32 - 0.5) * 2.0;
            let down = ((y as f32 + 0.5) / size as f32 - 0.5) * 2.0;
            let falloff = 1.0 - self.vignette * 0.5 * (across * across + down * down);
            let luma_grain = self.noise(x, y, 0);
            let gain = [1.0 + self.warmth, 1.0, 1.0 - self.warmth];
            let mut toned: [f32; 3] = std::array::from_fn(|part| {
                let exposed = (color[part] * self.exposure * gain[part] * falloff).clamp(0.0, 1.0);
                let curve = exposed * exposed * (3.0 - 2.0 * exposed);
                exposed + (curve - exposed) * self.contrast
            });
            let luma = 0.299 * toned[0] + 0.587 * toned[1] + 0.114 * toned[2];
            for (part, value) in toned.iter_mut().enumerate() {
                let grain = luma_grain + 0.35 * self.noise(x, y, part as u32 + 1);
                // Grain shows in the middle tones, hardly in black and white.
                let visible = 0.35 + 2.6 * luma * (1.0 - luma);
                *value = luma + (*value - luma) * self.saturation + self.grain * grain * visible;
            }
            Rgb(toned.map(|value| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8))
        })
    }

    /// Triangular noise in -1 to 1.
    fn noise(&self, x: u32, y: u32, layer: u32) -> f32 {
        let (x, y) = (x.cast_signed(), y.cast_signed());
        let seed = self.seed.wrapping_add(layer * 2);
        lattice(x, y, seed) + lattice(x, y, seed.wrapping_add(1)) - 1.0
    }
}
