//! A metric's values over a run, in short.

use serde::{Deserialize, Serialize};

use crate::experiment::{Better, Properties};

/// A value and the step at which it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Optimizer steps done.
    pub step: usize,
    /// The number.
    pub value: f64,
}

/// One metric of one split over a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// `train` or `validation`, or what else a log holds.
    pub split: String,
    /// The metric's name.
    pub metric: String,
    /// How many values there are, at least one.
    pub count: usize,
    /// The first one.
    pub first: Point,
    /// The last one.
    pub last: Point,
    /// The mean of the last tenth of the values, at least one of them.
    pub mean: f64,
    /// The smallest number; `None` where no value is a number.
    lowest: Option<Point>,
    /// The largest number.
    highest: Option<Point>,
    /// The number nearest to 1.
    nearest_to_one: Option<Point>,
}

impl Series {
    /// Of at least one value, in order of steps.
    pub(super) fn of(split: String, metric: String, points: &[Point]) -> Option<Self> {
        let (first, last) = (*points.first()?, *points.last()?);
        let tail = &points[points.len() - points.len().div_ceil(10)..];
        let sum: f64 = tail.iter().map(|point| point.value).sum();
        // The first of equals: the sooner the better.
        let best = |better: Better| {
            let numbers = points.iter();
            numbers
                .filter_map(|point| Some((better.cost(point.value)?, *point)))
                .min_by(|one, two| one.0.total_cmp(&two.0))
                .map(|(_, point)| point)
        };
        Some(Self {
            split,
            metric,
            count: points.len(),
            first,
            last,
            mean: sum / tail.len() as f64,
            lowest: best(Better::Lower),
            highest: best(Better::Higher),
            nearest_to_one: best(Better::One),
        })
    }

    /// The best value, the earliest of several; `None` where the metric knows no better, or no value is a number.
    pub fn best(&self) -> Option<Point> {
        match better(&self.metric) {
            Better::Higher => self.highest,
            Better::Lower => self.lowest,
            Better::One => self.nearest_to_one,
            Better::Photographs | Better::Neither => None,
        }
    }
}

/// Which way a logged metric improves.
pub(super) fn better(metric: &str) -> Better {
    Properties::of(metric).map_or(Better::Neither, |metric| metric.better)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(split: &str, metric: &str, values: &[f64]) -> Series {
        let points: Vec<Point> = values
            .iter()
            .enumerate()
            .map(|(index, &value)| Point {
                step: index + 1,
                value,
            })
            .collect();
        Series::of(split.to_owned(), metric.to_owned(), &points).unwrap()
    }

    #[test]
    fn the_best_is_the_metrics_own_and_the_earliest() {
        let values = [3.0, f64::NAN, 0.5, 0.9, 3.0, 0.5];
        let best = |metric| {
            let best = series("validation", metric, &values).best();
            best.map(|point| (point.step, point.value))
        };
        assert_eq!(best("psnr"), Some((1, 3.0)));
        assert_eq!(best("loss"), Some((3, 0.5)));
        assert_eq!(best("colorfulness_ratio"), Some((4, 0.9)));
        assert_eq!(best("gray_share"), None);
        assert_eq!(best("images_per_second"), Some((1, 3.0)));
        assert_eq!(best("resident_memory_bytes"), Some((3, 0.5)));
        let broken = series("train", "loss", &[f64::NAN]);
        assert_eq!(broken.best(), None);
        assert!(broken.last.value.is_nan() && broken.mean.is_nan());
    }

    #[test]
    fn the_mean_is_of_the_last_tenth() {
        let values: Vec<f64> = (1..=25).map(f64::from).collect();
        assert_eq!(series("train", "loss", &values).mean, 24.0);
        assert_eq!(series("train", "loss", &values[..3]).mean, 3.0);
        assert!(Series::of(String::new(), String::new(), &[]).is_none());
    }
}
