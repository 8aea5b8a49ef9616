//! How often chance alone would part two sides as far.
//!
//! If a side makes no difference, its images might as well have been the other side's. So the sides are exchanged, for
//! some images and not for others, and the difference is made anew; the p-value is the share of such exchanges that
//! part the sides at least as far as they are.

use super::RESAMPLES;
use super::chance::Chance;

/// Up to this many paired images, all exchanges there are get tried.
const EXACT: usize = 14;

/// Differences this near, as a share of the sides' size, count as equal: sums in another order differ by as much.
const ROUNDING: f64 = 1e-12;

/// An image's terms.
pub(super) type Terms = (f64, f64);

/// The two-sided p-value of images that are held against themselves, `left[i]` against `right[i]`.
pub(super) fn paired(left: &[Terms], right: &[Terms]) -> f64 {
    let totals = Totals::of(left.iter().chain(right));
    let observed = totals.difference(sum(left));
    // A side's sum is that of the halves plus or minus the half differences.
    let halves = |part: fn(&Terms) -> f64| -> Vec<f64> {
        let terms = left.iter().zip(right);
        terms
            .map(|(left, right)| (part(left) - part(right)) / 2.0)
            .collect()
    };
    let (numerators, denominators) = (halves(|terms| terms.0), halves(|terms| terms.1));
    let middle = (totals.numerator / 2.0, totals.denominator / 2.0);
    let far = |signs: &[u64]| {
        let side = (
            middle.0 + signed_sum(&numerators, signs),
            middle.1 + signed_sum(&denominators, signs),
        );
        totals.as_far(side, observed)
    };
    if left.len() <= EXACT {
        let exchanges = 1_u64 << left.len();
        let hits = (0..exchanges).filter(|&signs| far(&[signs])).count();
        return hits as f64 / exchanges as f64;
    }
    let mut chance = Chance::new(Chance::EXCHANGES);
    let mut signs = vec![0; left.len().div_ceil(64)];
    let hits = (0..RESAMPLES).filter(|_| {
        signs.fill_with(|| chance.bits());
        far(&signs)
    });
    estimate(hits.count())
}

/// The two-sided p-value of images that share nothing: they are dealt out anew to sides of the same sizes.
pub(super) fn unpaired(left: &[Terms], right: &[Terms]) -> f64 {
    let mut all: Vec<Terms> = left.iter().chain(right).copied().collect();
    let totals = Totals::of(&all);
    let observed = totals.difference(sum(left));
    // Which of the sides is dealt makes no difference; the smaller is less work.
    let dealt = left.len().min(right.len());
    let mut chance = Chance::new(Chance::EXCHANGES);
    let hits = (0..RESAMPLES).filter(|_| {
        for place in 0..dealt {
            let from = place + chance.below(all.len() - place);
            all.swap(place, from);
        }
        totals.as_far(sum(&all[..dealt]), observed)
    });
    estimate(hits.count())
}

/// The sides as they are count as one of the exchanges, so that no p-value is 0.
fn estimate(hits: usize) -> f64 {
    (hits + 1) as f64 / (RESAMPLES + 1) as f64
}

fn sum(terms: &[Terms]) -> Terms {
    terms
        .iter()
        .fold((0.0, 0.0), |sum, terms| (sum.0 + terms.0, sum.1 + terms.1))
}

/// The sum of `values`, each with the sign that its bit of `signs` says.
fn signed_sum(values: &[f64], signs: &[u64]) -> f64 {
    let mut parts = [0.0; 8];
    for (values, signs) in values.chunks(64).zip(signs) {
        for (eighth, values) in values.chunks(8).enumerate() {
            let signs = signs >> (8 * eighth);
            for (bit, (part, value)) in parts.iter_mut().zip(values).enumerate() {
                let sign = (signs >> bit) << 63;
                *part += f64::from_bits(value.to_bits() ^ sign);
            }
        }
    }
    parts.iter().sum()
}

/// The sums over both sides.
struct Totals {
    numerator: f64,
    denominator: f64,
}

impl Totals {
    fn of<'a>(terms: impl IntoIterator<Item = &'a Terms>) -> Self {
        let (numerator, denominator) = terms
            .into_iter()
            .fold((0.0, 0.0), |sum, terms| (sum.0 + terms.0, sum.1 + terms.1));
        Self {
            numerator,
            denominator,
        }
    }

    /// The metric of a side with these sums, minus that of the other.
    fn difference(&self, side: Terms) -> f64 {
        side.0 / side.1 - (self.numerator - side.0) / (self.denominator - side.1)
    }

    fn as_far(&self, side: Terms, observed: f64) -> bool {
        let size = observed
            .abs()
            .max((self.numerator / self.denominator).abs());
        self.difference(side).abs() >= observed.abs() - ROUNDING * size
    }
}
