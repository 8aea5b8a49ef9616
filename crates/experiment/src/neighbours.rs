//! The other experiments that a file can speak of by name.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::file::{ExperimentFile, read_family};
use super::problem::ExperimentError;
use colorize_base::{MOST_TEXT, read_text};

/// The experiments in the folders of a file and of its parents, and in the folders right below these. They are looked
/// up when they are first asked for.
pub(super) struct Neighbours {
    folders: Vec<PathBuf>,
    names: OnceCell<Vec<String>>,
}

impl Neighbours {
    /// Those of a file and its parents.
    pub(super) fn of(family: &[ExperimentFile]) -> Self {
        let folders = family
            .iter()
            .filter_map(|file| file.source.path()?.parent());
        Self {
            folders: folders.map(Path::to_path_buf).collect(),
            names: OnceCell::new(),
        }
    }

    /// Those of these names.
    pub(super) fn named(names: Vec<String>) -> Self {
        Self {
            folders: Vec::new(),
            names: OnceCell::from(names),
        }
    }

    /// Their names and files.
    fn all(&self) -> impl Iterator<Item = (String, PathBuf)> {
        self.folders
            .iter()
            .flat_map(|folder| experiments_in(folder))
    }

    /// Their names, sorted, each once.
    pub(super) fn names(&self) -> &[String] {
        self.names.get_or_init(|| {
            let mut names: Vec<String> = self.all().map(|(name, _)| name).collect();
            names.sort();
            names.dedup();
            names
        })
    }
}

/// The file of the experiment `name`, as a claim in the file `path` means it; `None` where there is none.
///
/// # Errors
///
/// When `path`, or a file that it extends, cannot be read.
pub fn find_neighbour(path: &Path, name: &str) -> Result<Option<PathBuf>, ExperimentError> {
    let family = read_family(path).map_err(|problem| ExperimentError::from(*problem))?;
    let mut all = Neighbours::of(&family)
        .all()
        .collect::<Vec<_>>()
        .into_iter();
    Ok(all.find_map(|(known, file)| (known == name).then_some(file)))
}

/// The experiments in a folder and in those right below it: their names and files, by path.
pub fn experiments_in(folder: &Path) -> Vec<(String, PathBuf)> {
    walkdir::WalkDir::new(here(folder))
        .max_depth(2)
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|path| Some((name_in(&path)?, path)))
        .collect()
}

/// A path that is empty means the current folder.
fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// The name of the experiment in a file: the one it writes, or the file's own. `None` for a file that is no TOML.
fn name_in(path: &Path) -> Option<String> {
    let table: toml::Table = toml::from_str(&read_text(path, MOST_TEXT).ok()?).ok()?;
    let written = table.get("name").and_then(toml::Value::as_str);
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    written.or(stem).map(str::to_string)
}
