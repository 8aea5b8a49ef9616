//! Color on pixels: [`yuv`] and [`lab`], what chroma means in the space in which a network answers, and the [`classes`]
//! among which a network may choose instead.

pub mod classes;
pub mod lab;
pub mod yuv;

pub use colorize_experiment::section::{ClassesSection, ColorSection, Gray, Head, Space};

/// Changes when a number that this module makes changes.
pub const VERSION: u32 = 2;

/// What a and b are divided by to be the network's target: they lie within ±108.
pub const LAB_UNIT: f64 = 128.0;

/// A channel of chroma.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChromaScale {
    /// Its letter.
    pub name: &'static str,
    /// The largest value, either way, that a color of sRGB has.
    pub limit: f64,
    /// Toward which hue it goes below zero.
    pub below: &'static str,
    /// And above.
    pub above: &'static str,
}

/// The two channels of chroma, in the target's own unit; those of YUV where the network answers in RGB.
pub fn chroma_scales(space: Space) -> [ChromaScale; 2] {
    let scale = |name, limit, below, above| ChromaScale {
        name,
        limit,
        below,
        above,
    };
    match space {
        Space::Rgb | Space::Yuv => {
            let [u, v] = yuv::LARGEST_CHROMA;
            [
                scale("U", u, "yellow", "blue"),
                scale("V", v, "cyan", "red"),
            ]
        }
        Space::Lab => {
            let [a, b] = lab::LARGEST_CHROMA.map(|chroma| chroma / LAB_UNIT);
            [
                scale("a", a, "green", "magenta"),
                scale("b", b, "blue", "yellow"),
            ]
        }
    }
}

/// The color of a pixel that keeps its gray and gets other chroma, in the unit of the target.
pub fn paint(space: Space, truth: [u8; 3], chroma: [f32; 2]) -> [u8; 3] {
    let rgb = truth.map(|value| f64::from(value) / 255.0);
    let [first, second] = chroma.map(f64::from);
    let painted = match space {
        Space::Rgb | Space::Yuv => yuv::to_rgb([yuv::from_rgb(rgb)[0], first, second]),
        Space::Lab => {
            let unit = LAB_UNIT;
            lab::to_rgb([lab::from_rgb(rgb)[0], first * unit, second * unit])
        }
    };
    painted.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
}
