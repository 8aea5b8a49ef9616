//! The runs of a folder, each once.
//!
//! A run folder that was copied or linked holds the same run again: the same experiment, identity and seed. Counted twice
//! it would pass for another seed, and intervals would shrink without a training. So whoever lists runs gets each of them
//! once, and beside them the folders that were set apart.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;

use super::{RunError, RunFolder, RunRecord};
use colorize_base::{MOST_RECORD, read_file};

/// How many folders a remark names.
const NAMED: usize = 4;

/// Which run a folder holds, whatever the folder is called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RunName {
    /// The experiment's name.
    pub experiment: String,
    /// The seed.
    pub seed: u64,
    /// The identity, 64 hexadecimal digits.
    pub identity: String,
    /// The last step that a checkpoint keeps.
    #[serde(default)]
    pub step: usize,
}

/// The runs of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunList {
    /// Each run once, by path.
    pub runs: Vec<RunFolder>,
    /// What was set apart, and what lies under another name than its own.
    pub strays: Strays,
}

/// Folders that are not where their run belongs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strays {
    /// Copies and links of runs that already exist, by path. They count for nothing.
    pub copies: Vec<Stray>,
    /// Runs under another name than their own. They count, but `colorize run` does not find them.
    pub renamed: Vec<Stray>,
}

/// A folder that is not where its run belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Where it lies.
    pub path: PathBuf,
    /// The name of the experiment whose run it holds.
    pub experiment: String,
    /// `experiment/trial`: where it belongs.
    pub belongs: String,
}

impl RunName {
    /// What a record says.
    pub fn of(record: &RunRecord) -> Self {
        Self {
            experiment: record.experiment.clone(),
            seed: record.seed,
            identity: record.identity.clone(),
            step: record.step,
        }
    }

    /// Of a folder's `run.json`; `None` where it cannot be read, which whoever reads the run says in full.
    fn read(folder: &Path) -> Option<Self> {
        let bytes = read_file(&folder.join("run.json"), MOST_RECORD).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// `s<seed>-<first ten hexadecimal digits>`: the name of the run's own folder.
    pub fn trial(&self) -> String {
        let digits = self.identity.get(..10).unwrap_or(&self.identity);
        format!("s{}-{digits}", self.seed)
    }

    /// `experiment/trial`: the run's own place below the folder of all runs.
    pub fn place(&self) -> String {
        format!("{}/{}", self.experiment, self.trial())
    }

    /// Whether `folder` is called what the run is.
    fn is_at_home(&self, folder: &Path) -> bool {
        folder.ends_with(self.place())
    }
}

impl RunFolder {
    /// Where a run belongs that lies under another name than its own, `experiment/trial`: it is a copy, or was renamed.
    pub fn home(&self, record: &RunRecord) -> Option<String> {
        let name = RunName::of(record);
        let path = self.path();
        // A path that was typed, such as `.`, need not show the folder's name.
        let whole = path.canonicalize();
        let is_at_home = name.is_at_home(path) || whole.is_ok_and(|path| name.is_at_home(&path));
        (!is_at_home).then(|| name.place())
    }

    /// A link on the way to what the run has written: its folder, that of its experiment, or that of its checkpoints.
    /// What lies behind one may be another run's too.
    pub fn link(&self) -> Option<PathBuf> {
        let below = [Some(self.path().to_path_buf()), Some(self.checkpoints())];
        let above = self.path().parent().map(Path::to_path_buf);
        let mut ways = [above].into_iter().chain(below).flatten();
        ways.find(|path| is_link(path))
    }
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

impl Strays {
    /// Looks for folders that hold one and the same run. One of them is the run: that which is called what the run is,
    /// rather a folder than a link, rather one that has come further.
    pub fn among<'a>(found: impl IntoIterator<Item = (&'a Path, &'a RunName)>) -> Self {
        let mut same: BTreeMap<(&str, u64, &str), Vec<(&Path, &RunName)>> = BTreeMap::new();
        for (path, name) in found {
            let key = (name.experiment.as_str(), name.seed, name.identity.as_str());
            same.entry(key).or_default().push((path, name));
        }
        let mut strays = Self::default();
        for mut folders in same.into_values() {
            if folders.len() > 1 {
                folders.sort_by_key(|(path, name)| {
                    let linked = is_link(path) || path.parent().is_some_and(is_link);
                    let is_away = !name.is_at_home(path);
                    (is_away, linked, Reverse(name.step), path.to_path_buf())
                });
            }
            let stray = |(path, name): (&Path, &RunName)| Stray {
                path: path.to_path_buf(),
                experiment: name.experiment.clone(),
                belongs: name.place(),
            };
            let (first, name) = folders[0];
            if !name.is_at_home(first) {
                strays.renamed.push(stray((first, name)));
            }
            let copies = folders.into_iter().skip(1);
            strays.copies.extend(copies.map(stray));
        }
        strays.copies.sort_by(|one, two| one.path.cmp(&two.path));
        strays.renamed.sort_by(|one, two| one.path.cmp(&two.path));
        strays
    }

    /// Whether the folder at `path` is a copy.
    pub fn is_copy(&self, path: &Path) -> bool {
        let place = self
            .copies
            .binary_search_by(|copy| copy.path.as_path().cmp(path));
        place.is_ok()
    }

    /// Those of the experiments that `is_wanted` says.
    #[must_use]
    pub fn of(mut self, is_wanted: impl Fn(&str) -> bool) -> Self {
        self.copies.retain(|stray| is_wanted(&stray.experiment));
        self.renamed.retain(|stray| is_wanted(&stray.experiment));
        self
    }

