//! The writer of a run's log: rows are noted in memory, and written by a thread of its own.
//!
//! To note a row costs the training neither a file nor an allocation: names are kept once, and rows as columns, in chunks
//! that are full one day and never change again. What the disk is to have is handed to the thread as those chunks, so that
//! rows go on being noted while it encodes, writes and waits for the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use polars::prelude::*;

use super::images::write_table;
use super::metrics::files;
use super::rows::LoggedRow;
use super::{RunError, RunFolder};

/// Rows of a chunk.
const CHUNK: usize = 4096;

/// Rows after which the file of a segment is ended with the step in hand: what is rewritten and what is kept in memory stays
/// small, however far apart checkpoints are.
const LONGEST: usize = 8 * CHUNK;

/// The writer of a run's log.
#[derive(Debug)]
pub struct MetricLog {
    folder: PathBuf,
    segment: Segment,
    names: Arc<Names>,
    unwritten: usize,
    written_at: Instant,
    interval: Duration,
    writer: Writer,
}

/// Split and metric of every series that there is, by its number.
type Names = Vec<(String, String)>;

/// Rows that go into one file.
#[derive(Debug, Clone)]
struct Segment {
    begins_at: usize,
    full: Vec<Arc<Chunk>>,
    open: Chunk,
}

/// Rows, column by column.
#[derive(Debug, Clone)]
struct Chunk {
    steps: Vec<i64>,
    series: Vec<u16>,
    values: Vec<f64>,
    seconds: Vec<f64>,
}

impl MetricLog {
    /// Goes on from the checkpoint at `step` (0 is the beginning): rows of later steps, which a killed process may
    /// have left, are deleted, because they will be made again. The thread begins to write rows when the oldest of them is
    /// `interval` old, or sooner.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the folder cannot be written.
    pub fn resume(folder: &RunFolder, step: usize, interval: Duration) -> Result<Self, RunError> {
        let folder = folder.metrics();
        fs::create_dir_all(&folder).map_err(RunError::io("create", &folder))?;
        for (begins_at, path) in files(&folder)? {
            if begins_at >= step {
                fs::remove_file(&path).map_err(RunError::io("remove", &path))?;
            }
        }
        Ok(Self {
            writer: Writer::start(&folder)?,
            folder,
            segment: Segment::new(step),
            names: Arc::default(),
            unwritten: 0,
            written_at: Instant::now(),
            interval,
        })
    }

    /// Notes one number; has the pending rows written when the interval is over, and does not wait for it.
    ///
    /// # Errors
    ///
    /// [`RunError`] when an earlier table could not be written; the row is noted nevertheless, and all are kept for the
    /// next try.
    pub fn push(&mut self, row: LoggedRow<'_>) -> Result<(), RunError> {
        // All rows of the steps before were there, and no checkpoint lies between: one would have ended the segment.
        if self.segment.len() >= LONGEST && self.segment.last_step() < row.step as i64 {
            self.hand_over();
            self.segment = Segment::new(row.step - 1);
        }
        let series = self.series(row.split, row.metric);
        self.segment.push(row.step, series, row.value, row.seconds);
        self.unwritten += 1;
        if self.written_at.elapsed() >= self.interval {
            self.hand_over();
        }
        self.writer.failure()
    }

    /// Writes every row noted so far, and waits until they are on the disk.
    ///
    /// # Errors
    ///
    /// [`RunError`] when a table cannot be written; the rows are kept for the next try.
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.hand_over();
        self.writer.wait()
    }

    /// Ends the file of this segment at `step`, where a checkpoint follows, and begins the next.
    ///
    /// # Errors
    ///
    /// [`RunError`] when a table cannot be written.
    pub fn end_segment(&mut self, step: usize) -> Result<(), RunError> {
        self.flush()?;
        self.segment = Segment::new(step);
        Ok(())
    }

    /// Hands the rows of the segment to the thread, where it has not had them all.
    fn hand_over(&mut self) {
        self.written_at = Instant::now();
        if self.unwritten == 0 {
            return;
        }
        self.unwritten = 0;
        let begins_at = self.segment.begins_at;
        self.writer.write(Job {
            path: self.folder.join(format!("from-{begins_at:09}.parquet")),
            segment: self.segment.clone(),
            names: Arc::clone(&self.names),
        });
    }

    fn series(&mut self, split: &str, metric: &str) -> u16 {
        let known = self
            .names
            .iter()
            .position(|(its_split, its_metric)| its_metric == metric && its_split == split);
        let number = known.unwrap_or_else(|| {
            Arc::make_mut(&mut self.names).push((split.to_owned(), metric.to_owned()));
            self.names.len() - 1
        });
        u16::try_from(number).expect("a run has some dozens of metrics")
    }
}

impl Segment {
    fn new(begins_at: usize) -> Self {
        Self {
            begins_at,
            full: Vec::new(),
            open: Chunk::new(),
        }
    }

    fn push(&mut self, step: usize, series: u16, value: f64, seconds: f64) {
        let open = &mut self.open;
        open.steps.push(step as i64);
        open.series.push(series);
        open.values.push(value);
        open.seconds.push(seconds);
        if open.steps.len() == CHUNK {
            let full = std::mem::replace(open, Chunk::new());
            self.full.push(Arc::new(full));
        }
    }

