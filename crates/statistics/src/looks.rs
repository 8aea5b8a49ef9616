//! When a comparison may be judged whose seeds are added until it is decided, and at which confidence.
//!
//! Whoever looks after every seed at a 95% interval, and stops once it decides, is wrong far more often than in 5% of all
//! cases: each look is another chance to be wrong. So the looks share these 5% (alpha spending: Lan and `DeMets` 1983,
//! "Discrete Sequential Boundaries for Clinical Trials"). What may have been spent by the time that a share `t` of the
//! seeds is trained is `0.05 t²`, from the power family of Kim and `DeMets` (1987, "Design and Analysis of Group Sequential
//! Tests Based on the Type I Error Spending Rate Function"): little at first, when two or three seeds decide next to
//! nothing anyway, and most at the end.
//!
//! A look gets what was not spent before it, and its interval has that much less than full confidence. The chance that
//! any of the intervals misses the true value is then at most the sum of what they spend, 5%, however the looks hang
//! together (Boole's inequality). The bounds of Lan and `DeMets` are a little narrower, but they rest on sums of
//! independent normal steps, and that is not what these looks are: they share their images, and Student's distribution
//! of two to five seeds is far from normal.

use super::CONFIDENCE;

/// The least that a look spends: the resamples of an interval have too few values beyond the ends of a wider one. With
/// many seeds to come, several are trained from one look to the next.
const LEAST: f64 = 0.002;

/// The fewest seeds that have a spread.
const FEWEST: usize = 2;

/// The looks at a comparison with up to so many seeds per side. A function of the two numbers alone: what the seeds say
/// has no part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looks {
    first: usize,
    most: usize,
}

/// A moment at which a comparison is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The seeds per side.
    pub seeds: usize,
    /// The confidence of its interval, at least [`CONFIDENCE`].
    pub confidence: f64,
}

impl Looks {
    /// The first one at `first` seeds, at least 2, and the last one at `most`, at least `first`; smaller numbers are raised
    /// to these.
    pub fn new(first: usize, most: usize) -> Self {
        let first = first.max(FEWEST);
        Self {
            first,
            most: most.max(first),
        }
    }

    /// The most seeds per side.
    pub fn most(self) -> usize {
        self.most
    }

    /// All of them, by seeds.
    pub fn iter(self) -> impl Iterator<Item = Look> {
        let all = 1.0 - CONFIDENCE;
        let by = move |seeds: usize| all * (seeds as f64 / self.most as f64).powi(2);
        let mut spent = 0.0;
        (self.first..=self.most).filter_map(move |seeds| {
            let (now, later) = (by(seeds) - spent, all - by(seeds));
            // What is left at the end has to be enough for the last look.
            let is_taken = seeds == self.most || now >= LEAST && later >= LEAST;
            is_taken.then(|| {
                spent = by(seeds);
                Look {
                    seeds,
                    confidence: 1.0 - now,
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::{mean, standard_deviation};
    use crate::student::quantile;
    use crate::{Expectation, Interval, Verdict};
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    #[test]
    fn all_looks_together_spend_five_percent() {
        for (first, most) in [(2, 2), (2, 3), (2, 10), (5, 10), (3, 40), (2, 1000), (7, 3)] {
            let looks: Vec<Look> = Looks::new(first, most).iter().collect();
            let spent: f64 = looks.iter().map(|look| 1.0 - look.confidence).sum();
            assert!((spent - 0.05).abs() < 1e-12, "{first} to {most}: {spent}");
            assert_eq!(looks.last().unwrap().seeds, most.max(first));
            assert!(looks.is_sorted_by_key(|look| look.seeds));
            let least = looks.iter().map(|look| 1.0 - look.confidence);
            assert!(least.fold(1.0, f64::min) >= LEAST - 1e-12, "{looks:?}");
        }
        // One look is the interval of a report.
        let one: Vec<Look> = Looks::new(4, 4).iter().collect();
        assert!((one[0].confidence - CONFIDENCE).abs() < 1e-12);
    }

    #[test]
    fn looks_are_as_the_docs_have_them() {
        let of = |most: usize| -> Vec<(usize, f64)> {
            let looks = Looks::new(2, most).iter();
            let percent = |look: Look| (look.confidence * 1e4).round() / 100.0;
            looks.map(|look| (look.seeds, percent(look))).collect()
        };
        assert_eq!(of(5), [(2, 99.2), (3, 99.0), (4, 98.6), (5, 98.2)]);
        let ten = [99.8, 99.75, 99.65, 99.55, 99.45, 99.35, 99.25, 99.15, 99.05];
        assert_eq!(of(10), (2..).zip(ten).collect::<Vec<_>>());
    }

    /// The mean of the seeds' metrics with Student's interval: what a comparison with a number comes to where all images
    /// are alike. `None` as long as it holds 0.
    fn verdict(values: &[f64], student: f64) -> Option<Verdict> {
        let error = standard_deviation(values)? / (values.len() as f64).sqrt();
        let interval = Interval {
            low: mean(values) - student * error,
            high: mean(values) + student * error,
        };
        let verdict = Verdict::of(Expectation::Greater, 0.0, &interval);
        (verdict != Verdict::NotDecided).then_some(verdict)
    }

    /// How many of 2,000 sequences of seeds come to a verdict, if judged at these looks, each with its confidence.
    fn decided(looks: &[Look], truth: f64) -> usize {
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let mut uniform = || (f64::from(generator.next_u32()) + 0.5) / 4_294_967_296.0;
        let students: Vec<f64> = looks
            .iter()
            .map(|look| quantile(f64::midpoint(1.0, look.confidence), look.seeds - 1))
            .collect();
        let most = looks.last().map_or(0, |look| look.seeds);
        (0..2_000)
            .filter(|_| {
                let seeds: Vec<f64> = (0..most)
                    .map(|_| {
                        // Box and Muller 1958.
                        let (radius, angle) = (uniform(), uniform());
                        truth + (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
                    })
                    .collect();
                let mut taken = looks.iter().zip(&students);
                taken.any(|(look, &student)| verdict(&seeds[..look.seeds], student).is_some())
            })
            .count()
    }

    #[test]
    fn at_most_five_percent_of_sequences_without_a_difference_come_to_a_verdict() {
        for most in [5, 10, 30] {
            let looks: Vec<Look> = Looks::new(2, most).iter().collect();
            let wrong = decided(&looks, 0.0);
            assert!(wrong <= 100, "{wrong} of 2,000 with up to {most} seeds");
            assert!(wrong > 0, "no look decides anything");
        }
    }

    #[test]
    fn an_interval_of_95_percent_after_every_seed_is_wrong_far_more_often() {
        let naive: Vec<Look> = (2..=10)
            .map(|seeds| Look {
                seeds,
                confidence: CONFIDENCE,
            })
            .collect();
        let wrong = decided(&naive, 0.0);
        assert!(wrong > 250, "{wrong} of 2,000");
    }

    #[test]
    fn a_difference_is_found_and_usually_before_the_last_seed() {
        let looks: Vec<Look> = Looks::new(2, 10).iter().collect();
        let found = decided(&looks, 2.0);
        assert!(found > 1_950, "{found} of 2,000");
        let early = decided(&looks[..6], 2.0);
        assert!(early > 1_300, "{early} of 2,000 by the seventh seed");
    }
}
