//! A summary of a column of numbers.

use super::student::quantile;
use super::{CONFIDENCE, Interval};

/// The mean of some numbers and how surely it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// How many numbers there are.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// How far one of them lies from the mean, with `count - 1` below the line; `None` for a single number.
    pub standard_deviation: Option<f64>,
    /// Student's interval of the mean: right for numbers that scatter normally, such as seeds, and for many numbers
    /// of any kind. `None` for a single number.
    pub interval: Option<Interval>,
}

impl Description {
    /// Describes `values`; `None` where there are none. A value that is not finite makes everything so.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let mean = mean(values);
        let standard_deviation = standard_deviation(values);
        let interval = standard_deviation.map(|deviation| {
            let share = f64::midpoint(1.0, CONFIDENCE);
            let error = deviation / (values.len() as f64).sqrt();
            let half = error * quantile(share, values.len() - 1);
            Interval {
                low: mean - half,
                high: mean + half,
            }
        });
        Some(Self {
            count: values.len(),
            mean,
            standard_deviation,
            interval,
        })
    }
}

/// The mean of at least one value.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation with one fewer than `values` below the line; `None` for fewer than two.
pub(super) fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}
