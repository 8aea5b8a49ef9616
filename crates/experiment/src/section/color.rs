//! The `[color]` section of an experiment file.

use serde::{Deserialize, Serialize};

/// What the network is given and what it has to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColorSection {
    /// The space in which the network answers.
    pub space: Space,
    /// How the last activation is brought to the range of that space.
    #[serde(default)]
    pub head: Head,
    /// How the network's gray input is made from color, where the space does not say: in `yuv` it is the luma, in
    /// `lab` the lightness, because the picture is assembled from it again.
    #[serde(default)]
    pub gray: Gray,
}

impl ColorSection {
    /// Channels of the network's input: gray is copied to three where it answers in RGB, as the original does.
    pub fn input_channels(&self) -> usize {
        match self.space {
            Space::Rgb => 3,
            Space::Yuv | Space::Lab => 1,
        }
    }

    /// Channels of the network's answer.
    pub fn output_channels(&self) -> usize {
        match self.space {
            Space::Rgb => 3,
            Space::Yuv | Space::Lab => 2,
        }
    }

    /// Whether the network answers in chroma, and the picture keeps its gray.
    pub fn keeps_gray(&self) -> bool {
        self.space != Space::Rgb
    }

    /// What gray is called next to chroma.
    pub fn gray_name(&self) -> &'static str {
        match self.space {
            Space::Rgb | Space::Yuv => "Y",
            Space::Lab => "L",
        }
    }

    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        // Every combination of the legal values works.
        Vec::new()
    }
}

/// The space in which the network answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Space {
    /// Three gray channels in, red, green and blue out: stages 0 to 2.
    Rgb,
    /// Luma in, chroma (U, V) out, with TensorFlow's matrices: stages 3 and 4.
    Yuv,
    /// Lightness in, chroma (a, b) out: CIE L*a*b* of sRGB under D65, what the original's source papers use.
    Lab,
}

/// How the last activation is brought to the range of the color space.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// The original's: `(tanh + 1) / 2` for RGB, which spans all of it; `tanh / 2` for chroma, which cuts off the most
    /// saturated reds (TensorFlow's V spans ±0.615) and never reaches the ends of U.
    #[default]
    Upstream,
    /// As wide as the space: `tanh` times the largest chroma that sRGB has in it.
    Exact,
}

/// How gray is made from red, green and blue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gray {
    /// The mean of the three channels, as the original's first stages do.
    #[default]
    Mean,
    /// `0.299 R + 0.587 G + 0.114 B`.
    Luma,
}
