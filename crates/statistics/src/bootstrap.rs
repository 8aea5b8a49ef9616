//! The interval of a difference and its p-value: images resampled with replacement, seeds by Student's distribution.
//!
//! Every resample draws as many images as there are (Efron 1979), the same ones for both sides where these share them
//! and for all seeds of a side, and recomputes the metric from its sums. The interval is what the middle of the resamples
//! spans: 95% of them for many images, and more for few, whose resamples lie too near to each other.
//!
//! Seeds are too few to be drawn likewise: of three, one draw in nine is the same seed three times, and the intervals
//! come out far too narrow. So the mean over a side's seeds is moved by their standard error times a draw from
//! Student's distribution with one degree of freedom fewer than seeds. With images alike, that is Student's interval.
//! Chance that differs from image to image and from seed to seed is in both parts, so with several seeds the interval is
//! rather too wide than too narrow.
//!
//! The p-value is the same statement turned around: 1 minus the confidence at which the interval would just begin to hold
//! zero. So it covers what the interval covers, and is below 0.05 exactly where the 95% interval excludes zero.

use super::chance::Chance;
use super::description::standard_deviation;
use super::pairing::{Column, Columns};
use super::student::{normal_beyond, quantile, within};
use super::{Interval, RESAMPLES};

/// What a side is compared with.
pub(super) enum Other<'a> {
    /// The same images in the same order.
    Paired(&'a Columns),
    /// Images of its own.
    Unpaired(&'a Columns),
    /// A number.
    Value(f64),
}

/// The metric of one run over all its images.
pub(super) fn ratio(run: &Column) -> f64 {
    run.numerators.iter().sum::<f64>() / run.denominators.iter().sum::<f64>()
}

/// The metric of every run of a side.
pub(super) fn ratios(side: &Columns) -> Vec<f64> {
    side.runs.iter().map(ratio).collect()
}

/// What the metric of one side minus that of another may be.
pub(super) struct Resampled {
    /// Every resample's difference, in rising order.
    differences: Vec<f64>,
    /// Images of the side that has fewer.
    images: usize,
    /// Standard deviation of the differences before they were moved by seeds.
    image_error: f64,
}

/// Resamples the metric of `of` minus that of `against`.
pub(super) fn resample(of: &Columns, against: &Other<'_>) -> Resampled {
    let here = Sums::of(of);
    let there = match against {
        Other::Paired(side) | Other::Unpaired(side) => Some(Sums::of(side)),
        Other::Value(_) => None,
    };
    let mut images = Images::new(of.images, Chance::IMAGES_OF);
    let mut others = match against {
        Other::Unpaired(side) => Some(Images::new(side.images, Chance::IMAGES_AGAINST)),
        Other::Paired(_) | Other::Value(_) => None,
    };
    let mut differences: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            images.draw();
            let here = here.metric(&images.counts);
            here - match (against, &there, &mut others) {
                (Other::Value(value), ..) => *value,
                (_, Some(there), None) => there.metric(&images.counts),
                (_, Some(there), Some(others)) => {
                    others.draw();
                    there.metric(&others.counts)
                }
                (_, None, _) => f64::NAN,
            }
        })
        .collect();
    let image_error = standard_deviation(&differences).unwrap_or(0.0);
    move_by_seeds(&mut differences, of, Chance::SEEDS_OF);
    if let Other::Paired(side) | Other::Unpaired(side) = against {
        move_by_seeds(&mut differences, side, Chance::SEEDS_AGAINST);
    }
    differences.sort_by(f64::total_cmp);
    Resampled {
        differences,
        images: match against {
            Other::Unpaired(side) => of.images.min(side.images),
            Other::Paired(_) | Other::Value(_) => of.images,
        },
        image_error,
    }
}

impl Resampled {
    /// The interval that holds the difference in the share `confidence` of all cases.
    pub(super) fn interval(&self, confidence: f64) -> Interval {
        let tail = self.tail(quantile(f64::midpoint(1.0, confidence), self.images - 1));
        Interval {
            low: percentile(&self.differences, tail),
            high: percentile(&self.differences, 1.0 - tail),
        }
    }

    /// How far the choice of images alone moves the difference: its standard error.
    pub(super) fn image_error(&self) -> f64 {
        self.image_error
    }

    /// The two-sided p-value of no difference. Resamples end, so it is never 0.
    pub(super) fn p_value(&self) -> f64 {
        let falling: Vec<f64> = self.differences.iter().rev().map(|it| -it).collect();
        let beyond = share_up_to_zero(&self.differences).min(share_up_to_zero(&falling));
        // Of the t whose tail this is; both bounds lie outside of all that resamples can tell.
        let (mut low, mut high) = (0.0, 64.0);
        for _ in 0..64 {
            let middle = f64::midpoint(low, high);
            if self.tail(middle) > beyond {
                low = middle;
            } else {
                high = middle;
            }
        }
        1.0 - within(low, self.images - 1)
    }

