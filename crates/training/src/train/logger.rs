//! burn-train's metrics into the run's Parquet log.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use burn_train::Interrupter;
use burn_train::logger::MetricLogger;
use burn_train::metric::store::{EpochSummary, MetricsUpdate, Split};
use burn_train::metric::{MetricDefinition, MetricId, NumericEntry};

use crate::evaluate::Metric;
use crate::runs::{LoggedRow, MetricLog, MetricTable, RunError};

/// The split of held-out images, in the log.
pub(super) const HELD_OUT: &str = "validation";

/// A run's log, shared by burn-train's logging thread and the training loop. An error stops the training and waits
/// here for the loop to take it.
#[derive(Clone)]
pub(super) struct SharedLog {
    log: Arc<Mutex<MetricLog>>,
    failure: Arc<Mutex<Option<RunError>>>,
    interrupter: Interrupter,
    begun: Instant,
    /// Seconds that earlier sessions trained.
    before: f64,
    /// The held-out numbers that the loop decides by, `(step, value)` in order, by metric.
    watched: Arc<Mutex<BTreeMap<&'static str, Vec<(usize, f64)>>>>,
}

impl SharedLog {
    /// Shares `log`, which continues `before`. The held-out numbers of `watched` are remembered.
    pub(super) fn new(
        log: MetricLog,
        before: &MetricTable,
        watched: impl IntoIterator<Item = Metric>,
        interrupter: Interrupter,
    ) -> Self {
        let names = watched.into_iter().map(Metric::name);
        let watched = names.map(|name| (name, before.series(HELD_OUT, name).to_vec()));
        Self {
            log: Arc::new(Mutex::new(log)),
            failure: Arc::default(),
            interrupter,
            begun: Instant::now(),
            before: before.seconds(),
            watched: Arc::new(Mutex::new(watched.collect())),
        }
    }

    /// Notes one number.
    pub(super) fn push(&self, step: usize, split: &'static str, metric: &str, value: f64) {
        if split == HELD_OUT
            && let Some(series) = lock(&self.watched).get_mut(metric)
        {
            series.push((step, value));
        }
        let row = LoggedRow {
            step,
            split,
            metric,
            value,
            seconds: self.before + self.begun.elapsed().as_secs_f64(),
        };
        let written = lock(&self.log).push(row);
        self.keep(written);
    }

    /// The held-out numbers of a metric that is watched, as `(step, value)` in order; none of any other.
    pub(super) fn watched(&self, metric: Option<Metric>) -> Vec<(usize, f64)> {
        let watched = lock(&self.watched);
        let series = metric.and_then(|metric| watched.get(metric.name()));
        series.cloned().unwrap_or_default()
    }

    /// Writes all that was noted; the next row begins a new file.
    pub(super) fn end_segment(&self, step: usize) {
        let written = lock(&self.log).end_segment(step);
        self.keep(written);
    }

    /// Writes all that was noted.
    pub(super) fn flush(&self) {
        let written = lock(&self.log).flush();
        self.keep(written);
    }

    /// Whether there was an error.
    pub(super) fn has_failed(&self) -> bool {
        lock(&self.failure).is_some()
    }

    /// The first error, once.
    pub(super) fn take_failure(&self) -> Option<RunError> {
        lock(&self.failure).take()
    }

    /// Keeps an error for [`Self::take_failure`] and stops the training.
    pub(super) fn keep(&self, result: Result<(), RunError>) {
        if let Err(error) = result {
            lock(&self.failure).get_or_insert(error);
            self.interrupter
                .stop(Some("the run folder cannot be written"));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// burn-train's logger: it is told values and splits, and counts the steps itself.
pub(super) struct ParquetLogger {
    shared: SharedLog,
    names: HashMap<MetricId, String>,
    step: usize,
}

impl ParquetLogger {
    /// Logs the steps after `done`.
    pub(super) fn new(shared: SharedLog, done: usize) -> Self {
        Self {
            shared,
            names: HashMap::new(),
            step: done,
        }
    }
}

impl MetricLogger for ParquetLogger {
    fn log(&mut self, update: MetricsUpdate, _epoch: usize, split: &Split) {
        // A batch brings its own values; the end of a split brings their means, as `Final`.
        let is_end = update
            .entries_numeric
            .iter()
            .any(|entry| matches!(entry.numeric_entry, Some(NumericEntry::Final(_))));
        let split = match (split, is_end) {
            (Split::Train, false) => {
                self.step += 1;
                "train"
            }
            (Split::Valid, true) => HELD_OUT,
            _ => return,
        };
        for entry in update.entries_numeric {
            let name = self.names.get(&entry.entry.metric_id);
            let (Some(name), Some(value)) = (name, entry.numeric_entry) else {
                continue;
            };
            // A metric that no image has a value of is absent; a loss that is not a number is news.
            if name == Metric::Loss.name() || !value.current().is_nan() {
                self.shared.push(self.step, split, name, value.current());
            }
        }
    }

    fn read_numeric(
        &mut self,
        _name: &str,
        _epoch: usize,
        _split: &Split,
    ) -> Result<Vec<NumericEntry>, String> {
        // Nothing here decides by what burn-train reads back: the best step is read from the Parquet log.
        Ok(Vec::new())
    }

    fn log_metric_definition(&mut self, definition: MetricDefinition) {
        self.names
            .insert(definition.metric_id, definition.name.to_string());
    }

    fn log_epoch_summary(&mut self, _summary: EpochSummary) {}
}
