//! `checkpoints/step-NNNNNN/`: the state of a run after a step. A folder is complete or absent: its parts are written
//! beside it, with a list of their hashes, and the whole is renamed into place.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use colorize_base::{MOST_NUMBERS, MOST_RECORD, PARTIAL, read_file};

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

/// Digits of an identity that an error names, as in the names of folders.
const DIGITS: usize = 10;

#[derive(Serialize, Deserialize)]
struct PartList {
    step: usize,
    /// The identity of the run that wrote it; absent in those of programs that did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
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
    /// The checkpoint of `step` in the folder `checkpoints`, whether it exists or not.
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
    /// [`RunError::Io`] when the folder exists but cannot be read.
    pub fn list(checkpoints: &Path) -> Result<Vec<Self>, RunError> {
        let entries = match fs::read_dir(checkpoints) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
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
    /// [`RunError::Io`] when the folder exists but cannot be read.
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

    /// Reads every part and compares it with the hash noted when it was written. With `identity`, the checkpoint must be that
    /// run's; one of a program that did not note whose it is counts as belonging where it lies.
    ///
    /// # Errors
    ///
    /// [`RunError::Checkpoint`] naming the part that is damaged or missing, or the run that it belongs to; [`RunError::Io`] when
    /// the system cannot read it now, which says nothing of what it holds.
    pub fn verify(&self, identity: Option<&str>) -> Result<(), RunError> {
        let list = self.read(LIST, MOST_RECORD)?;
        let list: PartList = serde_json::from_slice(&list)
            .map_err(|error| self.unusable(format!("`{LIST}` is not a list of parts: {error}")))?;
        if list.step != self.step {
            return Err(self.unusable(format!("`{LIST}` belongs to step {}", list.step)));
        }
        if let (Some(written), Some(expected)) = (&list.identity, identity)
            && written != expected
        {
            let [written, expected] =
                [written, expected].map(|it| it.get(..DIGITS).unwrap_or(it).to_owned());
            return Err(self.unusable(format!(
                "it belongs to another run, of identity {written} and not {expected}"
            )));
        }
        for part in CheckpointPart::ALL {
            let name = part.file_name();
            let hash = blake3::hash(&self.read(name, MOST_NUMBERS)?).to_hex();
            if list.parts.get(name).map(String::as_str) != Some(hash.as_str()) {
                return Err(self.unusable(format!("`{name}` has changed since it was written")));
            }
        }
        Ok(())
    }

    /// One of its files. What it is may be the checkpoint's fault, and that the system is out of memory or of open files is not:
    /// nobody should train again what lies there intact.
    fn read(&self, name: &str, most: u64) -> Result<Vec<u8>, RunError> {
        let path = self.path.join(name);
        read_file(&path, most).map_err(|error| match error.kind() {
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::InvalidData => self.unusable(format!("cannot read `{name}`: {error}")),
            _ => RunError::io("read", path)(error),
        })
    }

    /// That it cannot be used, for this `reason`.
    pub fn unusable(&self, reason: String) -> RunError {
        RunError::Checkpoint {
            path: self.path.clone(),
            reason,
        }
    }
}

/// Puts checkpoints together from parts that arrive from several threads.
#[derive(Debug)]
pub struct CheckpointWriter {
    checkpoints: PathBuf,
    identity: String,
    pending: Mutex<Pending>,
    settled: Condvar,
}

#[derive(Debug, Default)]
struct Pending {
    step: usize,
    hashes: BTreeMap<String, String>,
    committed: Option<usize>,
    failure: Option<RunError>,
}

impl CheckpointWriter {
    /// Writes into the folder `checkpoints` of the run of this identity, which holds the one that the run resumes from, after
    /// step `done`; 0 for none.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the folder cannot be made.
    pub fn new(checkpoints: &Path, identity: &str, done: usize) -> Result<Self, RunError> {
        fs::create_dir_all(checkpoints).map_err(RunError::io("create", checkpoints))?;
        Ok(Self {
            checkpoints: checkpoints.to_path_buf(),
            identity: identity.to_owned(),
            pending: Mutex::new(Pending {
                committed: Some(done),
                ..Pending::default()
            }),
            settled: Condvar::new(),
        })
    }