    /// The share of resamples beyond the end of an interval that reaches `student` standard errors from its middle. For
    /// normal values a normal interval would be narrower than Student's, of 12 images by a sixth; this share makes up
    /// for it (Hesterberg 2015, "What Teachers Should Know about the Bootstrap", the expanded percentile interval).
    fn tail(&self, student: f64) -> f64 {
        let count = self.images as f64;
        normal_beyond((count / (count - 1.0)).sqrt() * student)
    }
}

/// The share at which the percentile of the `sorted` values passes zero, at least that of half a value.
fn share_up_to_zero(sorted: &[f64]) -> f64 {
    let last = (sorted.len() - 1) as f64;
    let above = sorted.partition_point(|&value| value <= 0.0);
    let place = match (above.checked_sub(1).map(|it| sorted[it]), sorted.get(above)) {
        (None, _) => 0.0,
        (Some(_), None) => last,
        (Some(below), Some(next)) => (above - 1) as f64 - below / (next - below),
    };
    (place / last).max(0.5 / sorted.len() as f64)
}

/// Moves every resample by what the mean over `side`'s seeds may be away from that over all seeds there could be.
fn move_by_seeds(differences: &mut [f64], side: &Columns, stream: u64) {
    let ratios = ratios(side);
    let Some(deviation) = standard_deviation(&ratios) else {
        return;
    };
    let error = deviation / (ratios.len() as f64).sqrt();
    if error == 0.0 {
        return;
    }
    // Quantiles at equal steps, each once in random order: draws whose distribution is exact.
    let count = differences.len();
    let upper = |index: usize| 0.5 + (index as f64 + 0.5) / count as f64;
    let mut moves: Vec<f64> = (0..count / 2)
        .map(|index| quantile(upper(index), ratios.len() - 1))
        .flat_map(|step| [step, -step])
        .collect();
    Chance::new(stream).shuffle(&mut moves);
    for (difference, step) in differences.iter_mut().zip(moves) {
        *difference += error * step;
    }
}

/// How often each image is in a resample.
struct Images {
    chance: Chance,
    counts: Vec<f64>,
}

impl Images {
    fn new(images: usize, stream: u64) -> Self {
        Self {
            chance: Chance::new(stream),
            counts: vec![0.0; images],
        }
    }

    fn draw(&mut self) {
        self.counts.fill(0.0);
        for _ in 0..self.counts.len() {
            let image = self.chance.below(self.counts.len());
            self.counts[image] += 1.0;
        }
    }
}

/// A side's columns, made ready for many resamples. Runs whose denominators are the same, as they are where a metric is a
/// mean, or is taken over the photographs' own sum, are one column: the mean of their ratios is the ratio of the means.
struct Sums {
    runs: Vec<Column>,
}

impl Sums {
    fn of(side: &Columns) -> Self {
        let (first, others) = match side.runs.split_first() {
            Some((first, others)) if !others.is_empty() => (first, others),
            _ => {
                return Self {
                    runs: side.runs.clone(),
                };
            }
        };
        if others
            .iter()
            .any(|run| run.denominators != first.denominators)
        {
            return Self {
                runs: side.runs.clone(),
            };
        }
        let mut sums = first.numerators.clone();
        for run in others {
            for (sum, numerator) in sums.iter_mut().zip(&run.numerators) {
                *sum += numerator;
            }
        }
        let runs = side.runs.len() as f64;
        Self {
            runs: vec![Column {
                numerators: sums.into_iter().map(|sum| sum / runs).collect(),
                denominators: first.denominators.clone(),
            }],
        }
    }

    /// The mean over the runs of the metric over a resample, in which each image is as often as `counts` says.
    fn metric(&self, counts: &[f64]) -> f64 {
        let ratios = self
            .runs
            .iter()
            .map(|run| dot(counts, &run.numerators) / dot(counts, &run.denominators));
        ratios.sum::<f64>() / self.runs.len() as f64
    }
}

/// The sum of products, in eight parts, so that the processor can add them side by side.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut parts = [0.0; 8];
    let (lefts, rights) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest: f64 = lefts
        .remainder()
        .iter()
        .zip(rights.remainder())
        .map(|(left, right)| left * right)
        .sum();
    for (left, right) in lefts.zip(rights) {
        for (part, (left, right)) in parts.iter_mut().zip(left.iter().zip(right)) {
            *part += left * right;
        }
    }
    parts.iter().sum::<f64>() + rest
}

/// The value below which a `share` of the `sorted` ones lie, between neighbors in proportion.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    below + (above - below) * place.fract()
}
