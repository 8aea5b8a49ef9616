//! The `[color]` section of an experiment file.

use std::ops::RangeInclusive;

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
    /// The classes among which the network chooses, where `head` is `classes`; of no effect elsewhere.
    #[serde(default)]
    pub classes: ClassesSection,
}

impl ColorSection {
    /// Channels of the network's input: gray is copied to three where it answers in RGB, as the original does.
    pub fn input_channels(&self) -> usize {
        match self.space {
            Space::Rgb => 3,
            Space::Yuv | Space::Lab => 1,
        }
    }

    /// Channels of color, in which the network's answer becomes a picture.
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
        let mut violations = self.classes.violations();
        if self.head == Head::Classes && self.space != Space::Lab {
            let must = "must be `upstream` or `exact` unless `color.space` is `lab`: the classes are bins of a and b";
            violations.push(("head", must.to_owned()));
        }
        violations
    }
}

/// Color as a choice among bins of a and b: Zhang, Isola and Efros (2016), "Colorful Image Colorization", whose values are
/// the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassesSection {
    /// Side of a bin in a and b, 5 to 50: 10 gives 261 bins, 5 gives 966.
    pub step: usize,
    /// Bins over which a color is spread: the nearest ones, 1 to 10.
    pub neighbors: usize,
    /// Deviation, in a and b, of the Gaussian by which it is spread, and by which the bins' frequencies are smoothed.
    pub sigma: f64,
    /// Share, 0 to 1, of the uniform distribution that is mixed into the bins' frequencies before a class is weighted by
    /// their inverse: 0 weights rare colors most, 1 all alike. The paper's lambda.
    pub rebalance: f64,
    /// Of the annealed mean that becomes the picture's color, above 0 and at most 1: 1 is the mean of all classes; toward 0
    /// it is the likeliest one.
    pub temperature: f64,
}

impl Default for ClassesSection {
    fn default() -> Self {
        Self {
            step: 10,
            neighbors: 5,
            sigma: 5.0,
            rebalance: 0.5,
            temperature: 0.38,
        }
    }
}

impl ClassesSection {
    /// The legal values of `step`. Finer bins would be thousands of classes; coarser ones, hardly any.
    pub const STEPS: RangeInclusive<usize> = 5..=50;
    /// The legal values of `neighbors`: no step leaves fewer bins.
    pub const NEIGHBORS: RangeInclusive<usize> = 1..=10;

    fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        let mut refuse = |key, must: String| violations.push((key, must));
        let between = |range: &RangeInclusive<usize>| {
            format!("must be between {} and {}", range.start(), range.end())
        };
        if !Self::STEPS.contains(&self.step) {
            let range = between(&Self::STEPS);
            let why = "a and b of sRGB span about 200: a finer grid has thousands of classes, a coarser one hardly any";
            refuse("classes.step", format!("{range}: {why}"));
        }
        if !Self::NEIGHBORS.contains(&self.neighbors) {
            refuse("classes.neighbors", between(&Self::NEIGHBORS));
        }
        if !(self.sigma.is_finite() && self.sigma > 0.0) {
            refuse(
                "classes.sigma",
                "must be a finite number above 0".to_owned(),
            );
        }
        if !(0.0..=1.0).contains(&self.rebalance) {
            refuse("classes.rebalance", "must be between 0 and 1".to_owned());
        }
        if !(self.temperature > 0.0 && self.temperature <= 1.0) {
            let must = "must be above 0 and at most 1: 1 is the mean of all classes, toward 0 it is the likeliest one";
            refuse("classes.temperature", must.to_owned());
        }
        violations
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
    /// No value but a choice among the bins of [`ClassesSection`], at a quarter of the resolution. In `lab` alone.
    Classes,
}

impl Head {
    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Exact => "exact",
            Self::Classes => "classes",
        }
    }
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
