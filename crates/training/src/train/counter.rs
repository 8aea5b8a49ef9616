//! How much of a long work is done, such as decoding photographs: a bar on a terminal, and elsewhere a line now and then.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use colorize_base::{thousands, visible};
use indicatif::{ProgressBar, ProgressStyle};

/// Lines come no closer together than this.
const INTERVAL: Duration = Duration::from_secs(10);

/// Counts on the standard error stream. What it counts may be counted by several threads.
pub struct Counter(Sink);

enum Sink {
    Bar(ProgressBar),
    Lines { begun: Instant, lines: Mutex<Lines> },
    Nothing,
}

impl Counter {
    /// Counts `what` up to `all`, or without an end where that is 0; silently when told so.
    pub fn new(what: &str, all: usize, is_quiet: bool) -> Self {
        if is_quiet {
            return Self(Sink::Nothing);
        }
        if !std::io::stderr().is_terminal() {
            return Self(Sink::Lines {
                begun: Instant::now(),
                lines: Mutex::new(Lines::new(what, all)),
            });
        }
        let template = if all == 0 {
            "{prefix} {wide_bar} {pos} {eta} left"
        } else {
            "{prefix} {wide_bar} {pos}/{len} {eta} left"
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(all as u64).with_style(style);
        Self(Sink::Bar(bar.with_prefix(what.to_owned())))
    }

    /// From now on counts up to `all`.
    pub fn set_length(&self, all: usize) {
        match &self.0 {
            Sink::Bar(bar) => bar.set_length(all as u64),
            Sink::Lines { lines, .. } => {
                lines.lock().unwrap_or_else(PoisonError::into_inner).all = all;
            }
            Sink::Nothing => {}
        }
    }

    /// So many are done.
    pub fn set_position(&self, done: usize) {
        match &self.0 {
            Sink::Bar(bar) => bar.set_position(done as u64),
            Sink::Lines { begun, lines } => {
                let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(line) = lines.at(begun.elapsed(), done) {
                    // A closed stream must not end the work.
                    let _ = writeln!(std::io::stderr(), "{}", visible(&line));
                }
            }
            Sink::Nothing => {}
        }
    }

    /// The work is over, and the bar disappears.
    pub fn finish_and_clear(&self) {
        if let Sink::Bar(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// What is said where there is no terminal.
#[derive(Debug)]
struct Lines {
    what: String,
    all: usize,
    /// How many were done at the first count, such as those that were known before, and when that was.
    first: Option<(usize, Duration)>,
    /// When something was said.
    last: Duration,
}

impl Lines {
    fn new(what: &str, all: usize) -> Self {
        Self {
            what: what.to_owned(),
            all,
            first: None,
            last: Duration::ZERO,
        }
    }

    /// The line that is due so long after the beginning, if one is.
    fn at(&mut self, now: Duration, done: usize) -> Option<String> {
        let (known, since) = *self.first.get_or_insert((done, now));
        let is_done = self.all > 0 && done >= self.all;
        if is_done || now.saturating_sub(self.last) < INTERVAL {
            return None;
        }
        self.last = now;
        let mut line = format!("{}: {}", self.what, thousands(done));
        if self.all > 0 {
            line.push_str(&format!(" of {}", thousands(self.all)));
        }
        let seconds = now.saturating_sub(since).as_secs_f64();
        let rate = done.saturating_sub(known) as f64 / seconds;
        if rate.is_finite() && rate > 0.0 {
            let decimals = usize::from(rate < 9.95);
            line.push_str(&format!(", {rate:.decimals$} per second"));
            if self.all > 0 {
                let left = self.all.saturating_sub(done) as f64 / rate;
                line.push_str(&format!(", {} left", readable(left)));
            }
        }
        Some(line)
    }
}

/// `103.2` as `1 min 43 s`.
fn readable(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_line_comes_every_ten_seconds() {
        let mut lines = Lines::new("feature vectors", 6448);
        assert_eq!(lines.at(seconds(0), 0), None);
        assert_eq!(lines.at(seconds(9), 400), None);
        assert_eq!(
            lines.at(seconds(10), 510).as_deref(),
            Some("feature vectors: 510 of 6,448, 51 per second, 1 min 56 s left")
        );
        assert_eq!(lines.at(seconds(19), 900), None);
        assert_eq!(
            lines.at(seconds(30), 1200).as_deref(),
            Some("feature vectors: 1,200 of 6,448, 40 per second, 2 min 11 s left")
        );
        // What is done is said by who asked for it.
        assert_eq!(lines.at(seconds(60), 6448), None);
    }

    #[test]
    fn what_was_known_before_is_not_part_of_the_speed() {
        let mut lines = Lines::new("feature vectors", 3000);
        assert_eq!(lines.at(seconds(1), 1000), None);
        assert_eq!(
            lines.at(seconds(11), 1005).as_deref(),
            Some("feature vectors: 1,005 of 3,000, 0.5 per second, 1 h 6 min left")
        );
    }

    #[test]
    fn where_nothing_moves_there_is_no_speed() {
        let mut lines = Lines::new("feature vectors", 12);
        assert_eq!(
            lines.at(seconds(10), 0).as_deref(),
            Some("feature vectors: 0 of 12")
        );
        let mut lines = Lines::new("painting scenes", 0);
        assert_eq!(lines.at(seconds(5), 0), None);
        assert_eq!(
            lines.at(seconds(15), 1_234_567).as_deref(),
            Some("painting scenes: 1,234,567, 123457 per second")
        );
    }

    #[test]
    fn times_are_read_at_a_glance() {
        let read = [0.4, 59.4, 60.0, 3599.0, 7500.0].map(readable);
        assert_eq!(
            read,
            ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "2 h 5 min"]
        );
    }
}
