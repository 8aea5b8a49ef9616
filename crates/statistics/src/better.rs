//! Which way a metric improves. Whoever ranks, sorts, colors or captions by a metric asks here.

/// Which way a metric improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Better {
    /// The larger the better.
    Higher,
    /// The smaller the better.
    Lower,
    /// The nearer to 1 the better, by `|value - 1|`: 0.5 and 1.5 are equally far, and gray (0) is as far as twice life (2).
    One,
    /// The nearer to the photographs' own number the better, which is another metric: a value alone says nothing.
    Photographs,
    /// Neither: it says what the images, or the machine, are like.
    #[default]
    Neither,
}

impl Better {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Higher,
        Self::Lower,
        Self::One,
        Self::Photographs,
        Self::Neither,
    ];

    /// How far `value` is from as good as can be, up to a constant: less is better. `None` for what is not a number, and
    /// where a value alone is neither good nor bad.
    pub fn cost(self, value: f64) -> Option<f64> {
        let cost = match self {
            Self::Higher => -value,
            Self::Lower => value,
            Self::One => (value - 1.0).abs(),
            Self::Photographs | Self::Neither => return None,
        };
        (!cost.is_nan()).then_some(cost)
    }

    /// Whether values can be ranked: there is a best one.
    pub fn has_best(self) -> bool {
        self.cost(0.0).is_some()
    }

    /// Which of `values` are best once each is rounded to `digits` decimals: what is written alike is equally good.
    pub fn best_of(self, values: &[Option<f64>], digits: usize) -> Vec<bool> {
        let rounded = |value: f64| format!("{value:.digits$}").parse().ok();
        let costs: Vec<Option<f64>> = values
            .iter()
            .map(|value| self.cost(rounded((*value)?)?))
            .collect();
        let best = costs.iter().flatten().copied().reduce(f64::min);
        let is_best = |cost: f64| best.is_some_and(|best| cost <= best + 1e-12);
        costs
            .into_iter()
            .map(|cost| cost.is_some_and(is_best))
            .collect()
    }

    /// Whether a change of the value `from` by something from `low` to `high` improves it: `Some(true)` where all of the
    /// interval does, `Some(false)` where all of it makes it worse, `None` where it may do either, or nothing is better.
    pub fn judge(self, from: f64, [low, high]: [f64; 2]) -> Option<bool> {
        let before = self.cost(from)?;
        let (low, high) = (from + low, from + high);
        let ends = [self.cost(low)?, self.cost(high)?];
        let passes_one = self == Self::One && (low..=high).contains(&1.0);
        let best = if passes_one {
            0.0
        } else {
            ends[0].min(ends[1])
        };
        let worst = ends[0].max(ends[1]);
        match (worst < before, best > before) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    /// In words: `higher is better`. Empty where neither is.
    pub fn words(self) -> &'static str {
        match self {
            Self::Higher => "higher is better",
            Self::Lower => "lower is better",
            Self::One => "nearer to 1 is better",
            Self::Photographs => "nearer to the photographs' is better",
            Self::Neither => "",
        }
    }

    /// As a sign for the heading of a column. Empty where a value alone says nothing.
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Higher => "↑",
            Self::Lower => "↓",
            Self::One => "→ 1",
            Self::Photographs | Self::Neither => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_direction_ranks_says_and_points_alike() {
        for better in Better::ALL {
            assert_eq!(better.has_best(), !better.arrow().is_empty(), "{better:?}");
            assert_eq!(better.words().is_empty(), better == Better::Neither);
            assert_eq!(better.cost(f64::NAN), None);
            let values = [Some(1.6), Some(1.0), None, Some(f64::NAN), Some(0.5)];
            let best = better.best_of(&values, 2);
            let expected = match better {
                Better::Higher => [true, false, false, false, false],
                Better::Lower => [false, false, false, false, true],
                Better::One => [false, true, false, false, false],
                Better::Photographs | Better::Neither => [false; 5],
            };
            assert_eq!(best, expected, "{better:?}");
        }
    }

    #[test]
    fn what_is_written_alike_is_equally_good() {
        let best = |better: Better, values: [f64; 2]| better.best_of(&values.map(Some), 2);
        assert_eq!(best(Better::Higher, [21.001, 21.004]), [true, true]);
        assert_eq!(best(Better::Higher, [f64::INFINITY, 21.0]), [true, false]);
        // As far below life as above it.
        assert_eq!(best(Better::One, [0.9, 1.1]), [true, true]);
    }

    #[test]
    fn a_change_is_judged_by_its_whole_interval() {
        let judge = |better: Better, from, interval| better.judge(from, interval);
        assert_eq!(judge(Better::Higher, 20.0, [0.1, 0.3]), Some(true));
        assert_eq!(judge(Better::Higher, 20.0, [-0.3, -0.1]), Some(false));
        assert_eq!(judge(Better::Lower, 20.0, [0.1, 0.3]), Some(false));
        assert_eq!(judge(Better::Lower, 20.0, [-0.1, 0.3]), None);
        assert_eq!(judge(Better::One, 0.6, [0.1, 0.3]), Some(true));
        assert_eq!(judge(Better::One, 1.4, [0.1, 0.3]), Some(false));
        assert_eq!(judge(Better::One, 1.4, [-0.6, -0.1]), Some(true));
        // From a little below 1 to far above it, or who knows how far.
        assert_eq!(judge(Better::One, 0.9, [0.5, 0.7]), Some(false));
        assert_eq!(judge(Better::One, 0.9, [0.05, 0.7]), None);
        // Never nearer than 0.8 is: too low an end, too high an end, and 1 between them.
        assert_eq!(judge(Better::One, 0.8, [0.01, 0.9]), None);
        assert_eq!(judge(Better::Neither, 0.9, [0.5, 0.7]), None);
    }
}
