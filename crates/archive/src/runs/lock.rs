//! Who works on a run: at most one process, on one machine or on several that share a file system.
//!
//! Two locks lie over each other. `.lock` is locked by the operating system, which frees it when a process dies: fast and
//! safe on one machine, and of no effect on some network file systems. `.claim-N` says who owns the run in words:
//!
//! ```text
//! {"process":{"host":"…","boot":"…","space":"…","number":4711,"began":90210},"token":"…","since":"…","after":null,"buries":false}
//! .......!
//! ```
//!
//! - The file with the highest number counts. Whoever takes a run makes the next number, complete and by a hard link, which
//!   fails when it exists: of several takers one wins. The highest is never removed, so no number comes twice.
//! - Its owner appends a point every few seconds: the heartbeat is the file's length, which no reader can see half. `!` is
//!   the end of the work, and gives the run free.
//! - An owner on this machine is dead when its process has ended or is another one of the same number. An owner elsewhere is
//!   dead when [`Watch`] saw no beat for a while by its own monotonic clock; the time of day and clocks that differ between
//!   machines have no part in it.
//! - An owner that was wrongly assumed dead finds a higher number, and its writes fail from then on ([`check`]).

mod claim;

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::parts;
use super::process::{Life, Process};
use super::{RunError, RunFolder};
use claim::{
    Claim, FREE, Found, Standing, append, make, newest, newest_owner, remove_below, standing,
};

/// From one beat of an owner's heart to the next.
const BEAT: Duration = Duration::from_secs(5);

/// How long an owner on another machine may be silent before it counts as dead: many beats, and longer than network file
/// systems keep old attributes of a file.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A process that owns a run, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    process: Process,
    /// Tells it from every other that this process or another one ever was.
    token: String,
    /// When it took the run, by its own clock; for people, nothing is decided by it.
    pub since: Timestamp,
}

impl Owner {
    /// The machine's name.
    pub fn host(&self) -> &str {
        &self.process.host
    }

    /// The process number.
    pub fn process(&self) -> u32 {
        self.process.number
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "process {} on {}", self.process(), self.host())
    }
}

/// Who has a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// No process.
    Nobody,
    /// A process that is alive on this machine.
    Alive(Owner),
    /// A process that died without giving the run free.
    Dead(Owner),
    /// A process on another machine: whether it lives, its heartbeat tells to one who watches it.
    Elsewhere {
        /// The process.
        owner: Owner,
        /// How often its heart has beaten.
        beats: u64,
    },
}

/// While this lives, no other process works on the run.
#[derive(Debug)]
pub struct RunLock {
    claim: PathBuf,
    folder: PathBuf,
    after: Option<Owner>,
    /// Ends the heartbeat when it is dropped.
    heart: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
    /// The operating system's lock, where it has one; freed last.
    _file: Option<FileLock>,
}

/// A file that this process has locked.
///
/// Unlocked in so many words: closing is not enough. A child that another thread has begun to start holds a copy of the
/// open file until it runs its own program, and with it the lock.
#[derive(Debug)]
struct FileLock(File);

impl Drop for FileLock {
    fn drop(&mut self) {
        // It is closed now, which unlocks it too where no child is being started.
        let _ = self.0.unlock();
    }
}

impl RunLock {
    /// The dead owner from which the run was taken over.
    pub fn taken_from(&self) -> Option<&Owner> {
        self.after.as_ref()
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        if let Some((stop, heart)) = self.heart.take() {
            drop(stop);
            let _ = heart.join();
        }
        if matches!(standing(&self.folder, &self.claim), Ok(Standing::Highest)) {
            // A claim that cannot be given free is that of a process that will be gone.
            let _ = append(&self.claim, FREE);
        }
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|held| held.claim != self.claim);
    }
}

/// Takes the run for this process; see [`RunFolder::lock`].
pub(super) fn lock(folder: &RunFolder) -> Result<RunLock, RunError> {
    let path = folder.path();
    fs::create_dir_all(path).map_err(RunError::io("create", path))?;
    parts::check(path)?;
    let locked = |owner: Option<Owner>| RunError::Locked {
        path: path.to_path_buf(),
        owner: owner.map_or_else(String::new, |owner| format!(" ({owner})")),
    };
    let name = path.join(".lock");
    let file = File::create(&name).map_err(RunError::io("write", &name))?;
    let file = match file.try_lock() {
        Ok(()) => Some(FileLock(file)),
        Err(TryLockError::WouldBlock) => return Err(locked(newest_owner(path))),
        // Some network file systems have no such locks: there the claim is all there is.
        Err(TryLockError::Error(_)) => None,
    };
    let (number, after) = match newest(path)? {
        None => (0, None),
        Some((number, Found::Free(after))) => (number, after),
        Some((number, Found::Unreadable)) => (number, None),
        Some((number, Found::Held(owner, _))) => match owner.process.life() {
            Life::Gone => (number, Some(owner)),
            Life::Lives | Life::Elsewhere => return Err(locked(Some(owner))),
        },
    };
    let claim = Claim::of_this_process(after, false);
    let Some(place) = make(path, number.saturating_add(1), &claim, &[])? else {
        return Err(locked(newest_owner(path)));
    };
    let heart = beat(path.to_path_buf(), place.clone()).map_err(|error| {
        // Nobody is going to work on it.
        let _ = append(&place, FREE);
        RunError::io("start the heartbeat thread for", path)(error)
    })?;
    remove_below(path, number + 1);
    HELD.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(Held {
            folder: path.to_path_buf(),
            claim: place.clone(),
        });
    Ok(RunLock {
        heart: Some(heart),
        claim: place,
        folder: path.to_path_buf(),
        after: claim.after,
        _file: file,
    })
}