    /// Writes one part of the checkpoint of `step`; the part that comes last completes the checkpoint.
    ///
    /// # Errors
    ///
    /// In words what the file system said; [`Self::wait`] then says it too.
    pub fn save(&self, step: usize, part: CheckpointPart, bytes: &[u8]) -> Result<(), String> {
        self.save_part(step, part, bytes)
            .map_err(|error| self.fail(error))
    }

    /// Keeps an error for [`Self::wait`], such as that a part is unavailable, and says it in words.
    pub fn fail(&self, error: RunError) -> String {
        let text = error.to_string();
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.failure.get_or_insert(error);
        self.settled.notify_all();
        text
    }

    fn save_part(&self, step: usize, part: CheckpointPart, bytes: &[u8]) -> Result<(), RunError> {
        let staging = self.staging(step);
        lock::check(&staging)?;
        fs::create_dir_all(&staging).map_err(RunError::io("create", &staging))?;
        let path = staging.join(part.file_name());
        fs::File::create(&path)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .map_err(RunError::io("write", &path))?;
        let hash = blake3::hash(bytes).to_hex().to_string();

        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.step != step {
            pending.step = step;
            pending.hashes.clear();
        }
        pending.hashes.insert(part.file_name().to_owned(), hash);
        if pending.hashes.len() == CheckpointPart::ALL.len() {
            let list = PartList {
                step,
                identity: Some(self.identity.clone()),
                parts: std::mem::take(&mut pending.hashes),
            };
            self.commit(&staging, &list)?;
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
    /// What the file system said of a part that could not be written, once.
    pub fn wait(&self, step: usize) -> Result<(), RunError> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(error) = pending.failure.take() {
                return Err(error);
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
            let bytes = format!("{step} {part:?}");
            writer.save(step, part, bytes.as_bytes()).unwrap();
        }
        writer.wait(step).unwrap();
    }

    #[test]
    fn damage_is_named_and_removal_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let writer = CheckpointWriter::new(folder.path(), "0123", 0).unwrap();
        for step in [10, 20, 30] {
            write(&writer, step);
        }
        let found = Checkpoint::list(folder.path()).unwrap();
        found[2].remove().unwrap();
        assert_eq!(Checkpoint::steps(folder.path()).unwrap(), [30, 20]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        found[0].verify(Some("0123")).unwrap();

        let model = found[0].part(CheckpointPart::Model);
        let bytes = fs::read(&model).unwrap();
        fs::write(&model, &bytes[..bytes.len() - 1]).unwrap();
        let error = found[0].verify(None).unwrap_err().to_string();
        assert!(error.contains("`model.bpk` has changed"), "{error}");
        found[1].verify(None).unwrap();
        let error = found[1].verify(Some("4567")).unwrap_err().to_string();
        assert!(
            error.ends_with("it belongs to another run, of identity 0123 and not 4567"),
            "{error}"
        );

        // Programs of before did not write whose it is.
        let list = found[1].path.join(LIST);
        let text = fs::read_to_string(&list).unwrap();
        let old = text.replace("\"identity\": \"0123\",", "");
        assert_ne!(old, text);
        fs::write(&list, old).unwrap();
        found[1].verify(Some("4567")).unwrap();
    }

    #[test]
    fn an_incomplete_checkpoint_is_not_listed_and_a_failure_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let writer = CheckpointWriter::new(folder.path(), "0123", 0).unwrap();
        writer.save(5, CheckpointPart::Model, b"x").unwrap();
        assert!(Checkpoint::list(folder.path()).unwrap().is_empty());
        // A file stands where the folder of the next one should be.
        fs::write(folder.path().join(".partial-000006"), "").unwrap();
        let failed = writer.save(6, CheckpointPart::Optimizer, b"y").unwrap_err();
        assert!(failed.contains(".partial-000006"), "{failed}");
        assert_eq!(writer.wait(6).unwrap_err().to_string(), failed);
    }
}
