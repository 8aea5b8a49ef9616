//! How many seeds a comparison that is not decided would probably need.

use super::student::quantile;
use super::{CONFIDENCE, Comparison, Expectation, Look, Looks, Verdict};

/// What more seeds would probably bring, if the sides differed, and seeds and images scattered, as they have so far. A
/// guess for planning: the spread of two or three seeds is hardly known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It is decided.
    Decided(Verdict),
    /// So many seeds per side would decide it.
    Seeds(usize),
    /// More than so many seeds would be needed.
    More(usize),
    /// No number of seeds would: the choice of images alone leaves it open, and only more held-out images help.
    Images,
    /// A side has a single seed, and nothing is known of the spread between seeds.
    OneSeed,
}

/// Nobody trains more seeds, and their number is a guess on a guess.
const MOST: usize = 1000;

impl Comparison {
    /// What more seeds would bring to the expectation that the difference lies more than `margin` (0 or more) above or
    /// below zero, or within `margin` of it, judged once at a 95% interval.
    pub fn outlook(&self, expectation: Expectation, margin: f64) -> Outlook {
        let every = (self.seeds().unwrap_or(1) + 1..=MOST).map(|seeds| Look {
            seeds,
            confidence: CONFIDENCE,
        });
        match self.verdict(expectation, margin) {
            Verdict::NotDecided => self.seeds_needed(expectation, margin, every, MOST),
            verdict => Outlook::Decided(verdict),
        }
    }

    /// The same under a stopping rule, after a look that did not decide it.
    pub fn outlook_at(&self, expectation: Expectation, margin: f64, looks: Looks) -> Outlook {
        let seen = self.seeds().unwrap_or(1);
        let left = looks.iter().filter(|look| look.seeds > seen);
        self.seeds_needed(expectation, margin, left, looks.most())
    }

    fn seeds_needed(
        &self,
        expectation: Expectation,
        margin: f64,
        mut looks: impl Iterator<Item = Look>,
        most: usize,
    ) -> Outlook {
        let sides = [&self.of, &self.against];
        let trained = sides.into_iter().filter(|side| side.seeds.is_some());
        let Some(deviations) = trained
            .map(|side| side.standard_deviation)
            .collect::<Option<Vec<f64>>>()
        else {
            return Outlook::OneSeed;
        };
        // From the difference to where the answer changes.
        let room = match expectation {
            Expectation::Greater => (self.difference - margin).abs(),
            Expectation::Less => (self.difference + margin).abs(),
            Expectation::Equal => (self.difference.abs() - margin).abs(),
        };
        let images = |confidence: f64| {
            let freedom = self.pairing.images().saturating_sub(1).max(1);
            self.image_error * quantile(f64::midpoint(1.0, confidence), freedom)
        };
        if deviations.is_empty() || images(CONFIDENCE) >= room {
            return Outlook::Images;
        }
        let half = |look: &Look| {
            let student = quantile(f64::midpoint(1.0, look.confidence), look.seeds - 1);
            let seeds = deviations
                .iter()
                .map(|deviation| (student * deviation).powi(2) / look.seeds as f64);
            (images(look.confidence).powi(2) + seeds.sum::<f64>()).sqrt()
        };
        match looks.find(|look| half(look) < room) {
            Some(look) => Outlook::Seeds(look.seeds),
            None => Outlook::More(most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageTerms, Side};

    /// Twenty images, alike but for `images` up and down, of seeds that lie around `value`.
    fn side(value: f64, luck: &[f64], images: f64) -> Side {
        let run = |luck: &f64| {
            let sign = |image: i64| if image % 2 == 0 { images } else { -images };
            (0..20)
                .map(|image| ImageTerms::value(image, value + luck + sign(image)))
                .collect()
        };
        Side::experiment(luck.iter().map(run).collect())
    }

    #[test]
    fn what_is_missing_is_said() {
        let outlook = |side: &Side| {
            let comparison = Comparison::with_value(side, 0.0).unwrap();
            comparison.outlook(Expectation::Greater, 0.0)
        };
        let clear = outlook(&side(10.0, &[-0.1, 0.0, 0.1], 0.1));
        assert_eq!(clear, Outlook::Decided(Verdict::Supported));
        // Student's interval of a standard deviation of 1: 1 > 2.26 / sqrt(10), and 1 < 2.57 / sqrt(6).
        let Outlook::Seeds(seeds) = outlook(&side(1.0, &[-1.0, 0.0, 1.0], 0.0)) else {
            panic!("seeds would decide it");
        };
        assert_eq!(seeds, 7);
        assert_eq!(outlook(&side(0.1, &[-1.0, 0.0, 1.0], 5.0)), Outlook::Images);
        assert_eq!(outlook(&side(0.01, &[-1.0, 1.0], 0.0)), Outlook::More(MOST));
        assert_eq!(outlook(&side(0.1, &[0.0], 5.0)), Outlook::OneSeed);
    }

    #[test]
    fn a_stopping_rule_needs_more_seeds_than_one_look() {
        let comparison = Comparison::with_value(&side(1.0, &[-1.0, 0.0, 1.0], 0.0), 0.0).unwrap();
        let at = |most| comparison.outlook_at(Expectation::Greater, 0.0, Looks::new(2, most));
        assert_eq!(at(6), Outlook::More(6));
        let Outlook::Seeds(seeds) = at(20) else {
            panic!("twenty seeds are enough");
        };
        assert!((8..=20).contains(&seeds), "{seeds}");
    }
}