/// Looks who has a run, and touches nothing.
pub(super) fn holder(folder: &RunFolder) -> Result<Holder, RunError> {
    let found = newest(folder.path())?.map(|(_, found)| found);
    Ok(match found {
        None | Some(Found::Free(_) | Found::Unreadable) => Holder::Nobody,
        Some(Found::Held(owner, beats)) => match owner.process.life() {
            Life::Lives => Holder::Alive(owner),
            Life::Gone => Holder::Dead(owner),
            Life::Elsewhere => Holder::Elsewhere { owner, beats },
        },
    })
}

/// Watches owners on other machines for signs of life.
#[derive(Debug)]
pub struct Watch {
    patience: Duration,
    /// By token.
    seen: HashMap<String, Seen>,
}

/// What was seen of an owner's heart.
#[derive(Debug)]
struct Seen {
    /// The beats that were counted last.
    beats: u64,
    /// Since when there were as many.
    since: Instant,
}

impl Watch {
    /// One that assumes that an owner is dead after `patience` without a beat; [`PATIENCE`] is enough for any file system.
    pub fn new(patience: Duration) -> Self {
        Self {
            patience,
            seen: HashMap::new(),
        }
    }

    /// Looks who has the run now. An owner elsewhere that has been silent for too long is [`Holder::Dead`].
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the folder cannot be read.
    pub fn look(&mut self, folder: &RunFolder) -> Result<Holder, RunError> {
        let holder = holder(folder)?;
        let Holder::Elsewhere { owner, beats } = &holder else {
            return Ok(holder);
        };
        let now = Instant::now();
        let first = Seen {
            beats: *beats,
            since: now,
        };
        let Some(seen) = self.seen.get_mut(&owner.token) else {
            self.seen.insert(owner.token.clone(), first);
            return Ok(holder);
        };
        if seen.beats != *beats {
            *seen = first;
        } else if now.duration_since(seen.since) >= self.patience {
            return Ok(Holder::Dead(owner.clone()));
        }
        Ok(holder)
    }

    /// When its heart was last seen to beat, or it was first checked.
    pub fn last_beat(&self, owner: &Owner) -> Option<Instant> {
        self.seen.get(&owner.token).map(|seen| seen.since)
    }

    /// How long an owner elsewhere still has to be watched before it can be assumed dead.
    pub fn left(&self, owner: &Owner) -> Duration {
        let silent = self.seen.get(&owner.token).map(|seen| seen.since.elapsed());
        self.patience.saturating_sub(silent.unwrap_or_default())
    }
}

/// Gives a run free whose owner is dead, so that the next [`RunFolder::lock`] takes it; whether it was this process that did.
pub(super) fn bury(folder: &RunFolder, dead: &Owner) -> Result<bool, RunError> {
    let path = folder.path();
    match newest(path)? {
        Some((number, Found::Held(owner, _))) if owner.token == dead.token => {
            let claim = Claim::of_this_process(Some(owner), true);
            Ok(make(path, number + 1, &claim, &[FREE])?.is_some())
        }
        _ => Ok(false),
    }
}

/// A run that this process has.
#[derive(Debug)]
struct Held {
    folder: PathBuf,
    claim: PathBuf,
}

static HELD: Mutex<Vec<Held>> = Mutex::new(Vec::new());

/// Refuses to write `path` when it lies in a run that this process had and another one has taken over, or that is no longer
/// there.
pub(super) fn check(path: &Path) -> Result<(), RunError> {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(held) = held.iter().find(|held| path.starts_with(&held.folder)) else {
        return Ok(());
    };
    let path = held.folder.clone();
    match standing(&held.folder, &held.claim)? {
        Standing::Highest => Ok(()),
        Standing::Gone => Err(RunError::Gone { path }),
        Standing::Followed => Err(RunError::Taken {
            path,
            owner: newest_owner(&held.folder)
                .map_or_else(|| "another process".to_owned(), |owner| owner.to_string()),
        }),
    }
}

/// Starts the heartbeat of a claim.
fn beat(folder: PathBuf, claim: PathBuf) -> io::Result<(mpsc::Sender<()>, JoinHandle<()>)> {
    let (stop, stopped) = mpsc::channel();
    let heart = std::thread::Builder::new()
        .name("heartbeat".to_owned())
        .spawn(move || {
            while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                // A folder that cannot be read for a while costs a beat as well.
                if standing(&folder, &claim).is_ok_and(|it| it != Standing::Highest) {
                    break;
                }
                // A disk that is full for a while costs a beat, and not the run.
                let _ = append(&claim, b'.');
            }
        })?;
    Ok((stop, heart))
}

#[cfg(test)]
mod tests;
