//! `checkpoints/step-NNNNNN/`: the state of a run after a step. A folder is complete or absent: its parts are written
//! beside it, with a list of their hashes, and the whole is renamed into place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{RunError, atomic, lock};

/// The parts of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckpointPart {
    /// Weights and running statistics.
    Model,
    /// The optimizer's moments.
    Optimizer,
    /// The learning rate's schedule.
    Scheduler,
}

impl CheckpointPart {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Model, Self::Optimizer, Self::Scheduler];

    /// The name of its file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Model => "model.bpk",
            Self::Optimizer => "optimizer.bpk",
            Self::Scheduler => "scheduler.bpk",
        }
    }
}

const LIST: &str = "checkpoint.json";

/// How the names of folders begin that are not checkpoints yet, or no longer.
const PARTIAL: &str = ".partial-";

#[derive(Serialize, Deserialize)]
struct PartList {
    step: usize,
    /// BLAKE3 of every part, by file name.
    parts: BTreeMap<String, String>,
}

/// A checkpoint on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Steps done.
    pub step: usize,
    /// Its folder.
    pub path: PathBuf,
}

impl Checkpoint {
    /// The checkpoint of `step` in the folder `checkpoints`, whether it is there or not.
    pub fn at(checkpoints: &Path, step: usize) -> Self {
        Self {
            step,
            path: checkpoints.join(format!("step-{step:06}")),
        }
    }

    /// Every checkpoint in the folder `checkpoints`, newest first.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the folder is there and cannot be read.
    pub fn list(checkpoints: &Path) -> Result<Vec<Self>, RunError> {
        let entries = match fs::read_dir(checkpoints) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(RunError::io("read", checkpoints)(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(RunError::io("read", checkpoints))?.path();
            let step = path
                .file_name()
                .and_then(|name| name.to_str()?.strip_prefix("step-")?.parse().ok());
            // What only looks like one was put there by somebody else.
            let checkpoint = step.map(|step| Self::at(checkpoints, step));
            found.extend(checkpoint.filter(|checkpoint| checkpoint.path == path && path.is_dir()));
        }
        found.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.step));
        Ok(found)
    }

    /// The steps of every checkpoint in the folder `checkpoints`, newest first.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the folder is there and cannot be read.
    pub fn steps(checkpoints: &Path) -> Result<Vec<usize>, RunError> {
        let list = Self::list(checkpoints)?;
        Ok(list.into_iter().map(|checkpoint| checkpoint.step).collect())
    }

    /// Removes the checkpoint. A process that dies on the way leaves no half of it under its name.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when it cannot be removed, [`RunError::Taken`] when it is that of a run that this process has lost.
    pub fn remove(&self) -> Result<(), RunError> {
        lock::check(&self.path)?;
        let name = format!("{PARTIAL}removed-{:06}", self.step);
        let aside = self.path.with_file_name(name);
        fs::rename(&self.path, &aside)
            .and_then(|()| fs::remove_dir_all(&aside))
            .map_err(RunError::io("remove", &self.path))
    }

    /// Where a part lies.
    pub fn part(&self, part: CheckpointPart) -> PathBuf {
        self.path.join(part.file_name())
    }

    /// Reads every part and compares it with the hash noted when it was written.
    ///
    /// # Errors
    ///
    /// [`RunError::Checkpoint`] naming the part that is damaged or missing.
    pub fn verify(&self) -> Result<(), RunError> {
        let damaged = |reason: String| RunError::Checkpoint {
            path: self.path.clone(),
            reason,
        };
        let list = fs::read(self.path.join(LIST))
            .map_err(|error| damaged(format!("`{LIST}` cannot be read: {error}")))?;
        let list: PartList = serde_json::from_slice(&list)
            .map_err(|error| damaged(format!("`{LIST}` is not a list of parts: {error}")))?;
        if list.step != self.step {
            return Err(damaged(format!("`{LIST}` is that of step {}", list.step)));
        }
        for part in CheckpointPart::ALL {
            let name = part.file_name();
            let bytes = fs::read(self.part(part))
                .map_err(|error| damaged(format!("`{name}` cannot be read: {error}")))?;
            let hash = blake3::hash(&bytes).to_hex().to_string();
            if list.parts.get(name) != Some(&hash) {
                return Err(damaged(format!("`{name}` differs from what was written")));
            }
        }
        Ok(())
    }
}

/// Puts checkpoints together from parts that arrive from several threads.
#[derive(Debug)]
pub struct CheckpointWriter {
    checkpoints: PathBuf,
    pending: Mutex<Pending>,
    settled: Condvar,
}

#[derive(Debug, Default)]
struct Pending {
    step: usize,
    hashes: BTreeMap<String, String>,
    committed: Option<usize>,
    failure: Option<String>,
}

