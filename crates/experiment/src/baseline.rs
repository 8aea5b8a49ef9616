//! The names of answers without a network.

use super::section::{Head, Space};

/// How a picture is colorized without a network. All know the true luma, and all but the first two the true colors as
/// well: those say how far a network could come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Baseline {
    /// The photograph's luma without chroma.
    Gray,
    /// The photograph's luma with the same U and V everywhere: the training pictures' mean.
    MeanChroma([f64; 2]),
    /// The photograph with its chroma clipped to what a network with this head can say.
    Reachable {
        /// The space in which the network answers.
        space: Space,
        /// How its answer is brought to the range of that space.
        head: Head,
    },
    /// The photograph through 8-bit YUV and back, of the full range that JPEG files use: Y times 255, U and V scaled
    /// so that their largest values are 127.5 from 128.
    EightBit,
}

impl Baseline {
    /// All that are scored, in the order of tables. Heads of RGB are not among them: they reach everything.
    pub fn all(mean_chroma: [f64; 2]) -> Vec<Self> {
        let reachable = [Space::Yuv, Space::Lab].into_iter().flat_map(|space| {
            [Head::Upstream, Head::Exact].map(|head| Self::Reachable { space, head })
        });
        [Self::Gray, Self::MeanChroma(mean_chroma)]
            .into_iter()
            .chain(reachable)
            .chain([Self::EightBit])
            .collect()
    }

    /// Whether the baseline of this name only bounds what an answer could reach: it knows the true colors.
    pub fn is_bound(name: &str) -> bool {
        name.starts_with("reachable_") || name == Self::EightBit.name()
    }

    /// The name in tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gray => "gray",
            Self::MeanChroma(_) => "mean_chroma",
            Self::Reachable { space, head } => match (space, head) {
                (Space::Rgb, Head::Upstream) => "reachable_rgb_upstream",
                (Space::Rgb, Head::Exact | Head::Classes) => "reachable_rgb_exact",
                (Space::Yuv, Head::Upstream) => "reachable_yuv_upstream",
                (Space::Yuv, Head::Exact | Head::Classes) => "reachable_yuv_exact",
                (Space::Lab, Head::Upstream) => "reachable_lab_upstream",
                // Between the outermost bins lies all of sRGB but for half a step.
                (Space::Lab, Head::Exact | Head::Classes) => "reachable_lab_exact",
            },
            Self::EightBit => "eight_bit",
        }
    }
}
