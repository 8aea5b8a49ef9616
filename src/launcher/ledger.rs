//! What was submitted: `<runs>/slurm/<job>.json` says which trial is which task, `<job>.sh` is its script, and
//! `<job>_<task>.log` what the task wrote.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::LauncherError;
use crate::runs::atomic;
use colorize_base::{MOST_RECORD, read_file};

/// Changes when the notes change in a way that an older program could misread.
const FORMAT: u32 = 1;

/// A job array that was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Submitted {
    format: u32,
    /// Slurm's number for the array.
    pub(super) job: String,
    /// The cluster, where there are several.
    pub(super) cluster: Option<String>,
    /// The job's name.
    pub(super) name: String,
    pub(super) submitted: Timestamp,
    /// `experiment/trial`, in the order of the array's indices.
    pub(super) trials: Vec<String>,
}

impl Submitted {
    /// What `sbatch --parsable` answered: `123`, or `123;cluster`.
    pub(super) fn new(answer: &str, name: &str, trials: &[String]) -> Self {
        let (job, cluster) = match answer.trim().split_once(';') {
            Some((job, cluster)) => (job, Some(cluster.to_owned())),
            None => (answer.trim(), None),
        };
        Self {
            format: FORMAT,
            job: job.to_owned(),
            cluster,
            name: name.to_owned(),
            submitted: Timestamp::now(),
            trials: trials.to_vec(),
        }
    }

    /// Notes it under `runs`, next to its script.
    pub(super) fn write(&self, runs: &Path, script: &str) -> Result<(), LauncherError> {
        let folder = slurm_folder(runs);
        let mut json = serde_json::to_vec_pretty(self).expect("a note is JSON");
        json.push(b'\n');
        atomic::write(&folder.join(format!("{}.json", self.job)), &json)?;
        atomic::write(&folder.join(format!("{}.sh", self.job)), script.as_bytes())?;
        Ok(())
    }

    /// Every note under `runs`.
    pub(super) fn all(runs: &Path) -> Result<Vec<Self>, LauncherError> {
        let folder = slurm_folder(runs);
        let unreadable = |cause| LauncherError::Folder {
            path: folder.clone(),
            cause,
        };
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut notes = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_note = path.extension().is_some_and(|ending| ending == "json");
            if is_note && !name.starts_with('.') {
                notes.push(Self::read(&path)?);
            }
        }
        notes.sort_by_key(|note| note.submitted);
        Ok(notes)
    }

    fn read(path: &Path) -> Result<Self, LauncherError> {
        let refuse = |reason: String| LauncherError::Note {
            path: path.to_path_buf(),
            reason,
        };
        let bytes = read_file(path, MOST_RECORD).map_err(|error| refuse(error.to_string()))?;
        let note: Self =
            serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
        if note.format != FORMAT {
            return Err(refuse(format!(
                "it has format {}, but this program reads format {FORMAT}",
                note.format
            )));
        }
        Ok(note)
    }
}

/// The folder of everything about jobs.
pub fn slurm_folder(runs: &Path) -> PathBuf {
    runs.join("slurm")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_back_and_others_are_refused() {
        let runs = tempfile::tempdir().unwrap();
        assert_eq!(Submitted::all(runs.path()).unwrap(), []);
        let trials = ["a/s0-01".to_owned(), "a/s1-02".to_owned()];
        let first = Submitted::new("17\n", "colorize-a", &trials);
        let second = Submitted::new("18;big", "colorize-a", &trials[..1]);
        assert_eq!(
            (second.job.as_str(), second.cluster.as_deref()),
            ("18", Some("big"))
        );
        first.write(runs.path(), "#!/bin/bash\n").unwrap();
        second.write(runs.path(), "#!/bin/bash\n").unwrap();
        assert_eq!(Submitted::all(runs.path()).unwrap(), [first, second]);
        fs::write(slurm_folder(runs.path()).join("19.json"), "{}").unwrap();
        let refused = Submitted::all(runs.path()).unwrap_err().to_string();
        assert!(refused.contains("19.json"), "{refused}");
    }
}
