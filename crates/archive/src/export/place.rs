//! Where an export goes. It appears whole, or not at all.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use colorize_base::{MOST_RECORD, PARTIAL, WholeFile, files_below, open_file, read_text};
use polars::prelude::{ParquetReader, SerReader};

use super::ExportError;
use super::table::WHICH;

/// Lies in every folder that an export made and names its files, so that `--force` replaces no other.
const MARK: &str = ".colorize-export";

/// How much of a file is read to find its first lines.
const MOST_BYTES: u64 = 1 << 20;

/// A file or folder to be made.
#[derive(Debug, Clone)]
pub struct Place {
    path: PathBuf,
    force: bool,
    /// Whether a file is what an earlier export of this kind made.
    is_ours: fn(&Path) -> bool,
}

impl Place {
    /// For a table or a folder at `path`; with `force` the one that an export left there is replaced.
    pub fn new(path: impl Into<PathBuf>, force: bool) -> Self {
        Self::of(path, force, is_table)
    }

    /// For a file of another kind: with `force` one of which `is_ours` says that an export made it is replaced.
    pub fn of(path: impl Into<PathBuf>, force: bool, is_ours: fn(&Path) -> bool) -> Self {
        Self {
            path: path.into(),
            force,
            is_ours,
        }
    }

    /// Where.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether anything is in the way, before any work is done.
    ///
    /// # Errors
    ///
    /// [`ExportError::Exists`], or [`ExportError::NotOurs`] for a folder or a file that no export made.
    pub fn check(&self) -> Result<(), ExportError> {
        let there = self.path.symlink_metadata().is_ok();
        if there && !self.force {
            return Err(ExportError::Exists(self.path.clone()));
        }
        let is_empty = || fs::read_dir(&self.path).is_ok_and(|mut it| it.next().is_none());
        let is_ours = if self.path.is_dir() {
            self.is_export() || is_empty()
        } else {
            (self.is_ours)(&self.path)
        };
        if there && !is_ours {
            return Err(ExportError::NotOurs(self.path.clone()));
        }
        Ok(())
    }

    /// Whether the folder is an export, and nothing but one. What the mark of an older program's export names is nothing: all of
    /// such a folder counts.
    fn is_export(&self) -> bool {
        let Ok(mark) = read_text(&self.path.join(MARK), MOST_RECORD) else {
            return false;
        };
        let ours: HashSet<&str> = mark.lines().collect();
        let is_ours = |file: &String| file == MARK || ours.contains(file.as_str());
        mark.is_empty() || files_below(&self.path).is_ok_and(|files| files.iter().all(is_ours))
    }

    /// The folder that it lies in, which is made.
    fn parent(&self) -> Result<&Path, ExportError> {
        let parent = self.path.parent().filter(|it| !it.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(ExportError::write(parent))?;
        Ok(parent)
    }

    /// Makes a file of these bytes.
    ///
    /// # Errors
    ///
    /// [`ExportError`]; in that case, what was there before stays.
    pub fn write(&self, bytes: &[u8]) -> Result<(), ExportError> {
        self.file(|file, path| file.write_all(bytes).map_err(ExportError::write(path)))
    }

    /// Makes a file by way of a temporary one beside it.
    pub(super) fn file<T>(
        &self,
        fill: impl FnOnce(&mut BufWriter<&mut fs::File>, &Path) -> Result<T, ExportError>,
    ) -> Result<T, ExportError> {
        self.check()?;
        if self.path.is_dir() {
            return Err(ExportError::NotOurs(self.path.clone()));
        }
        let failed = || ExportError::write(&self.path);
        let mut whole = WholeFile::create(&self.path).map_err(failed())?;
        let mut file = BufWriter::new(whole.file());
        let result = fill(&mut file, &self.path)?;
        file.into_inner()
            .map_err(|error| failed()(error.into_error()))?;
        let kept = if self.force {
            whole.keep()
        } else {
            whole.keep_new()
        };
        kept.map_err(failed())?;
        Ok(result)
    }

    /// Makes a folder by way of a temporary one beside it.
    pub(super) fn folder<T>(
        &self,
        fill: impl FnOnce(&Path) -> Result<T, ExportError>,
    ) -> Result<T, ExportError> {
        self.check()?;
        let failed = || ExportError::write(&self.path);
        let temporary = tempfile::Builder::new()
            .prefix(PARTIAL)
            .tempdir_in(self.parent()?)
            .map_err(failed())?;
        let inner = temporary.path().join("export");
        fs::create_dir(&inner).map_err(failed())?;
        let result = fill(&inner)?;
        let files = files_below(&inner).map_err(failed())?;
        fs::write(inner.join(MARK), files.join("\n")).map_err(failed())?;
        if self.path.is_dir() {
            // `check` found it empty, or one of ours.
            let aside = temporary.path().join("before");
            fs::rename(&self.path, &aside).map_err(failed())?;
        } else if self.path.exists() {
            return Err(ExportError::NotOurs(self.path.clone()));
        }
        fs::rename(&inner, &self.path).map_err(failed())?;
        Ok(result)
    }
}

/// Whether a file is a table that an export made. A table has no room for a mark, so it is known by its first columns, which
/// say which run a row is of. A link, a device and what cannot be read are none.
fn is_table(path: &Path) -> bool {
    if !path.symlink_metadata().is_ok_and(|it| it.is_file()) {
        return false;
    }
    is_csv(path) || is_json(path) || is_parquet(path)
}

fn is_csv(path: &Path) -> bool {
    let header = format!("{},", WHICH.join(","));
    line(path, 0).is_some_and(|line| line.starts_with(&header))
}

fn is_json(path: &Path) -> bool {
    let row = line(path, 1).unwrap_or_default();
    let row = serde_json::from_str::<serde_json::Value>(row.trim_end_matches(','));
    row.is_ok_and(|row| WHICH.iter().all(|name| row.get(name).is_some()))
}

fn is_parquet(path: &Path) -> bool {
    let schema = open_file(path)
        .ok()
        .and_then(|file| ParquetReader::new(file).schema().ok());
    schema.is_some_and(|schema| schema.iter_names().take(WHICH.len()).eq(&WHICH))
}

/// A line of a text, of a few: `None` where there are not so many, or it is no text.
fn line(path: &Path, skipped: usize) -> Option<String> {
    let file = BufReader::new(open_file(path).ok()?.take(MOST_BYTES));
    file.lines().nth(skipped)?.ok()
}
