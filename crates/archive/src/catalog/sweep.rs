//! What of a run may go: checkpoints that no policy keeps, and what a dead process left half written. Metrics, scores,
//! samples and records are never touched.

use std::fs;
use std::path::{Path, PathBuf};

use super::Entry;
use crate::experiment::Metric;
use crate::runs::{Checkpoint, Holder, Owner, Retention, RunError, RunFolder, read_metrics};

/// The policy of a sweep: what is given here takes the place of that part of each run's own `train.retain`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepPolicy {
    /// How many of the latest checkpoints stay, at least 1.
    pub last: Option<usize>,
    /// The metric whose best checkpoint stays; `none` for none.
    pub best: Option<String>,
    /// Steps from one milestone to the next; 0 for none.
    pub every: Option<usize>,
}

/// What is or was removed from one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// The run.
    pub folder: RunFolder,
    /// Checkpoints and leftovers, each with its size in bytes.
    pub removed: Vec<(PathBuf, u64)>,
    /// Steps of the checkpoints that stay, newest first.
    pub kept: Vec<usize>,
    /// Checkpoints that are damaged: they are left for their owner to look at, and count for nothing.
    pub damaged: Vec<PathBuf>,
}

/// What became of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Swept {
    /// This is or was removed.
    Done(Sweep),
    /// A process is working on it, so it is left untouched.
    InUse(RunFolder, Owner),
    /// What it has written lies behind this link and is left untouched: it may also belong to another run.
    Linked(RunFolder, PathBuf),
}

impl SweepPolicy {
    /// What stays of a run: its own policy but for what is given here.
    fn of(&self, run: &Entry) -> Retention {
        let own = |key: &str| run.values.get(&format!("train.retain.{key}"));
        let number = |key: &str| own(key).and_then(|json| serde_json::from_str(json).ok());
        let text = |key: &str| own(key).and_then(|json| serde_json::from_str(json).ok());
        let default = Retention::default();
        Retention {
            last: self.last.or_else(|| number("last")).unwrap_or(default.last),
            best: self
                .best
                .clone()
                .or_else(|| text("best"))
                .unwrap_or(default.best),
            every: self
                .every
                .or_else(|| number("every"))
                .unwrap_or(default.every),
        }
    }

    /// What is wrong with it, as a whole sentence.
    pub fn violation(&self) -> Option<String> {
        let default = Retention::default();
        let retention = Retention {
            last: self.last.unwrap_or(default.last),
            best: self.best.clone().unwrap_or(default.best),
            every: self.every.unwrap_or(default.every),
        };
        let (key, must) = retention.violations().into_iter().next()?;
        Some(format!("`--keep-{key}` {must}"))
    }
}

/// Lists what would be removed, and touches nothing.
///
/// # Errors
///
/// [`RunError`] when the run cannot be read.
pub fn look(run: &Entry, policy: &SweepPolicy) -> Result<Swept, RunError> {
    if let Some(link) = run.folder.link() {
        return Ok(Swept::Linked(run.folder.clone(), link));
    }
    match run.folder.holder()? {
        Holder::Alive(owner) | Holder::Elsewhere { owner, .. } => {
            Ok(Swept::InUse(run.folder.clone(), owner))
        }
        Holder::Nobody | Holder::Dead(_) => Ok(Swept::Done(find(run, policy)?)),
    }
}

/// Removes it, with the run's lock in hand.
///
/// # Errors
///
/// [`RunError`] when the run cannot be read, or something cannot be removed.
pub fn sweep(run: &Entry, policy: &SweepPolicy) -> Result<Swept, RunError> {
    let sweep = match look(run, policy)? {
        untouched @ (Swept::InUse(..) | Swept::Linked(..)) => return Ok(untouched),
        Swept::Done(sweep) => sweep,
    };
    // Without anything to do, nothing is touched: a lock leaves its traces.
    if sweep.removed.is_empty() {
        return Ok(Swept::Done(sweep));
    }
    let lock = match run.folder.lock() {
        Ok(lock) => lock,
        Err(RunError::Locked { .. }) => return look(run, policy),
        Err(error) => return Err(error),
    };
    // It may have been worked on since.
    let sweep = find(&Entry::read(&run.folder)?, policy)?;
    let checkpoints = run.folder.checkpoints();
    for checkpoint in Checkpoint::list(&checkpoints)? {
        if sweep
            .removed
            .iter()
            .any(|(path, _)| *path == checkpoint.path)
        {
            checkpoint.remove()?;
        }
    }
    run.folder.clear_partial(&lock)?;
    Ok(Swept::Done(sweep))
}

fn find(run: &Entry, policy: &SweepPolicy) -> Result<Sweep, RunError> {
    let folder = &run.folder;
    let retention = policy.of(run);
    let series = match retention.best_metric().map(Metric::name) {
        Some(metric) => read_metrics(folder)?.series("validation", metric).to_vec(),
        None => Vec::new(),
    };
    // The newest sound one is read to the last byte: an unfinished run goes on from it, a finished one is judged by it.
    let (sound, _) = folder.latest_checkpoint(Some(&run.facts.identity))?;
    let checkpoints = Checkpoint::list(&folder.checkpoints())?;
    let newest = sound.map(|checkpoint| checkpoint.step);
    let is_damaged = |step: usize| newest.is_none_or(|newest| step > newest);
    let steps: Vec<usize> = checkpoints
        .iter()
        .map(|checkpoint| checkpoint.step)
        .filter(|step| !is_damaged(*step))
        .collect();
    let kept = retention.keep(&steps, &series);
    let mut sweep = Sweep {
        folder: folder.clone(),
        removed: Vec::new(),
        kept: Vec::new(),
        damaged: Vec::new(),
    };
    for checkpoint in checkpoints {
        if is_damaged(checkpoint.step) {
            sweep.damaged.push(checkpoint.path);
        } else if kept.contains(&checkpoint.step) {
            sweep.kept.push(checkpoint.step);
        } else {
            let bytes = size(&checkpoint.path);
            sweep.removed.push((checkpoint.path, bytes));
        }
    }
    sweep.removed.extend(leftovers(folder));
    Ok(sweep)
}

/// What a killed process left half written.
fn leftovers(folder: &RunFolder) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut entries = walkdir::WalkDir::new(folder.path()).into_iter();
    while let Some(entry) = entries.next() {
        let Ok(entry) = entry else { continue };
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with(colorize_base::PARTIAL)
        {
            found.push((entry.path().to_path_buf(), size(entry.path())));
            if entry.file_type().is_dir() {
                entries.skip_current_dir();
            }
        }
    }
    found.sort();
    found
}

/// Bytes of a file, or of all files below a folder.
pub fn size(path: &Path) -> u64 {
    let files = walkdir::WalkDir::new(path).into_iter().flatten();
    files
        .filter_map(|entry| entry.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|metadata| metadata.len())
        .sum()
}

impl Sweep {
    /// Bytes that are removed.
    pub fn bytes(&self) -> u64 {
        self.removed.iter().map(|(_, bytes)| bytes).sum()
    }
}