    fn len(&self) -> usize {
        self.full.len() * CHUNK + self.open.steps.len()
    }

    fn last_step(&self) -> i64 {
        let full = self.full.last().map(Arc::as_ref);
        let last = self.open.steps.last().or_else(|| full?.steps.last());
        last.copied().unwrap_or_default()
    }

    fn table(&self, names: &Names) -> PolarsResult<DataFrame> {
        let chunks = || self.full.iter().map(Arc::as_ref).chain([&self.open]);
        let series = || {
            chunks()
                .flat_map(|chunk| &chunk.series)
                .map(|&series| &names[usize::from(series)])
        };
        let column = |read: fn(&Chunk) -> &Vec<f64>| -> Vec<f64> {
            chunks().flat_map(read).copied().collect()
        };
        let steps: Vec<i64> = chunks().flat_map(|chunk| &chunk.steps).copied().collect();
        let splits: Vec<&str> = series().map(|(split, _)| split.as_str()).collect();
        let metrics: Vec<&str> = series().map(|(_, metric)| metric.as_str()).collect();
        DataFrame::new(
            self.len(),
            vec![
                Column::new("step".into(), steps),
                Column::new("split".into(), splits),
                Column::new("metric".into(), metrics),
                Column::new("value".into(), column(|chunk| &chunk.values)),
                Column::new("seconds".into(), column(|chunk| &chunk.seconds)),
            ],
        )
    }
}

impl Chunk {
    /// Room for a whole chunk: what is not used of it is not resident either.
    fn new() -> Self {
        Self {
            steps: Vec::with_capacity(CHUNK),
            series: Vec::with_capacity(CHUNK),
            values: Vec::with_capacity(CHUNK),
            seconds: Vec::with_capacity(CHUNK),
        }
    }
}

/// A file that is to be written.
#[derive(Debug)]
struct Job {
    path: PathBuf,
    segment: Segment,
    names: Arc<Names>,
}

enum Message {
    Write(Job),
    /// Answers when all that was said before is on the disk, or cannot be written.
    Wait(Sender<Result<(), RunError>>),
}

/// The thread that writes. Dropped, it writes what it was told to, and ends.
#[derive(Debug)]
struct Writer {
    folder: PathBuf,
    messages: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    /// The first error that nobody has been told yet.
    failure: Arc<Mutex<Option<RunError>>>,
}

impl Writer {
    fn start(folder: &Path) -> Result<Self, RunError> {
        let (messages, said) = channel();
        let failure = Arc::default();
        let shared = Arc::clone(&failure);
        let thread = thread::Builder::new()
            .name("metric log".to_owned())
            .spawn(move || write_until_dropped(&said, &shared))
            .map_err(RunError::io("start the writer thread for", folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            messages: Some(messages),
            thread: Some(thread),
            failure,
        })
    }

    fn write(&self, job: Job) {
        // A thread that has died is found out when it is waited for, which no checkpoint goes without.
        let _ = self.say(Message::Write(job));
    }

    fn wait(&self) -> Result<(), RunError> {
        let (answer, answered) = channel();
        let result = self
            .say(Message::Wait(answer))
            .and_then(|()| answered.recv().ok());
        // Whoever waits is told, so nobody else has to be.
        let earlier = self.failure();
        result.unwrap_or_else(|| {
            let cause = std::io::Error::other("the writer thread has died");
            Err(RunError::io("write to", &self.folder)(cause))
        })?;
        earlier
    }

    fn say(&self, message: Message) -> Option<()> {
        self.messages.as_ref()?.send(message).ok()
    }

    fn failure(&self) -> Result<(), RunError> {
        let failure = self
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        failure.map_or(Ok(()), Err)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.messages = None;
        if let Some(thread) = self.thread.take() {
            // It has said what there was to say when it was waited for.
            let _ = thread.join();
        }
    }
}

fn write_until_dropped(said: &Receiver<Message>, failure: &Mutex<Option<RunError>>) {
    // What is to be written: what could not be stays here for the next try.
    let mut jobs: Vec<Job> = Vec::new();
    while let Ok(first) = said.recv() {
        let mut waiting = Vec::new();
        for message in std::iter::once(first).chain(said.try_iter()) {
            match message {
                Message::Write(job) => {
                    // It has all the rows of an earlier one.
                    jobs.retain(|earlier| earlier.path != job.path);
                    jobs.push(job);
                }
                Message::Wait(answer) => waiting.push(answer),
            }
        }
        let mut result = Ok(());
        while result.is_ok() && !jobs.is_empty() {
            result = write(&jobs[0]);
            if result.is_ok() {
                jobs.remove(0);
            }
        }
        // One thread at a time waits, and it may be gone.
        if let Some(answer) = waiting.pop() {
            let _ = answer.send(result);
        } else if let Err(error) = result {
            let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert(error);
        }
    }
}

fn write(job: &Job) -> Result<(), RunError> {
    let table = job.segment.table(&job.names);
    let mut table = table.map_err(RunError::table("write", &job.path))?;
    write_table(&job.path, &mut table)
}

#[cfg(test)]
mod tests;
