//! From what a person types to experiment files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use colorize_base::nearest::{nearest, quoted};
use walkdir::WalkDir;

use crate::command_error::{CommandError, Context, Result};
use crate::experiment::experiments_in;

/// Where names are looked up, in the current folder or the nearest one above it that has it.
pub(crate) const FOLDER: &str = "experiments";

/// The files that `asked` means, each once: a path to a file; a folder, searched for TOML files; or the name of an
/// experiment in the folder `experiments`.
///
/// # Errors
///
/// When no file or several have a name, or a folder cannot be searched.
pub(crate) fn experiment_files(asked: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in asked {
        if path.is_dir() {
            let found = files_in(path)?;
            // A folder without experiments is not sound, and is refused as the file that it is not.
            files.extend(if found.is_empty() {
                vec![path.clone()]
            } else {
                found
            });
        } else if path.exists() || is_toml(path) {
            // A file that is not there is told as such when it is read.
            files.push(path.clone());
        } else {
            files.push(named(path)?);
        }
    }
    let mut known = BTreeSet::new();
    files.retain(|path| known.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(files)
}

/// The TOML files in a folder and below it, sorted.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry
            .map_err(std::io::Error::from)
            .with_context(|| format!("cannot search `{}`", folder.display()))?;
        if entry.file_type().is_file() && is_toml(entry.path()) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// The names of all experiments in the nearest folder `experiments`, with their files; nothing where there is no such folder.
pub(crate) fn known() -> Vec<(String, PathBuf)> {
    let near = Path::new(FOLDER);
    if near.is_dir() {
        return experiments_in(near);
    }
    let here = std::env::current_dir().unwrap_or_default();
    let mut above = here.ancestors().map(|folder| folder.join(FOLDER));
    let folder = above.find(|folder| folder.is_dir());
    folder.map_or_else(Vec::new, |folder| experiments_in(&folder))
}

/// The file of the experiment of this name, which may begin with the folder that it lies in.
fn named(name: &Path) -> Result<PathBuf> {
    let known = known();
    let found: Vec<&PathBuf> = known
        .iter()
        .filter(|(own, path)| Path::new(own) == name || path.with_extension("").ends_with(name))
        .map(|(_, path)| path)
        .collect();
    let shown = name.display();
    match found[..] {
        [path] => Ok(path.clone()),
        [] => {
            let names = known.iter().map(|(name, _)| name.as_str());
            let wanted = name.to_string_lossy();
            let near: Vec<&str> = nearest(&wanted, names).take(3).collect();
            let hint = match (near.is_empty(), known.is_empty()) {
                (false, _) => format!("did you mean {}?", quoted(near)),
                (true, true) => format!("there is no folder `{FOLDER}` to look it up in"),
                (true, false) => format!("`colorize check {FOLDER}` lists those in `{FOLDER}`"),
            };
            Err(CommandError::request(format!(
                "no experiment `{shown}`: neither a file nor a name; {hint}"
            )))
        }
        _ => {
            let found: Vec<String> = found
                .iter()
                .map(|path| format!("`{}`", path.display()))
                .collect();
            Err(CommandError::request(format!(
                "`{shown}` is ambiguous: it may be any of {}",
                found.join(", ")
            )))
        }
    }
}
