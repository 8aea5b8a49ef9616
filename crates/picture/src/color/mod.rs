//! Color on pixels: [`yuv`] and [`lab`], what chroma means in the space in which a network answers, and the [`classes`]
//! among which a network may choose instead.

pub mod classes;
pub mod lab;
mod paint;
pub mod yuv;

pub use colorize_experiment::section::{ClassesSection, ColorSection, Gray, Head, Space};
pub use paint::{paint, paint_pixels};

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
