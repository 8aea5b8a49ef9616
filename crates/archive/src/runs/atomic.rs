//! Files of a run folder that are complete or absent, and that no longer change once another process has the run.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use colorize_base::WholeFile;
pub(super) use colorize_base::sync_folder;

use super::{RunError, lock};

/// Writes `path` through `fill`: into a temporary file beside it, synced, then renamed over it. A process that dies
/// on the way leaves the old file, or none.
///
/// # Errors
///
/// [`RunError::Io`] when the folder cannot be written, [`RunError::Taken`] when it is that of a run that this process has
/// lost to another one; an error of `fill` as it is.
pub fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<(), RunError>,
) -> Result<(), RunError> {
    // First of all: it would make the folder of a run that was moved away.
    lock::check(path)?;
    let mut whole = WholeFile::create(path).map_err(RunError::io("write", path))?;
    fill(whole.file())?;
    whole.sync().map_err(RunError::io("write", path))?;
    lock::check(path)?;
    whole.keep().map_err(RunError::io("write", path))
}

/// Writes `bytes` to `path`; see [`write_with`].
///
/// # Errors
///
/// [`RunError::Io`] when the folder cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    write_with(path, |file| {
        file.write_all(bytes).map_err(RunError::io("write", path))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table");
        write(&path, b"old").unwrap();
        let failed = write_with(&path, |file| {
            file.write_all(b"half of the n").unwrap();
            Err(RunError::Record {
                path: path.clone(),
                reason: "stopped".to_owned(),
            })
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
