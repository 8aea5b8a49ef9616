//! A run folder's own files and folders, none of which may lead anywhere else.

use std::fs;
use std::io;
use std::path::Path;

use super::RunError;

/// The files at the top of a run folder that this program writes or empties.
const FILES: [&str; 5] = [
    ".lock",
    "run.json",
    "experiment.toml",
    "photographs.parquet",
    "log.txt",
];

/// The folders in it that this program writes to and deletes from.
const FOLDERS: [&str; 7] = [
    "checkpoints",
    "metrics",
    "images",
    "samples",
    "pictures",
    "environment",
    "evaluations",
];

/// Checks that every part is of the kind it should be: behind a link lies what belongs to somebody else, a pipe would be waited
/// for, and a device has no end.
///
/// # Errors
///
/// [`RunError::Foreign`] for the first part that is not, [`RunError::Io`] when the folder cannot be read.
pub(super) fn check(folder: &Path) -> Result<(), RunError> {
    let files = FILES.map(|name| (name, false));
    let folders = FOLDERS.map(|name| (name, true));
    for (name, should_be_folder) in files.into_iter().chain(folders) {
        let path = folder.join(name);
        let kind = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(RunError::io("read", &path)(error)),
        };
        let is_right = if should_be_folder {
            kind.is_dir()
        } else {
            kind.is_file()
        };
        if !is_right {
            let found = if kind.is_symlink() {
                "a link"
            } else if kind.is_dir() {
                "a folder"
            } else if kind.is_file() {
                "a file"
            } else {
                "a pipe, a socket or a device"
            };
            return Err(RunError::Foreign {
                path,
                found,
                expected: if should_be_folder { "folder" } else { "file" },
            });
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::runs::RunFolder;

    #[test]
    fn links_in_a_run_folder_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let thesis = elsewhere.path().join("thesis.txt");
        for (name, target) in [
            (".lock", thesis.as_path()),
            ("checkpoints", elsewhere.path()),
        ] {
            fs::write(&thesis, "years of work").unwrap();
            let run = RunFolder::at(folder.path().join(name.trim_start_matches('.')));
            fs::create_dir(run.path()).unwrap();
            symlink(target, run.path().join(name)).unwrap();
            let error = run.lock().unwrap_err().to_string();
            assert!(
                error.contains(name) && error.contains("is a link"),
                "{error}"
            );
            assert_eq!(fs::read_to_string(&thesis).unwrap(), "years of work");
        }
        let sound = RunFolder::at(folder.path().join("sound"));
        fs::create_dir_all(sound.checkpoints()).unwrap();
        drop(sound.lock().unwrap());
        drop(sound.lock().unwrap());
    }
}