    /// What a reader of numbers has to know of them: a line for the copies, and one for the renamed.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.copies.is_empty() {
            let head = match self.copies.len() {
                1 => "1 copy of another run, not counted".to_owned(),
                count => format!("{count} copies of other runs, not counted"),
            };
            remarks.push(format!("{head}: {}", named(&self.copies)));
        }
        if !self.renamed.is_empty() {
            let head = match self.renamed.len() {
                1 => "1 run is stored under a different name".to_owned(),
                count => format!("{count} runs are stored under different names"),
            };
            remarks.push(format!("{head}: {}", named(&self.renamed)));
        }
        remarks
    }
}

/// `` `runs/a/s0-0123456789.backup` of `a/s0-0123456789` ``, and so on.
fn named(strays: &[Stray]) -> String {
    let mut named: Vec<String> = strays
        .iter()
        .take(NAMED)
        .map(|stray| format!("`{}` of `{}`", stray.path.display(), stray.belongs))
        .collect();
    if strays.len() > NAMED {
        named.push(format!("and {} more", strays.len() - NAMED));
    }
    named.join(", ")
}

/// Every run under `runs`, each once, by path. Links are followed.
///
/// # Errors
///
/// [`RunError::Io`] when a folder exists but cannot be read.
pub fn find_runs(runs: &Path) -> Result<RunList, RunError> {
    let mut folders = Vec::new();
    for experiment in folders_in(runs)? {
        let trials = folders_in(&experiment)?;
        folders.extend(
            trials
                .into_iter()
                .filter(|it| it.join("run.json").is_file()),
        );
    }
    let names: Vec<Option<RunName>> = folders.par_iter().map(|it| RunName::read(it)).collect();
    let found = folders.iter().zip(&names);
    let strays =
        Strays::among(found.filter_map(|(path, name)| Some((path.as_path(), name.as_ref()?))));
    folders.retain(|path| !strays.is_copy(path));
    Ok(RunList {
        runs: folders.into_iter().map(RunFolder::at).collect(),
        strays,
    })
}

/// The folders in a folder, by name; none where it is not there.
fn folders_in(path: &Path) -> Result<Vec<PathBuf>, RunError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RunError::io("read", path)(error)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(RunError::io("read", path))?;
        let kind = entry.file_type().map_err(RunError::io("read", path))?;
        if kind.is_dir() || kind.is_symlink() && entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: &str = "0123456789abcdef";

    fn folder(runs: &Path, name: &str, experiment: &str, seed: u64, step: usize) -> RunFolder {
        let path = runs.join(name);
        fs::create_dir_all(&path).unwrap();
        let identity = format!("{seed}{IDENTITY}");
        let json = format!(
            r#"{{"experiment":"{experiment}","seed":{seed},"identity":"{identity}","step":{step},"more":[]}}"#
        );
        fs::write(path.join("run.json"), json).unwrap();
        RunFolder::at(path)
    }

    fn said(runs: &Path, list: &RunList) -> String {
        let all = list.strays.remarks().join("\n");
        all.replace(&runs.display().to_string(), "runs")
    }

    #[test]
    fn a_copied_linked_or_renamed_folder_is_the_same_run() {
        let root = tempfile::tempdir().unwrap();
        let runs = root.path();
        let first = folder(runs, "a/s0-0012345678", "a", 0, 4);
        let second = folder(runs, "a/s1-1012345678", "a", 1, 4);
        // Another experiment of the same numbers is another run.
        let other = folder(runs, "b/s0-0012345678", "b", 0, 4);
        let alone = [first, second, other];
        assert_eq!(find_runs(runs).unwrap().runs, alone);
        assert_eq!(find_runs(runs).unwrap().strays, Strays::default());

        folder(runs, "a/s0-0012345678.backup", "a", 0, 9);
        folder(runs, "a/s1-0012345678", "a", 0, 4);
        folder(runs, "a-old/s1-1012345678", "a", 1, 4);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("s0-0012345678", runs.join("a/latest")).unwrap();
            std::os::unix::fs::symlink("b", runs.join("linked")).unwrap();
            std::os::unix::fs::symlink("nowhere", runs.join("broken")).unwrap();
            let list = find_runs(runs).unwrap();
            assert_eq!(list.runs, alone);
            insta::assert_snapshot!(said(runs, &list), @"5 copies of other runs, not counted: `runs/a/latest` of `a/s0-0012345678`, `runs/a/s0-0012345678.backup` of `a/s0-0012345678`, `runs/a/s1-0012345678` of `a/s0-0012345678`, `runs/a-old/s1-1012345678` of `a/s1-1012345678`, and 1 more");
        }
    }

    #[test]
    fn a_run_under_another_name_counts_once_and_is_named() {
        let root = tempfile::tempdir().unwrap();
        let runs = root.path();
        folder(runs, "a/first", "a", 0, 4);
        let further = folder(runs, "a/second", "a", 0, 9);
        let list = find_runs(runs).unwrap();
        assert_eq!(list.runs, [further]);
        insta::assert_snapshot!(said(runs, &list), @r"
        1 copy of another run, not counted: `runs/a/first` of `a/s0-0012345678`
        1 run is stored under a different name: `runs/a/second` of `a/s0-0012345678`
        ");
        let none = list.strays.of(|experiment| experiment == "b");
        assert!(none.remarks().is_empty());
    }

    #[test]
    fn a_run_without_a_record_that_can_be_read_is_listed() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a/one", "a/two"] {
            fs::create_dir_all(root.path().join(name)).unwrap();
            fs::write(root.path().join(name).join("run.json"), "{}").unwrap();
        }
        assert_eq!(find_runs(root.path()).unwrap().runs.len(), 2);
        let none = find_runs(&root.path().join("none")).unwrap();
        assert_eq!(none, RunList::default());
    }
}
