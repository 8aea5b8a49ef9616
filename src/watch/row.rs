//! One run in the list.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::runs::{Condition, MetricFollower, MetricPoint, RunRecord};

/// The speed is that of the last rows: of as many seconds, and of as many rows at least.
const SPEED_OVER: (f64, usize) = (300.0, 20);

/// What the list shows of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The run's folder.
    pub folder: PathBuf,
    /// Experiment, variant and seed.
    pub name: String,
    /// The experiment's title.
    pub title: String,
    /// How it stands.
    pub state: Condition,
    /// Steps done, as far as they are logged.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Steps per second, including evaluations, samples and checkpoints; `None` when it is not running or has too few
    /// rows.
    pub rate: Option<f64>,
    /// The machine of its last session.
    pub host: String,
    /// The device.
    pub device: String,
    /// When its last session began.
    pub started: Option<Timestamp>,
    /// When it last wrote anything.
    pub written: Timestamp,
    /// Why it failed.
    pub error: Option<String>,
}

impl Row {
    /// Of a run that stands so; `log` holds its last rows, where it runs.
    pub(super) fn new(
        folder: PathBuf,
        record: &RunRecord,
        state: Condition,
        log: Option<&MetricFollower>,
        written: Timestamp,
    ) -> Self {
        let session = record.sessions.last();
        let logged = log.and_then(MetricFollower::last_step).unwrap_or(0);
        let losses = log.map_or_else(Vec::new, |log| log.series("train", "loss"));
        Self {
            folder,
            name: name(record),
            title: record.title.clone(),
            state,
            step: record.step.max(logged).min(record.steps),
            steps: record.steps,
            rate: speed(&losses).filter(|_| state == Condition::Running),
            host: session.map_or_else(String::new, |session| {
                session.environment.machine.host.clone()
            }),
            device: record.device.clone(),
            started: session.map(|session| session.started),
            written,
            error: record.error.clone(),
        }
    }

    /// How long it will take at this speed.
    pub fn left(&self) -> Option<Duration> {
        let steps = self.steps.saturating_sub(self.step) as f64;
        self.rate
            .and_then(|rate| Duration::try_from_secs_f64(steps / rate).ok())
    }

    /// How long ago it wrote anything; no time at all where its clock is ahead of ours.
    pub fn age(&self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.written)).unwrap_or_default()
    }
}

fn name(record: &RunRecord) -> String {
    let (experiment, seed) = (&record.experiment, record.seed);
    if record.variant.is_empty() {
        format!("{experiment} s{seed}")
    } else {
        format!("{experiment} {} s{seed}", record.variant)
    }
}

/// Steps per second over the last of `points`.
fn speed(points: &[MetricPoint]) -> Option<f64> {
    let last = points.last()?;
    let (seconds, rows) = SPEED_OVER;
    let recent = points.partition_point(|point| point.seconds < last.seconds - seconds);
    let first = points[recent.min(points.len().saturating_sub(rows))];
    let (steps, seconds) = (last.step - first.step, last.seconds - first.seconds);
    (steps > 0 && seconds > 0.0).then(|| steps as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_that_of_the_last_rows() {
        let at = |step: usize, seconds: f64| MetricPoint {
            step,
            value: 0.0,
            seconds,
        };
        assert_eq!(speed(&[]), None);
        assert_eq!(speed(&[at(1, 5.0)]), None);
        assert_eq!(speed(&[at(1, 5.0), at(3, 6.0)]), Some(2.0));
        // A thousand fast steps long ago do not count, the last five minutes do.
        let mut points: Vec<_> = (1..=1000)
            .map(|step| at(step, step as f64 / 100.0))
            .collect();
        points.extend((1..=600).map(|step| at(1000 + step, 10.0 + step as f64)));
        assert_eq!(speed(&points), Some(1.0));
    }
}
