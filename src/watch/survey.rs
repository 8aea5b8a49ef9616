//! The folder of runs, inspected again and again.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;

use super::row::Row;
use crate::runs::{
    Condition, Holder, MetricFollower, PATIENCE, RunFolder, RunName, RunRecord, Status, Strays,
    Watch,
};

/// How many records are read in one look at most, the newest first: a folder of ten thousand runs is read in a few
/// looks, and each of them is short.
const RECORDS_A_LOOK: usize = 300;

/// The speed is read from the last files of a log: the newest one begins with each checkpoint and may be short.
const FILES: usize = 2;

/// A folder's experiments change seldom, and their runs that are done do not: these are looked at again only so often.
const SETTLED_LOOKS: usize = 10;

/// All runs in a folder.
pub struct Survey {
    runs: PathBuf,
    /// Owners on other machines are known to be alive by their heartbeat.
    owners: Watch,
    looks: usize,
    known: HashMap<PathBuf, Known>,
    rows: Vec<Row>,
    strays: Strays,
    pending: usize,
}

/// What is known of a run.
struct Known {
    /// Of `run.json`.
    stamp: Stamp,
    /// None where it cannot be read; then it is left out of the list.
    record: Option<RunRecord>,
    /// The last rows of its log, where it may be running.
    log: Option<MetricFollower>,
}

type Stamp = (SystemTime, u64);

impl Survey {
    /// Of the folder `runs`, which need not exist yet. Nothing is known before the first [`Self::look`].
    pub fn new(runs: &Path) -> Self {
        Self {
            runs: runs.to_path_buf(),
            owners: Watch::new(PATIENCE),
            looks: 0,
            known: HashMap::new(),
            rows: Vec::new(),
            strays: Strays::default(),
            pending: 0,
        }
    }

    /// The folder.
    pub fn runs(&self) -> &Path {
        &self.runs
    }

    /// The runs as of the last look: those that run first, each group the newest first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The copies, which have no row, and runs under other names than their own.
    pub fn strays(&self) -> &Strays {
        &self.strays
    }

    /// How many runs were found whose record is still to be read.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Looks again at everything that may have changed.
    pub fn look(&mut self) {
        let found = self.find();
        let there: HashSet<&PathBuf> = found.iter().map(|(path, _)| path).collect();
        self.known.retain(|path, _| there.contains(path));
        let mut changed: Vec<(PathBuf, Stamp)> = found
            .into_iter()
            .filter(|(path, stamp)| {
                self.known
                    .get(path)
                    .is_none_or(|known| known.stamp != *stamp)
            })
            .collect();
        changed.sort_by_key(|(_, stamp)| std::cmp::Reverse(*stamp));
        self.pending = changed.len().saturating_sub(RECORDS_A_LOOK);
        for (path, stamp) in changed.into_iter().take(RECORDS_A_LOOK) {
            // What cannot be read was removed meanwhile or is not of this program: there is no line for it.
            let record = RunFolder::at(&path).record().ok().flatten();
            let known = self.known.entry(path).or_insert(Known {
                stamp,
                record: None,
                log: None,
            });
            (known.stamp, known.record) = (stamp, record);
        }
        self.looks += 1;
        self.update_rows();
    }

    /// Every run folder with the stamp of its `run.json`.
    fn find(&self) -> Vec<(PathBuf, Stamp)> {
        let is_full_look = self.looks.is_multiple_of(SETTLED_LOOKS);
        let mut found = Vec::new();
        for experiment in folders(&self.runs) {
            for path in folders(&experiment) {
                let settled = self.known.get(&path).filter(|known| {
                    !is_full_look
                        && known
                            .record
                            .as_ref()
                            .is_some_and(|record| record.status == Status::Done)
                });
                let stamp = settled
                    .map(|known| known.stamp)
                    .or_else(|| stamp(&path.join("run.json")));
                found.extend(stamp.map(|stamp| (path, stamp)));
            }
        }
        found
    }

    fn update_rows(&mut self) {
        let names: Vec<(PathBuf, RunName)> = self
            .known
            .iter()
            .filter_map(|(path, known)| Some((path.clone(), RunName::of(known.record.as_ref()?))))
            .collect();
        self.strays = Strays::among(names.iter().map(|(path, name)| (path.as_path(), name)));
        let mut rows = Vec::with_capacity(self.known.len());
        for (path, known) in &mut self.known {
            if self.strays.is_copy(path) {
                continue;
            }
            rows.extend(known.row(path, &mut self.owners));
        }
        rows.sort_by(|left, right| {
            order(left)
                .cmp(&order(right))
                .then_with(|| left.folder.cmp(&right.folder))
        });
        self.rows = rows;
    }
}

impl Known {
    /// The run's line; `None` where its record cannot be read.
    fn row(&mut self, path: &Path, owners: &mut Watch) -> Option<Row> {
        let folder = RunFolder::at(path);
        let mut holder = Holder::Nobody;
        if self.record.as_ref()?.status == Status::Running {
            holder = owners.look(&folder).unwrap_or(Holder::Nobody);
            if !holder.is_at_work() {
                // It may have ended between the two looks.
                self.record = folder.record().ok().flatten();
            }
        }
        let record = self.record.as_ref()?;
        let is_running = record.status == Status::Running;
        if is_running {
            let log = self
                .log
                .get_or_insert_with(|| MetricFollower::of_newest(&folder, FILES));
            // A log that cannot be read has no speed; the charts say why.
            let _ = log.refresh();
        } else {
            self.log = None;
        }
        let log = self.log.as_ref();
        let written = [
            Some(self.stamp.0),
            log.and_then(MetricFollower::written),
            is_running.then(|| newest(path)).flatten(),
        ];
        let written = written.into_iter().flatten().max();
        let written = written
            .and_then(|time| Timestamp::try_from(time).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let state = Condition::of(record.status, holder.is_at_work());
        Some(Row::new(path.to_path_buf(), record, state, log, written))
    }
}

/// Those that run first, and in each group those that began or ended last.
fn order(row: &Row) -> (bool, Reverse<Timestamp>) {
    let is_running = row.state == Condition::Running;
    let began = row.started.filter(|_| is_running);
    (!is_running, Reverse(began.unwrap_or(row.written)))
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file()))
        .map(|entry| entry.path())
        .collect()
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    metadata.is_file().then(|| {
        (
            metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            metadata.len(),
        )
    })
}

/// When a running run last wrote its log, a table, a sample or a checkpoint.
fn newest(run: &Path) -> Option<SystemTime> {
    ["log.txt", "metrics", "samples", "checkpoints"]
        .into_iter()
        .filter_map(|name| fs::metadata(run.join(name)).ok()?.modified().ok())
        .max()
}
