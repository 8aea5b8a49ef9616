//! From what an experiment writes under `use` to a manifest file.

use colorize_base::{Blame, Blamed};
use std::io;
use std::path::{Path, PathBuf};

use colorize_base::nearest::{nearest, quoted};

/// The folder that plain names are looked up in.
const FOLDER: &str = "datasets";

/// Why no manifest answers to a name or path.
#[derive(Debug, thiserror::Error)]
pub enum UnknownManifest {
    /// There is none.
    #[error("dataset not found: `{name}`; {hint}")]
    Name {
        /// What was asked for.
        name: String,
        /// What there is, and the nearest name.
        hint: String,
    },
    /// The current folder, from which names are looked up, is unknown.
    #[error("cannot read `.`: {0}")]
    CurrentFolder(io::Error),
}

impl Blamed for UnknownManifest {
    fn blame(&self) -> Blame {
        match self {
            Self::Name { .. } => Blame::Request,
            Self::CurrentFolder(_) => Blame::Failure,
        }
    }
}

/// Finds the manifest that `name` means.
///
/// A path that ends in `.toml` is relative to `from`, the folder of the experiment file, or to the current folder where
/// there is none. Any other name is that of a file in the nearest folder `datasets` that has it, going up from `from`
/// and then from the current folder.
///
/// # Errors
///
/// When there is no such file; the message lists what there is and the nearest name.
pub fn resolve_manifest(name: &str, from: Option<&Path>) -> Result<PathBuf, UnknownManifest> {
    let here = std::env::current_dir().map_err(UnknownManifest::CurrentFolder)?;
    resolve(name, from, &here)
}

/// Every manifest that a plain name can mean, sorted by name; of two with one name, the one that the name means.
///
/// # Errors
///
/// When the current folder is unknown.
pub fn list_manifests(from: Option<&Path>) -> Result<Vec<PathBuf>, UnknownManifest> {
    let here = std::env::current_dir().map_err(UnknownManifest::CurrentFolder)?;
    Ok(list(from, &here))
}

fn resolve(name: &str, from: Option<&Path>, here: &Path) -> Result<PathBuf, UnknownManifest> {
    let unknown = |hint| UnknownManifest::Name {
        name: name.to_owned(),
        hint,
    };
    if Path::new(name)
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
    {
        let path = here.join(from.unwrap_or(Path::new(""))).join(name);
        if path.is_file() {
            return Ok(path);
        }
        let folder = path.parent().unwrap_or(here);
        let mut hint = format!("no such file: `{}`", path.display());
        let wanted = path.file_stem().unwrap_or_default().to_string_lossy();
        let there = manifests_in(folder);
        let near = nearest(&wanted, there.iter().map(|path| stem(path)));
        let near: Vec<String> = near.take(3).map(|near| format!("{near}.toml")).collect();
        if !near.is_empty() {
            hint.push_str("; did you mean ");
            hint.push_str(&quoted(near));
            hint.push('?');
        }
        return Err(unknown(hint));
    }
    let known = list(from, here);
    if let Some(path) = known.iter().find(|path| stem(path) == name) {
        return Ok(path.clone());
    }
    if known.is_empty() {
        return Err(unknown(format!(
            "found no folder `{FOLDER}` with manifests here or in a parent folder; name a `.toml` file instead"
        )));
    }
    let mut near = nearest(name, known.iter().map(|path| stem(path)));
    let there = quoted(known.iter().map(|path| stem(path)));
    Err(unknown(match near.next() {
        Some(near) => format!("available: {there}; did you mean `{near}`?"),
        None => format!("available: {there}; or name a `.toml` file"),
    }))
}

fn list(from: Option<&Path>, here: &Path) -> Vec<PathBuf> {
    let from = from.map(|from| here.join(from));
    let above = from.iter().flat_map(|from| from.ancestors());
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in above.chain(here.ancestors()) {
        for path in manifests_in(&folder.join(FOLDER)) {
            if !found
                .iter()
                .any(|known| known.file_stem() == path.file_stem())
            {
                found.push(path);
            }
        }
    }
    found.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    found
}

/// The `.toml` files of a folder; none where it cannot be read.
fn manifests_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter(|path| path.file_stem().is_some_and(|stem| stem.to_str().is_some()))
        .collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> &str {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_upwards_and_paths_beside_the_experiment() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let deep = root.join("project/experiments/deep");
        let here = root.join("elsewhere");
        for folder in [
            &deep,
            &root.join("project/datasets"),
            &here.join("datasets"),
        ] {
            std::fs::create_dir_all(folder).unwrap();
        }
        for file in [
            "project/datasets/coco.toml",
            "elsewhere/datasets/coco.toml",
            "elsewhere/datasets/synthetic.toml",
            "project/experiments/mine.toml",
        ] {
            std::fs::write(root.join(file), "").unwrap();
        }
        let find = |name: &str, from: Option<&Path>| {
            resolve(name, from, &here).map_err(|error| {
                error
                    .to_string()
                    .replace(&root.display().to_string(), "ROOT")
            })
        };
        assert_eq!(
            find("coco", Some(&deep)).unwrap(),
            root.join("project/datasets/coco.toml")
        );
        assert_eq!(
            find("coco", None).unwrap(),
            root.join("elsewhere/datasets/coco.toml")
        );
        assert_eq!(
            find("synthetic", Some(&deep)).unwrap(),
            root.join("elsewhere/datasets/synthetic.toml")
        );
        assert_eq!(
            find("../mine.toml", Some(&deep)).unwrap(),
            deep.join("../mine.toml")
        );
        assert_eq!(
            find("datasets/coco.toml", None).unwrap(),
            here.join("datasets/coco.toml")
        );
        assert_eq!(
            find("coko", Some(&deep)).unwrap_err(),
            "dataset not found: `coko`; available: `coco`, `synthetic`; did you mean `coco`?"
        );
        assert_eq!(
            find("datasets/cocos.toml", None).unwrap_err(),
            "dataset not found: `datasets/cocos.toml`; no such file: `ROOT/elsewhere/datasets/cocos.toml`; did you mean `coco.toml`?"
        );
    }
}
