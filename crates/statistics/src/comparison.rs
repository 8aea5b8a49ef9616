//! One side compared with another.

use super::bootstrap::{Other, Resampled, ratio, ratios, resample};
use super::description::{mean, standard_deviation};
use super::pairing::{Columns, Matching, Pairing, Side, columns, pair};
use super::{CONFIDENCE, Expectation, Interval, StatisticsError, Verdict};

/// Standard deviations below this share of the sides' size are rounding.
const ROUNDING: f64 = 1e-12;

/// By how much two sides differ, and how surely.
///
/// ```
/// use colorize_statistics::{Comparison, Expectation, ImageTerms, Matching, Side, Verdict};
///
/// // One run and a baseline on the same forty images, half a decibel apart on each.
/// let images = |offset: f64| -> Vec<ImageTerms> {
///     (0..40)
///         .map(|image| ImageTerms::value(image, 20.0 + f64::from(image as u32 % 7) + offset))
///         .collect()
/// };
/// let trained = Side::experiment(vec![images(0.5)]);
/// let baseline = Side::baseline(images(0.0));
/// let comparison = Comparison::of(&trained, &baseline, &Matching::ById)?;
/// assert!((comparison.difference - 0.5).abs() < 1e-9);
/// assert_eq!(comparison.verdict(Expectation::Greater, 0.0), Verdict::Supported);
/// # Ok::<(), colorize_statistics::StatisticsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Which images it rests on.
    pub pairing: Pairing,
    /// The first side, over these images.
    pub of: SideSummary,
    /// The second side, over these images, or the number.
    pub against: SideSummary,
    /// The first side minus the second.
    pub difference: f64,
    /// The interval of the difference: over images, and over the seeds of every side that has several.
    pub interval: Interval,
    /// How likely chance alone would part the sides as far, with no margin. It comes from the resamples of the interval
    /// and covers what that covers: it is below 0.05 exactly where the interval leaves zero out.
    pub p_value: f64,
    /// The difference in standard deviations of a single image: of the images' own differences where they are paired
    /// (Cohen's `d_z`), otherwise of the images of both sides. `None` where all images are alike.
    pub effect: Option<f64>,
    /// How far the choice of images alone moves the difference: its standard error. More seeds do not make it smaller.
    pub image_error: f64,
}

/// One side of a comparison in short.
#[derive(Debug, Clone, PartialEq)]
pub struct SideSummary {
    /// The metric: the mean over seeds.
    pub value: f64,
    /// How many seeds were trained; `None` where there was nothing to train.
    pub seeds: Option<usize>,
    /// How far one seed's metric lies from the mean; `None` for fewer than two seeds.
    pub standard_deviation: Option<f64>,
}

impl Comparison {
    /// Compares `of` with `against`: image by image if they share at least
    /// [`LEAST_IMAGES`](super::LEAST_IMAGES), otherwise each side's images for themselves. `matching` says which images
    /// are the same.
    ///
    /// # Errors
    ///
    /// [`StatisticsError`] when a side has too few images, or an image has no finite value.
    pub fn of(of: &Side, against: &Side, matching: &Matching) -> Result<Self, StatisticsError> {
        Self::of_at(of, against, matching, CONFIDENCE)
    }

    /// The same with an interval of another `confidence` than [`CONFIDENCE`], above 0 and below 1: that of a
    /// [`Look`](super::Look). The p-value does not depend on it.
    ///
    /// # Errors
    ///
    /// As [`Self::of`].
    pub fn of_at(
        of: &Side,
        against: &Side,
        matching: &Matching,
        confidence: f64,
    ) -> Result<Self, StatisticsError> {
        let (left, right, pairing) = pair(of, against, matching)?;
        let is_paired = matches!(pairing, Pairing::Paired { .. });
        let other = if is_paired {
            Other::Paired(&right)
        } else {
            Other::Unpaired(&right)
        };
        let (summary, other_summary) = (summarise(&left, of), summarise(&right, against));
        let spread = if is_paired {
            let (left, right) = (deviations(&left), deviations(&right));
            let differences: Vec<f64> = left.iter().zip(right).map(|(l, r)| l - r).collect();
            standard_deviation(&differences)
        } else {
            pooled_deviation(&deviations(&left), &deviations(&right))
        };
        Ok(Self::new(
            pairing,
            summary,
            other_summary,
            &resample(&left, &other),
            spread,
            confidence,
        ))
    }

