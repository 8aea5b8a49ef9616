//! Files that are complete or absent.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

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
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(RunError::io("create", folder))?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".partial-")
        .tempfile_in(folder)
        .map_err(RunError::io("write", path))?;
    fill(temporary.as_file_mut())?;
    temporary
        .as_file()
        .sync_all()
        .map_err(RunError::io("write", path))?;
    make_readable(temporary.as_file()).map_err(RunError::io("write", path))?;
    lock::check(path)?;
    temporary
        .persist(path)
        .map_err(|error| error.error)
        .map_err(RunError::io("write", path))?;
    sync_folder(folder);
    Ok(())
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

/// Makes a rename in `folder` survive a power cut, where the platform can: elsewhere the rename itself is all there is.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Temporary files are private to their owner; results are for everybody whom the folder lets in.
#[cfg(unix)]
fn make_readable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_file: &File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
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
