//! A run folder: where everything of one trial lies.
//!
//! ```text
//! runs/<experiment>/<trial>/
//!   experiment.toml                 the resolved experiment
//!   run.json                        what it is and how it stands
//!   photographs.parquet             image_id, file_name, split, content
//!   metrics/*.parquet               step, split, metric, value, seconds
//!   images/step-NNNNNN.parquet      step, image_id, file_name, one column a metric
//!   samples/step-NNNNNN.png         the same held-out images at every step
//!   samples/images/…                the single pictures of the samples
//!   pictures/…                      what reports show beyond the samples, remade from a checkpoint
//!   checkpoints/step-NNNNNN/        weights, optimizer, schedule
//!   environment/…                   crates of the build, differences from the commit
//!   log.txt                         the text log
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use colorize_base::{MOST_RECORD, read_file};

use super::lock::{self, Holder, Owner, RunLock};
use super::{Checkpoint, Identity, RunError, RunRecord, atomic, record};

/// A run folder's paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// The folder at `path`, whether it exists or not.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder of a trial under `runs`.
    pub fn of(runs: &Path, experiment: &str, identity: &Identity) -> Self {
        Self::at(runs.join(experiment).join(identity.trial()))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The resolved experiment.
    pub fn experiment(&self) -> PathBuf {
        self.path.join("experiment.toml")
    }

    /// The table of the photographs that it learns from and is judged by.
    pub fn photographs(&self) -> PathBuf {
        self.path.join("photographs.parquet")
    }

    /// The folder of metric tables.
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics")
    }

    /// The table of image scores at a step.
    pub fn image_scores(&self, step: usize) -> PathBuf {
        self.path.join(format!("images/step-{step:06}.parquet"))
    }

    /// The sample picture of a step, without its ending.
    pub fn sample(&self, step: usize) -> PathBuf {
        self.path.join(format!("samples/step-{step:06}"))
    }

    /// One picture of the samples: `kind` is `truth`, `gray` or `step-NNNNNN`.
    pub fn sample_image(&self, kind: &str, image_id: i64) -> PathBuf {
        self.path
            .join(format!("samples/images/{kind}/{image_id:012}.png"))
    }

    /// A picture that a report had made from a checkpoint: `kind` is `truth` or `step-NNNNNN`. It is that of the samples where
    /// these show the image.
    pub fn kept_image(&self, kind: &str, image_id: i64) -> PathBuf {
        self.path
            .join(format!("pictures/{kind}/{image_id:012}.png"))
    }

    /// The folder of checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// What stands behind a hash in the record's environment, without its ending; `hash` is the first ten digits.
    pub fn environment(&self, hash: &str) -> PathBuf {
        self.path.join("environment").join(hash)
    }

    /// The text log.
    pub fn log(&self) -> PathBuf {
        self.path.join("log.txt")
    }

    /// Makes the folder and takes it for this process. One that a dead process of this machine had is taken over;
    /// [`RunLock::taken_from`] says so.
    ///
    /// # Errors
    ///
    /// [`RunError::Locked`] when another process has it, [`RunError::Io`] when it cannot be made.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        lock::lock(self)
    }

    /// Who has it, without touching anything.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the folder cannot be read.
    pub fn holder(&self) -> Result<Holder, RunError> {
        lock::holder(self)
    }

    /// Gives it free after the death of its owner, as [`super::Watch`] found it, and says whether it was this call that did:
    /// of several processes one does.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when it cannot be written.
    pub fn bury(&self, dead: &Owner) -> Result<bool, RunError> {
        lock::bury(self, dead)
    }

    /// Reads `run.json`; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`RunError::Record`] when it is not what this program writes.
    pub fn record(&self) -> Result<Option<RunRecord>, RunError> {
        let path = self.path.join("run.json");
        let bytes = match read_file(&path, MOST_RECORD) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunError::io("read", &path)(error)),
        };
        let record: RunRecord =
            serde_json::from_slice(&bytes).map_err(|error| RunError::Record {
                path: path.clone(),
                reason: error.to_string(),
            })?;
        if record.format != record::FORMAT {
            return Err(RunError::Record {
                path,
                reason: format!(
                    "it has format {}, but this program reads format {}",
                    record.format,
                    record::FORMAT
                ),
            });
        }
        Ok(Some(record))
    }

    /// Writes `run.json`.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when it cannot be written.
    pub fn write_record(&self, record: &RunRecord) -> Result<(), RunError> {
        let mut json = serde_json::to_vec_pretty(record).expect("a record is JSON");
        json.push(b'\n');
        atomic::write(&self.path.join("run.json"), &json)
    }

    /// Removes what a killed process left half written. Only its owner may: hold the lock.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when something cannot be removed.
    pub fn clear_partial(&self, _lock: &RunLock) -> Result<(), RunError> {
        let mut entries = walkdir::WalkDir::new(&self.path).into_iter();
        while let Some(Ok(entry)) = entries.next() {
            if !entry
                .file_name()
                .to_string_lossy()
                .starts_with(colorize_base::PARTIAL)
            {
                continue;
            }
            let path = entry.path();
            if entry.file_type().is_dir() {
                entries.skip_current_dir();
                fs::remove_dir_all(path).map_err(RunError::io("remove", path))?;
            } else {
                fs::remove_file(path).map_err(RunError::io("remove", path))?;
            }
        }
        Ok(())
    }

    /// The newest checkpoint that is sound, and the damage of those that were skipped. With `identity`, none of another run
    /// counts.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the folder of checkpoints cannot be read.
    pub fn latest_checkpoint(
        &self,
        identity: Option<&str>,
    ) -> Result<(Option<Checkpoint>, Vec<RunError>), RunError> {
        self.latest_checkpoint_that(|checkpoint| checkpoint.verify(identity))
    }

    /// The newest checkpoint that `judge` accepts, and what it said of those that were skipped.
    ///
    /// # Errors
    ///
    /// What `judge` says, but for [`RunError::Checkpoint`], after which the next older one is looked at; [`RunError::Io`] when
    /// the folder of checkpoints cannot be read.
    pub fn latest_checkpoint_that(
        &self,
        mut judge: impl FnMut(&Checkpoint) -> Result<(), RunError>,
    ) -> Result<(Option<Checkpoint>, Vec<RunError>), RunError> {
        let mut unusable = Vec::new();
        for checkpoint in Checkpoint::list(&self.checkpoints())? {
            match judge(&checkpoint) {
                Ok(()) => return Ok((Some(checkpoint), unusable)),
                Err(error @ RunError::Checkpoint { .. }) => unusable.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok((None, unusable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_and_a_foreign_record_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(root.path().join("01-batchnorm/s0-0123456789"));
        let lock = folder.lock().unwrap();
        assert!(matches!(folder.lock(), Err(RunError::Locked { .. })));
        let partial = folder.path().join("checkpoints/.partial-000010");
        fs::create_dir_all(&partial).unwrap();
        fs::write(partial.join("model.bpk"), "half").unwrap();
        folder.clear_partial(&lock).unwrap();
        assert!(!partial.exists());
        drop(lock);
        folder.lock().unwrap();

        assert_eq!(folder.record().unwrap(), None);
        fs::write(folder.path().join("run.json"), "{}").unwrap();
        assert!(matches!(folder.record(), Err(RunError::Record { .. })));
    }
}
