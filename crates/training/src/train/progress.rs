//! Progress on the terminal: a bar where there is one, plain lines where there is not.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use burn_train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
use burn_train::metric::{MetricDefinition, MetricId, NumericEntry};
use burn_train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining,
};
use colorize_base::visible;
use indicatif::{ProgressBar, ProgressStyle};

use super::counter::Counter;
use super::metrics::Speed;
use crate::evaluate::Metric;

/// How a run shows its progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Display {
    /// A bar when the standard error stream is a terminal, else plain lines.
    Plain,
    /// burn-train's dashboard.
    Dashboard,
    /// Warnings alone.
    Quiet,
    /// Nothing, for tests.
    Silent,
}

impl Display {
    /// Tells a person who watches what should not go unnoticed, in addition to the log.
    pub(super) fn warn(self, label: &str, text: &str) {
        if self != Self::Silent {
            // A closed stream must not end the training.
            let _ = writeln!(std::io::stderr(), "{label}  warning: {}", visible(text));
        }
    }

    fn hides_progress(self) -> bool {
        matches!(self, Self::Quiet | Self::Silent)
    }
}

/// The metrics that an evaluation's line says; the log holds all.
const SAID: [Metric; 5] = [
    Metric::Loss,
    Metric::Psnr,
    Metric::PsnrLumaReplaced,
    Metric::Ciede2000,
    Metric::ColorfulnessRatio,
];

/// Plain lines come no closer together than this.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

enum Sink {
    Bar(ProgressBar),
    Lines { last: Instant },
    Nothing,
}

/// burn-train's renderer for a plain terminal.
pub(super) struct Progress {
    label: String,
    /// Steps done.
    done: usize,
    /// Total steps.
    steps: usize,
    /// Steps done before this session.
    first: usize,
    /// Steps done before the stretch in hand, whose items burn-train counts.
    stretch: usize,
    begun: Instant,
    names: HashMap<MetricId, String>,
    loss: f64,
    speed: f64,
    held_out: Vec<(String, f64)>,
    in_held_out: bool,
    sink: Sink,
}

impl Progress {
    /// Of the steps after `done`, up to `steps`; silent when told so.
    pub(super) fn new(label: &str, done: usize, steps: usize, display: Display) -> Self {
        let sink = if display.hides_progress() {
            Sink::Nothing
        } else if std::io::stderr().is_terminal() {
            let style =
                ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg} {eta} left")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(steps as u64).with_style(style);
            bar.set_prefix(label.to_owned());
            bar.set_position(done as u64);
            bar.reset_eta();
            Sink::Bar(bar)
        } else {
            Sink::Lines {
                last: Instant::now(),
            }
        };
        Self {
            label: label.to_owned(),
            done,
            steps,
            first: done,
            stretch: done,
            begun: Instant::now(),
            names: HashMap::new(),
            loss: f64::NAN,
            speed: f64::NAN,
            held_out: Vec::new(),
            in_held_out: false,
            sink,
        }
    }

    /// Counts `all` feature vectors, before a run.
    pub(super) fn features(label: &str, all: usize, display: Display) -> Counter {
        Counter::new(
            &format!("feature vectors for {label}"),
            all,
            display.hides_progress(),
        )
    }

    fn now(&self) -> String {
        format!("loss {:.5}  {:.1} images/s", self.loss, self.speed)
    }

    fn time_left(&self) -> String {
        let done = (self.done - self.first).max(1);
        let each = self.begun.elapsed().div_f64(done as f64);
        let left = each.mul_f64((self.steps - self.done) as f64).as_secs();
        format!("{}:{:02} left", left / 60, left % 60)
    }

    fn line(&self, text: &str) {
        match &self.sink {
            Sink::Bar(bar) => bar.println(format!("{}  {text}", self.label)),
            Sink::Lines { .. } => {
                // A closed stream must not end the training.
                let _ = writeln!(std::io::stderr(), "{}  {text}", self.label);
            }
            Sink::Nothing => {}
        }
    }

    fn value(&self, state: &MetricState) -> Option<(String, f64, bool)> {
        let MetricState::Numeric(entry, Some(value)) = state else {
            return None;
        };
        let name = self.names.get(&entry.metric_id)?.clone();
        let is_final = matches!(value, NumericEntry::Final(_));
        Some((name, value.current(), is_final))
    }
}

impl MetricsRendererTraining for Progress {
    fn update_train(&mut self, state: MetricState) {
        match self.value(&state) {
            Some((name, value, false)) if name == Metric::Loss.name() => self.loss = value,
            Some((name, value, false)) if name == Speed::NAME => self.speed = value,
            _ => {}
        }
    }

    fn update_valid(&mut self, state: MetricState) {
        if let Some((name, value, true)) = self.value(&state) {
            self.held_out.push((name, value));
        }
    }
}

impl TrainingProgressLogger for Progress {
    fn start(&mut self, _: usize, _: usize, _: Option<usize>, _: Option<&str>) {}

    fn update_epoch(&mut self, _epoch: usize) {
        let values: Vec<String> = std::mem::take(&mut self.held_out)
            .into_iter()
            .filter(|(name, _)| SAID.iter().any(|metric| metric.name() == name))
            .map(|(name, value)| format!("{name} {value:.4}"))
            .collect();
        self.line(&format!(
            "step {}/{}  held out: {}",
            self.done,
            self.steps,
            values.join("  ")
        ));
    }

    fn start_split(&mut self, split: &str, _total_items: usize) {
        self.in_held_out = split != "train";
        self.stretch = self.done;
    }

    fn update_split(&mut self, items_processed: usize) {
        if self.in_held_out {
            return;
        }
        self.done = self.stretch + items_processed;
        let is_due = match &mut self.sink {
            Sink::Bar(bar) => {
                bar.set_position(self.done as u64);
                bar.set_message(format!("loss {:.5}  {:.1} images/s", self.loss, self.speed));
                false
            }
            Sink::Lines { last } if last.elapsed() >= LINE_INTERVAL => {
                *last = Instant::now();
                true
            }
            Sink::Lines { .. } | Sink::Nothing => false,
        };
        if is_due {
            self.line(&format!(
                "step {}/{}  {}  {}",
                self.done,
                self.steps,
                self.now(),
                self.time_left()
            ));
        }
    }

    fn end_split(&mut self) {
        self.in_held_out = false;
    }

    fn end(&mut self) {
        if let Sink::Bar(bar) = &self.sink {
            bar.finish_and_clear();
        }
    }

    fn log_event_training(&mut self, _event: String) {}
}

impl EvaluationProgressLogger for Progress {
    fn start_global_progress(&mut self, _total_tests: usize) {}
    fn start_test(&mut self, _name: &str, _total_items: usize) {}
    fn update_test_progress(&mut self, _items_processed: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _event: String) {}
}

impl MetricsRendererEvaluation for Progress {
    fn update_test(&mut self, _name: EvaluationName, _state: MetricState) {}
}

impl MetricsRenderer for Progress {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, definition: MetricDefinition) {
        self.names
            .insert(definition.metric_id, definition.name.to_string());
    }
}
