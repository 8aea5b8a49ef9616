//! Which checkpoints of a run stay: `[train.retain]` of an experiment file.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Metric;

/// What `best` holds where no checkpoint is kept for its numbers.
const NONE: &str = "none";

/// Which checkpoints stay. The union counts: the latest few, the best, and the milestones. It changes no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// How many of the latest, at least 1.
    #[serde(default = "default_last")]
    pub last: usize,
    /// The metric of held-out images whose best checkpoint so far is kept apart from the latest; `none` for none.
    #[serde(default = "default_best")]
    pub best: String,
    /// Steps from one milestone to the next, which are kept for good; 0 for none.
    #[serde(default)]
    pub every: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            last: default_last(),
            best: default_best(),
            every: 0,
        }
    }
}

fn default_last() -> usize {
    2
}

fn default_best() -> String {
    Metric::Loss.name().to_owned()
}

impl Retention {
    /// What is wrong with the values: the key within the table, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        if self.last == 0 {
            violations.push(("last", "must be at least 1".to_owned()));
        }
        if self.best != NONE && self.best_metric().is_none() {
            let legal = Metric::ALL
                .into_iter()
                .filter(|metric| metric.better().has_best());
            let names: Vec<String> = legal.map(|metric| format!("`{}`", metric.name())).collect();
            violations.push((
                "best",
                format!(
                    "must be `{NONE}` or a metric of held-out images that can be better or worse: {}",
                    names.join(", ")
                ),
            ));
        }
        violations
    }

    /// The metric whose best checkpoint is kept.
    pub fn best_metric(&self) -> Option<Metric> {
        Metric::from_name(&self.best).filter(|metric| metric.better().has_best())
    }

    /// Of the steps in `checkpoints`, in any order, those whose checkpoints stay. `series` is [`Self::best_metric`] on the
    /// held-out images, as `(step, value)`. The latest of all is always among them.
    pub fn keep(&self, checkpoints: &[usize], series: &[(usize, f64)]) -> BTreeSet<usize> {
        let mut newest_first = checkpoints.to_vec();
        newest_first.sort_unstable_by(|one, other| other.cmp(one));
        newest_first.dedup();
        let mut kept: BTreeSet<usize> = newest_first
            .iter()
            .copied()
            .take(self.last.max(1))
            .collect();
        kept.extend(self.best(checkpoints, series));
        if self.every > 0 {
            let milestones = newest_first.into_iter();
            kept.extend(milestones.filter(|step| step.is_multiple_of(self.every)));
        }
        kept
    }

    /// The step of the best of `checkpoints` by `series`; of equals the earliest. Only a checkpoint that was evaluated at
    /// its own step can be it, and none is without [`Self::best_metric`].
    pub fn best(&self, checkpoints: &[usize], series: &[(usize, f64)]) -> Option<usize> {
        let metric = self.best_metric()?;
        let evaluated = series.iter().filter(|(step, _)| checkpoints.contains(step));
        evaluated
            .filter_map(|&(step, value)| Some((metric.better().cost(value)?, step)))
            .min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)))
            .map(|(_, step)| step)
    }

    /// Whether the evaluation at `step` is better than every other in `series`, and so worth a checkpoint of its own.
    pub fn is_best(&self, step: usize, series: &[(usize, f64)]) -> bool {
        let evaluated: Vec<usize> = series.iter().map(|&(step, _)| step).collect();
        self.best(&evaluated, series) == Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn retention(last: usize, best: &str, every: usize) -> Retention {
        Retention {
            last,
            best: best.to_owned(),
            every,
        }
    }

    fn kept(retention: &Retention, checkpoints: &[usize], series: &[(usize, f64)]) -> Vec<usize> {
        retention.keep(checkpoints, series).into_iter().collect()
    }

    #[test]
    fn the_latest_the_best_and_the_milestones_stay() {
        let checkpoints = [50, 10, 20, 30, 40];
        let series = [
            (10, 3.0),
            (20, 1.0),
            (25, 0.5),
            (30, f64::NAN),
            (40, 1.0),
            (50, 2.0),
        ];
        let kept = |retention: &Retention| kept(retention, &checkpoints, &series);
        assert_eq!(kept(&retention(2, "none", 0)), [40, 50]);
        // Of two equals the earlier; the evaluation at 25 has no checkpoint.
        assert_eq!(kept(&retention(1, "ciede2000", 0)), [20, 50]);
        assert_eq!(kept(&retention(1, "psnr", 0)), [10, 50]);
        assert_eq!(kept(&retention(1, "colorfulness_ratio", 30)), [20, 30, 50]);
        assert_eq!(kept(&retention(1, "loss", 20)), [20, 40, 50]);
        assert_eq!(kept(&retention(9, "none", 0)).len(), 5);
    }

    #[test]
    fn an_evaluation_is_the_best_when_all_others_are_worse() {
        let retention = retention(1, "loss", 0);
        assert!(retention.is_best(10, &[(10, 1.0)]));
        assert!(retention.is_best(20, &[(10, 1.0), (20, 0.5)]));
        assert!(!retention.is_best(20, &[(10, 1.0), (20, 1.0)]));
        assert!(!retention.is_best(20, &[(10, 1.0), (20, f64::NAN)]));
        assert!(!retention.is_best(20, &[(10, 1.0)]));
    }

    #[test]
    fn values_are_judged() {
        assert_eq!(Retention::default().violations(), []);
        assert_eq!(retention(1, "none", 0).violations(), []);
        let wrong = retention(0, "gray_share_truth", 0).violations();
        assert_eq!(wrong.len(), 2);
        assert!(wrong[1].1.contains("`ciede2000`"), "{wrong:?}");
        assert!(!wrong[1].1.contains("gray_share_truth"), "{wrong:?}");
    }

    proptest! {
        #[test]
        fn the_latest_stays_and_nothing_comes_from_nowhere(
            checkpoints in prop::collection::vec(1usize..60, 1..12),
            series in prop::collection::vec((1usize..60, prop::num::f64::ANY), 0..12),
            last in 0usize..4,
            every in 0usize..20,
        ) {
            for best in ["none", "loss", "psnr", "chroma_ratio"] {
                let kept = retention(last, best, every).keep(&checkpoints, &series);
                prop_assert!(kept.contains(checkpoints.iter().max().unwrap()));
                prop_assert!(kept.iter().all(|step| checkpoints.contains(step)));
            }
        }
    }
}
