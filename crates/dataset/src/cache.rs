//! The folder of files that can be made again: indexes, inspections, the synthetic world.

use std::fs::File;
use std::path::{Path, PathBuf};

use colorize_base::{MOST_NUMBERS, WholeFile, keyed_name, open_file, read_file};
use polars::prelude::*;
use walkdir::WalkDir;

use super::DatasetError;

/// The key of the file-level metadata under which [`Cache`] keeps its own words.
const METADATA_KEY: &str = "colorize";

/// A folder whose contents can be deleted at any time, at no cost but time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// The folder; made when first written to.
    pub folder: PathBuf,
}

impl Cache {
    /// The user's cache: `COLORIZE_CACHE` where set and not empty, else `colorize` in the system's folder for caches.
    ///
    /// # Errors
    ///
    /// When the system names no such folder.
    pub fn of_user() -> Result<Self, DatasetError> {
        let folder = match std::env::var_os("COLORIZE_CACHE") {
            Some(folder) if !folder.is_empty() => PathBuf::from(folder),
            _ => dirs::cache_dir()
                .ok_or(DatasetError::NoCacheFolder)?
                .join("colorize"),
        };
        let folder = std::path::absolute(&folder).map_err(DatasetError::read(folder))?;
        Ok(Self { folder })
    }

    /// What lies in the cache: its folders by name, and the bytes that each takes on disk. What cannot be read counts
    /// nothing.
    pub fn usage(&self) -> Vec<(String, u64)> {
        let folders = WalkDir::new(&self.folder)
            .min_depth(1)
            .max_depth(1)
            .sort_by_file_name()
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_dir());
        folders
            .map(|folder| {
                let files = WalkDir::new(folder.path()).into_iter();
                let bytes = files
                    .filter_map(|entry| entry.ok()?.metadata().ok())
                    .filter(std::fs::Metadata::is_file)
                    .map(|file| allocated(&file))
                    .sum();
                (folder.file_name().to_string_lossy().into_owned(), bytes)
            })
            .collect()
    }

    /// Waits until no other process holds the lock of `path`, and holds it until the answer is dropped.
    ///
    /// # Errors
    ///
    /// When the lock file beside `path` cannot be made.
    pub(crate) fn lock(path: &Path) -> Result<File, DatasetError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(DatasetError::write(folder))?;
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let name = PathBuf::from(name);
        if name.exists() {
            // A pipe would be waited for.
            open_file(&name).map_err(DatasetError::write(&name))?;
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .map_err(DatasetError::write(&name))?;
        file.lock().map_err(DatasetError::write(&name))?;
        Ok(file)
    }
}

/// What files in the cache are called that hold something of every photograph below one root: the folder that `path` lies
/// in without the `file_name` at its end.
pub(crate) fn name_of_root(path: &Path, file_name: &str) -> String {
    let root = root_of(path, file_name);
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    keyed_name(&name, &root.display().to_string())
}

/// The folder that `path` lies in, without the `file_name` at its end.
pub(crate) fn root_of<'a>(path: &'a Path, file_name: &str) -> &'a Path {
    let below = Path::new(file_name).components().count();
    path.ancestors().nth(below).unwrap_or(path)
}

/// A file with holes takes less than its length.
#[cfg(unix)]
fn allocated(file: &std::fs::Metadata) -> u64 {
    512 * std::os::unix::fs::MetadataExt::blocks(file)
}

#[cfg(not(unix))]
fn allocated(file: &std::fs::Metadata) -> u64 {
    file.len()
}

/// Writes `frame` as Parquet with `metadata` in its footer. The file appears whole or not at all.
pub(crate) fn write_table(
    path: &Path,
    frame: &mut DataFrame,
    metadata: String,
) -> Result<(), DatasetError> {
    let mut whole = WholeFile::create(path).map_err(DatasetError::write(path))?;
    let metadata = vec![(METADATA_KEY.to_owned(), metadata)];
    colorize_table::write(whole.file(), frame, metadata)
        .map_err(std::io::Error::other)
        .map_err(DatasetError::write(path))?;
    whole.keep().map_err(DatasetError::write(path))
}

/// The table at `path` when `accept` takes its metadata; `None` when there is none or it cannot be read.
///
/// A cache file that cannot be used is only worth making again, so no cause is told.
pub(crate) fn read_table(path: &Path, accept: impl FnOnce(&str) -> bool) -> Option<DataFrame> {
    let bytes = read_file(path, MOST_NUMBERS).ok()?;
    colorize_table::read(bytes, false, |value| {
        value(METADATA_KEY).is_some_and(|ours| accept(&ours))
    })
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_told_by_folder() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache {
            folder: folder.path().join("cache"),
        };
        assert_eq!(cache.usage(), []);
        for (name, bytes) in [
            ("pixels/a", 70_000),
            ("pixels/deep/b", 5000),
            ("indexes/c", 0),
        ] {
            let path = cache.folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, vec![1; bytes]).unwrap();
        }
        let usage = cache.usage();
        let names: Vec<&str> = usage.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["indexes", "pixels"]);
        assert_eq!(usage[0].1, 0);
        assert!((75_000..200_000).contains(&usage[1].1), "{usage:?}");
    }
}