impl CheckpointWriter {
    /// Writes into the folder `checkpoints`, which holds the one that the run goes on from, after step `done`; 0 for none.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the folder cannot be made.
    pub fn new(checkpoints: &Path, done: usize) -> Result<Self, RunError> {
        fs::create_dir_all(checkpoints).map_err(RunError::io("create", checkpoints))?;
        Ok(Self {
            checkpoints: checkpoints.to_path_buf(),
            pending: Mutex::new(Pending {
                committed: Some(done),
                ..Pending::default()
            }),
            settled: Condvar::new(),
        })
    }

    /// Writes one part of the checkpoint of `step` with `save`, which is given the path to write; the part that comes
    /// last completes the checkpoint.
    ///
    /// # Errors
    ///
    /// What `save` or the file system said; [`Self::wait`] then says it too.
    pub fn save(
        &self,
        step: usize,
        part: CheckpointPart,
        save: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let result = self.save_part(step, part, save);
        if let Err(reason) = &result {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.failure.get_or_insert_with(|| reason.clone());
            self.settled.notify_all();
        }
        result
    }

    fn save_part(
        &self,
        step: usize,
        part: CheckpointPart,
        save: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let staging = self.staging(step);
        fs::create_dir_all(&staging).map_err(|error| error.to_string())?;
        let path = staging.join(part.file_name());
        save(&path)?;
        let written = fs::File::open(&path)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::read(&path))
            .map_err(|error| error.to_string())?;
        let hash = blake3::hash(&written).to_hex().to_string();

        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.step != step {
            pending.step = step;
            pending.hashes.clear();
        }
        pending.hashes.insert(part.file_name().to_owned(), hash);
        if pending.hashes.len() == CheckpointPart::ALL.len() {
            let list = PartList {
                step,
                parts: std::mem::take(&mut pending.hashes),
            };
            self.commit(&staging, &list)
                .map_err(|error| format!("{error:#}"))?;
            pending.committed = Some(step);
            self.settled.notify_all();
        }
        Ok(())
    }

    /// The step of the last checkpoint that was completed; 0 where none was.
    pub fn committed(&self) -> usize {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.committed.unwrap_or(0)
    }

    /// Waits until the checkpoint of `step` is complete on disk.
    ///
    /// # Errors
    ///
    /// [`RunError::Checkpoint`] when a part could not be written.
    pub fn wait(&self, step: usize) -> Result<(), RunError> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(reason) = &pending.failure {
                return Err(RunError::Checkpoint {
                    path: Checkpoint::at(&self.checkpoints, step).path,
                    reason: format!("it could not be written: {reason}"),
                });
            }
            if pending.committed == Some(step) {
                return Ok(());
            }
            pending = self
                .settled
                .wait(pending)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn staging(&self, step: usize) -> PathBuf {
        self.checkpoints.join(format!("{PARTIAL}{step:06}"))
    }

    fn commit(&self, staging: &Path, list: &PartList) -> Result<(), RunError> {
        let json = serde_json::to_vec_pretty(list).expect("a list of strings is JSON");
        atomic::write(&staging.join(LIST), &json)?;
        atomic::sync_folder(staging);
        let checkpoint = Checkpoint::at(&self.checkpoints, list.step);
        if checkpoint.path.exists() {
            // A damaged one: a sound one would have been gone on from.
            checkpoint.remove()?;
        }
        lock::check(&checkpoint.path)?;
        fs::rename(staging, &checkpoint.path).map_err(RunError::io("write", &checkpoint.path))?;
        atomic::sync_folder(&self.checkpoints);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(writer: &CheckpointWriter, step: usize) {
        for part in CheckpointPart::ALL {
            writer
                .save(step, part, |path| {
                    fs::write(path, format!("{step} {part:?}")).map_err(|error| error.to_string())
                })
                .unwrap();
        }
        writer.wait(step).unwrap();
    }

    #[test]
    fn damage_is_named_and_removal_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let writer = CheckpointWriter::new(folder.path(), 0).unwrap();
        for step in [10, 20, 30] {
            write(&writer, step);
        }
        let found = Checkpoint::list(folder.path()).unwrap();
        found[2].remove().unwrap();
        assert_eq!(Checkpoint::steps(folder.path()).unwrap(), [30, 20]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        found[0].verify().unwrap();

        let model = found[0].part(CheckpointPart::Model);
        let bytes = fs::read(&model).unwrap();
        fs::write(&model, &bytes[..bytes.len() - 1]).unwrap();
        let error = found[0].verify().unwrap_err().to_string();
        assert!(error.contains("`model.bpk` differs"), "{error}");
        found[1].verify().unwrap();
    }

    #[test]
    fn an_incomplete_checkpoint_is_not_listed_and_a_failure_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let writer = CheckpointWriter::new(folder.path(), 0).unwrap();
        writer
            .save(5, CheckpointPart::Model, |path| {
                fs::write(path, "x").map_err(|error| error.to_string())
            })
            .unwrap();
        assert!(Checkpoint::list(folder.path()).unwrap().is_empty());
        let failed = writer.save(5, CheckpointPart::Optimizer, |_| Err("no room".to_owned()));
        assert!(failed.is_err());
        assert!(writer.wait(5).unwrap_err().to_string().contains("no room"));
    }
}
