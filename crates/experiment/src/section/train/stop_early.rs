//! Whether a training ends before its last step: `train.stop_early`.

use serde::{Deserialize, Serialize};

use crate::Metric;

/// A training ends once a metric has not improved for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StopEarly {
    /// The metric of held-out images that has to improve.
    pub metric: String,
    /// So many evaluations in a row without a better value than all before them end the training; 0 for never.
    pub patience: usize,
}

impl Default for StopEarly {
    fn default() -> Self {
        Self {
            metric: Metric::Loss.name().to_owned(),
            patience: 0,
        }
    }
}

impl StopEarly {
    /// What is wrong with the values: the key within `[train]`, and what it must be, to be read after its name.
    pub(super) fn violations(&self) -> Vec<(&'static str, String)> {
        let is_ranked = |metric: Metric| metric.better().has_best();
        if Metric::from_name(&self.metric).is_some_and(is_ranked) {
            return Vec::new();
        }
        let legal = Metric::ALL.into_iter().filter(|&metric| is_ranked(metric));
        let names: Vec<String> = legal.map(|metric| format!("`{}`", metric.name())).collect();
        let must = format!(
            "must be a metric of held-out images that can be better or worse: {}",
            names.join(", ")
        );
        vec![("stop_early.metric", must)]
    }

    /// The metric that is watched; `None` where the training never ends early.
    pub fn watched(&self) -> Option<Metric> {
        Metric::from_name(&self.metric).filter(|_| self.patience > 0)
    }

    /// The step of the best value, if the training ends after the last of `series`, which is [`Self::watched`] on the held-out
    /// images as `(step, value)`, in order. Of equal values the first is the best. What is not a number improves nothing.
    pub fn ends(&self, series: &[(usize, f64)]) -> Option<usize> {
        let better = self.watched()?.better();
        let costs = series.iter().enumerate();
        let (place, _) = costs
            .filter_map(|(place, &(_, value))| Some((place, better.cost(value)?)))
            .min_by(|one, other| one.1.total_cmp(&other.1))?;
        let since = series.len() - 1 - place;
        (since >= self.patience).then_some(series[place].0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(metric: &str, patience: usize, values: &[f64]) -> Option<usize> {
        let stop = StopEarly {
            metric: metric.to_owned(),
            patience,
        };
        let steps = values.iter().enumerate();
        let series: Vec<(usize, f64)> = steps.map(|(at, &value)| (10 * (at + 1), value)).collect();
        stop.ends(&series)
    }

    #[test]
    fn it_ends_after_so_many_evaluations_without_a_better_one() {
        assert_eq!(ends("psnr", 2, &[20.0, 21.0, 20.5]), None);
        assert_eq!(ends("psnr", 2, &[20.0, 21.0, 20.5, 20.9]), Some(20));
        // As good is not better, and which way is better the metric knows.
        assert_eq!(ends("psnr", 2, &[20.0, 20.0, 20.0]), Some(10));
        assert_eq!(ends("loss", 2, &[20.0, 20.5, 20.9]), Some(10));
        assert_eq!(ends("loss", 2, &[20.0, 20.5, 19.0]), None);
        assert_eq!(ends("loss", 1, &[20.0, f64::NAN]), Some(10));
        assert_eq!(ends("loss", 1, &[f64::NAN, f64::NAN]), None);
        assert_eq!(ends("loss", 1, &[]), None);
        assert_eq!(ends("loss", 0, &[1.0, 2.0, 3.0]), None);
    }
}
