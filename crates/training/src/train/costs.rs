//! What the parts of a run cost: a line of the text log for every step at which more fell due than the step itself.

use std::fmt::{self, Display, Formatter};
use std::time::Instant;

use crate::runs::peak_memory;

/// Seconds and memory of each part since the last line.
#[derive(Debug)]
pub(super) struct Costs {
    parts: Vec<Part>,
    since: Instant,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    seconds: f64,
    /// The most that the process has held up to the end of the part, in bytes.
    peak: Option<u64>,
}

impl Costs {
    /// Counts from now on.
    pub(super) fn start() -> Self {
        Self {
            parts: Vec::new(),
            since: Instant::now(),
        }
    }

    /// Ends the part in hand, and begins the next.
    pub(super) fn end(&mut self, name: &'static str) {
        let now = Instant::now();
        self.parts.push(Part {
            name,
            seconds: now.duration_since(self.since).as_secs_f64(),
            peak: peak_memory(),
        });
        self.since = now;
    }

    /// The line for `step`; counting then starts over.
    pub(super) fn line(&mut self, step: usize) -> String {
        let line = format!("costs up to step {step}: {self}");
        *self = Self::start();
        line
    }
}

/// `training 912.3 s, statistics 19.0 s, evaluation 41.7 s; peak memory after each 1.742, 1.742, 1.801 GB`
impl Display for Costs {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            let between = if index == 0 { "" } else { ", " };
            write!(formatter, "{between}{} {:.1} s", part.name, part.seconds)?;
        }
        let peaks: Option<Vec<u64>> = self.parts.iter().map(|part| part.peak).collect();
        let Some(peaks) = peaks else { return Ok(()) };
        let gigabytes: Vec<String> = peaks
            .iter()
            .map(|&bytes| format!("{:.3}", bytes as f64 / 1e9))
            .collect();
        write!(
            formatter,
            "; peak memory after each {} GB",
            gigabytes.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_every_part_and_the_next_begins_anew() {
        let mut costs = Costs::start();
        costs.parts = [
            ("training", 912.34, 1_742_000_000),
            ("evaluation", 41.7, 1_801_000_000),
        ]
        .map(|(name, seconds, peak)| Part {
            name,
            seconds,
            peak: Some(peak),
        })
        .into();
        assert_eq!(
            costs.line(500),
            "costs up to step 500: training 912.3 s, evaluation 41.7 s; peak memory after each 1.742, 1.801 GB"
        );
        costs.end("training");
        let [part] = &costs.parts[..] else {
            panic!("{costs}")
        };
        assert!(part.seconds < 60.0);
    }

    #[test]
    fn a_system_that_keeps_no_count_of_memory_has_times() {
        let mut costs = Costs::start();
        costs.parts.push(Part {
            name: "training",
            seconds: 1.0,
            peak: None,
        });
        assert_eq!(costs.to_string(), "training 1.0 s");
    }
}