    /// Compares `of` with a number.
    ///
    /// # Errors
    ///
    /// [`StatisticsError`] when the side has too few images, or an image or the number is not finite.
    pub fn with_value(of: &Side, value: f64) -> Result<Self, StatisticsError> {
        Self::with_value_at(of, value, CONFIDENCE)
    }

    /// The same with an interval of another `confidence`, as [`Self::of_at`].
    ///
    /// # Errors
    ///
    /// As [`Self::with_value`].
    pub fn with_value_at(of: &Side, value: f64, confidence: f64) -> Result<Self, StatisticsError> {
        if !value.is_finite() {
            return Err(StatisticsError::ValueNotFinite(value));
        }
        let side = columns(of)?;
        let number = SideSummary {
            value,
            seeds: None,
            standard_deviation: None,
        };
        Ok(Self::new(
            Pairing::OneSided {
                images: side.images,
            },
            summarise(&side, of),
            number,
            &resample(&side, &Other::Value(value)),
            standard_deviation(&deviations(&side)),
            confidence,
        ))
    }

    fn new(
        pairing: Pairing,
        of: SideSummary,
        against: SideSummary,
        resampled: &Resampled,
        spread: Option<f64>,
        confidence: f64,
    ) -> Self {
        let difference = of.value - against.value;
        let least = ROUNDING * of.value.abs().max(against.value.abs());
        Self {
            pairing,
            of,
            against,
            difference,
            interval: resampled.interval(confidence),
            p_value: resampled.p_value(),
            effect: spread
                .filter(|&spread| spread > least)
                .map(|spread| difference / spread),
            image_error: resampled.image_error(),
        }
    }

    /// What the interval makes of the expectation that the difference lies more than `margin` above or below zero, or
    /// within `margin` of it.
    pub fn verdict(&self, expectation: Expectation, margin: f64) -> Verdict {
        Verdict::of(expectation, margin, &self.interval)
    }

    /// The fewest seeds that a trained side has; `None` where nothing was trained.
    pub fn seeds(&self) -> Option<usize> {
        [self.of.seeds, self.against.seeds]
            .into_iter()
            .flatten()
            .min()
    }

    /// What the interval and the p-value cover and what they do not, as a sentence without its period.
    pub fn coverage(&self) -> String {
        let seeds: Vec<usize> = [self.of.seeds, self.against.seeds]
            .into_iter()
            .flatten()
            .collect();
        match seeds[..] {
            [] => "the interval and p cover the choice of images; nothing was trained".to_string(),
            [1] => "one seed: the interval and p cover only the choice of images, and another seed may give another result".to_string(),
            [1, 1] => "one seed per side: the interval and p cover only the choice of images, and another seed may give another result".to_string(),
            [one, other] if one == 1 || other == 1 => {
                let several = one.max(other);
                format!("the interval and p cover the choice of images and the {several} seeds of one side; the other side has one seed, and another may give another result")
            }
            [one] => format!("the interval and p cover the choice of images and {one} seeds"),
            [one, other, ..] => {
                format!("the interval and p cover the choice of images and {one} seeds against {other}")
            }
        }
    }
}

fn summarise(columns: &Columns, side: &Side) -> SideSummary {
    let ratios = ratios(columns);
    SideSummary {
        value: mean(&ratios),
        seeds: side.seeds(),
        standard_deviation: standard_deviation(&ratios),
    }
}

/// How far every image moves the metric away from its value: for a mean, the image's value minus the mean.
fn deviations(side: &Columns) -> Vec<f64> {
    let mut deviations = vec![0.0; side.images];
    for run in &side.runs {
        let ratio = ratio(run);
        let scale = mean(&run.denominators) * side.runs.len() as f64;
        let terms = run.numerators.iter().zip(&run.denominators);
        for (deviation, (numerator, denominator)) in deviations.iter_mut().zip(terms) {
            *deviation += (numerator - ratio * denominator) / scale;
        }
    }
    deviations
}

/// The standard deviation of two sets of values, each around its own mean.
fn pooled_deviation(left: &[f64], right: &[f64]) -> Option<f64> {
    let squares = |values: &[f64]| {
        standard_deviation(values).map(|deviation| deviation.powi(2) * (values.len() - 1) as f64)
    };
    let freedom = (left.len() + right.len()).checked_sub(2)?;
    Some(((squares(left)? + squares(right)?) / freedom as f64).sqrt())
}
