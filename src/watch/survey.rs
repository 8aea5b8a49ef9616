//! The folder of runs, looked at again and again.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::row::{Row, State, state};
use crate::runs::{MetricFollower, RunFolder, RunRecord, Session, Status};

/// How many records are read in one look at most, the newest first: a folder of ten thousand runs is there in a few
/// looks, and each of them is short.
const RECORDS_A_LOOK: usize = 300;

/// The speed is read from the last files of a log: the newest one begins with each checkpoint and may be short.
const FILES: usize = 2;

/// A folder's experiments change seldom, and their runs that are done do not: these are looked at again only so often.
const SETTLED_LOOKS: usize = 10;

/// All runs in a folder.
pub struct Survey {
    runs: PathBuf,
    host: String,
    system: System,
    looks: usize,
    known: HashMap<PathBuf, Known>,
    rows: Vec<Row>,
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
    /// Of the folder `runs`, which need not be there yet. Nothing is known before the first [`Self::look`].
    pub fn new(runs: &Path) -> Self {
        Self {
            runs: runs.to_path_buf(),
            host: System::host_name().unwrap_or_default(),
            system: System::new(),
            looks: 0,
            known: HashMap::new(),
            rows: Vec::new(),
            pending: 0,
        }
    }

    /// The folder.
    pub fn runs(&self) -> &Path {
        &self.runs
    }

    /// The runs as of the last look: those that are open first, each group the newest first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many runs were found whose record is still to be read.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Looks again at everything that may have changed.
    pub fn look(&mut self, now: Timestamp) {
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
        changed.sort_by(|left, right| right.1.cmp(&left.1));
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
        self.update_rows(now);
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

    fn update_rows(&mut self, now: Timestamp) {
        let alive = self.alive();
        let mut rows = Vec::with_capacity(self.known.len());
        for (path, known) in &mut self.known {
            let Some(record) = &known.record else {
                continue;
            };
            let is_running = record.status == Status::Running;
            let log = is_running.then(|| {
                let folder = RunFolder::at(path);
                let log = known
                    .log
                    .get_or_insert_with(|| MetricFollower::of_newest(&folder, FILES));
                // A log that cannot be read has no speed; the charts say why.
                let _ = log.refresh();
                log
            });
            let written = [
                Some(known.stamp.0),
                log.as_ref().and_then(|log| log.written()),
                is_running.then(|| newest(path)).flatten(),
            ];
            let written = written.into_iter().flatten().max();
            let written = written.and_then(timestamp).unwrap_or(Timestamp::UNIX_EPOCH);
            let silent = Duration::try_from(now.duration_since(written)).unwrap_or_default();
            let session = record.sessions.last();
            let is_here =
                session.is_some_and(|session| session.environment.machine.host == self.host);
            let is_alive = session.is_some_and(|session| alive.contains(&session.process));
            let state = state(record.status, is_here, is_alive, silent);
            rows.push(Row::new(
                path.clone(),
                record,
                state,
                log.as_deref(),
                written,
            ));
            if !is_running {
                known.log = None;
            }
        }
        rows.sort_by(|left, right| {
            order(left)
                .cmp(&order(right))
                .then_with(|| left.folder.cmp(&right.folder))
        });
        self.rows = rows;
    }

    /// The processes of this machine that work on runs. A number that was given to another process since is no sign of
    /// life: that process is younger than the session.
    fn alive(&mut self) -> HashSet<u32> {
        let sessions: Vec<&Session> = self
            .known
            .values()
            .filter_map(|known| known.record.as_ref())
            .filter(|record| record.status == Status::Running)
            .filter_map(|record| record.sessions.last())
            .filter(|session| session.environment.machine.host == self.host)
            .collect();
        let numbers: Vec<Pid> = sessions
            .iter()
            .map(|session| Pid::from_u32(session.process))
            .collect();
        self.system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&numbers),
            true,
            ProcessRefreshKind::nothing(),
        );
        sessions
            .into_iter()
            .filter(|session| {
                self.system
                    .process(Pid::from_u32(session.process))
                    .is_some_and(|process| {
                        // Whole seconds since boot: a little may be lost on the way.
                        process.start_time() as i64 <= session.started.as_second() + 2
                    })
            })
            .map(|session| session.process)
            .collect()
    }
}

/// Open ones first, and in each group those that began or ended last.
fn order(row: &Row) -> (bool, std::cmp::Reverse<Timestamp>) {
    let is_open = row.state.is_open();
    let when = if is_open {
        row.started.unwrap_or(row.written)
    } else {
        row.written
    };
    (
        row.state != State::Running && !is_open,
        std::cmp::Reverse(when),
    )
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

/// When a run that is at work last wrote its diary, took its lock, or wrote a table, a sample or a checkpoint.
fn newest(run: &Path) -> Option<SystemTime> {
    [".lock", "log.txt", "metrics", "samples", "checkpoints"]
        .into_iter()
        .filter_map(|name| fs::metadata(run.join(name)).ok()?.modified().ok())
        .max()
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}
