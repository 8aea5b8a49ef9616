//! Files that are complete or absent.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How names of files begin that a killed process may leave half written; `gc` removes them.
pub const PARTIAL: &str = ".partial-";

/// A file that appears under its name only when it is [kept](Self::keep). Until then it is a temporary file beside that
/// name, because a rename is atomic only within a file system, and dropping it removes it.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("numbers.txt");
/// use std::io::Write;
///
/// let mut file = colorize_base::WholeFile::create(&path)?;
/// file.file().write_all(b"1 2 3")?;
/// assert!(!path.exists());
/// file.keep()?;
/// assert_eq!(std::fs::read(&path)?, b"1 2 3");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct WholeFile {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl WholeFile {
    /// Begins the file at `path`; its folder is created. Others may read it as far as the umask lets them.
    ///
    /// # Errors
    ///
    /// When the folder cannot be created or written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let folder = folder_of(path);
        fs::create_dir_all(folder)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PARTIAL);
        #[cfg(unix)]
        {
            // Temporary files are private to their owner by default.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        Ok(Self {
            temporary: builder.tempfile_in(folder)?,
            path: path.to_owned(),
        })
    }

    /// What has been written so far.
    pub fn file(&mut self) -> &mut File {
        self.temporary.as_file_mut()
    }

    /// Brings everything to the disk, before [`Self::keep`] does.
    ///
    /// # Errors
    ///
    /// What the system says, such as that the disk is full.
    pub fn sync(&self) -> io::Result<()> {
        self.temporary.as_file().sync_all()
    }

    /// Gives the file its name, in place of whatever had it; it survives a power cut where the platform can promise that.
    ///
    /// # Errors
    ///
    /// When it cannot be synced or renamed. What had the name before stays then.
    pub fn keep(self) -> io::Result<()> {
        self.sync()?;
        self.temporary
            .persist(&self.path)
            .map_err(|error| error.error)?;
        sync_folder(folder_of(&self.path));
        Ok(())
    }

    /// The same, but an existing file keeps the name.
    ///
    /// # Errors
    ///
    /// As [`Self::keep`], and [`io::ErrorKind::AlreadyExists`].
    pub fn keep_new(self) -> io::Result<()> {
        self.sync()?;
        self.temporary
            .persist_noclobber(&self.path)
            .map_err(|error| error.error)?;
        sync_folder(folder_of(&self.path));
        Ok(())
    }
}

/// Writes `bytes` to `path`, all of them or none.
///
/// # Errors
///
/// When the folder or the file cannot be written. What was there before stays then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.file().write_all(bytes)?;
    file.keep()
}

/// Makes a rename in `folder` survive a power cut, where the platform can: elsewhere the rename itself is all there is.
pub fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_kept_leaves_the_old_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/table");
        write_whole(&path, b"old").unwrap();
        let mut file = WholeFile::create(&path).unwrap();
        file.file().write_all(b"half of the n").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

        let mut file = WholeFile::create(&path).unwrap();
        file.file().write_all(b"new").unwrap();
        let error = file.keep_new().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        write_whole(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it_as_far_as_the_umask_lets_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let [whole, plain] = ["whole", "plain"].map(|name| folder.path().join(name));
        write_whole(&whole, b"").unwrap();
        fs::write(&plain, b"").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&whole), mode(&plain));
    }
}
