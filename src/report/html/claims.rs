//! Claims: a sentence, what became of it, and the numbers that say so.

use super::Number;

/// A claim and its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The sentence, prose.
    pub text: String,
    /// What is tested, prose: "`colorfulness_ratio` of 02-stopsigns greater than that of 01-batchnorm, by more than 0.1".
    pub test: String,
    /// The file that states it; may be empty.
    pub source: String,
    /// What became of it.
    pub verdict: Verdict,
    /// The verdict on record, where it was another one: said beside the new one.
    pub formerly: Option<Verdict>,
    /// The numbers; `None` while the claim is open.
    pub numbers: Option<ClaimNumbers>,
    /// What the numbers cannot tell, or why there are none: a sentence, prose.
    pub remark: String,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// The whole interval is as expected.
    Supported,
    /// None of it is.
    Contradicted,
    /// Some of it is.
    NotDecided,
    /// There are no numbers.
    Open,
}

impl Verdict {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 4] = [
        Self::Supported,
        Self::Contradicted,
        Self::NotDecided,
        Self::Open,
    ];

    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::NotDecided => "not decided",
            Self::Open => "open",
        }
    }
}

/// The numbers of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimNumbers {
    /// The unit of values and differences; empty without one.
    pub unit: String,
    /// What the claim is about.
    pub of: Side,
    /// What it is held against: an experiment, a baseline, or a plain value.
    pub against: Side,
    /// The first minus the second, with its sign.
    pub difference: Number,
    /// The 95 % interval of the difference, its lower end.
    pub low: Number,
    /// Its upper end.
    pub high: Number,
    /// Where the difference is expected, for the graphic.
    pub expected: Expected,
    /// The p-value after Holm's correction.
    pub p_value: Number,
    /// How many claims were corrected for together.
    pub corrected_for: usize,
    /// The effect size, in standard deviations of a single image; `None` where all images are alike.
    pub effect: Option<Number>,
    /// Over what the sides were paired, or that they were not: "paired over 97 images, 3 seeds a side".
    pub paired_over: String,
}

/// One side of a claim.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Side {
    /// Whose number it is.
    pub name: String,
    /// The number.
    pub value: Number,
    /// How it scatters: "± 0.12 over 3 seeds"; may be empty.
    pub detail: String,
}

/// Where a difference is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// Above this number.
    Above(f64),
    /// Below this number: a claim of "less, by 0.1" is below -0.1.
    Below(f64),
    /// From the first number to the second.
    Within(f64, f64),
}
