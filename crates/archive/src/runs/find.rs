//! From what a person types to a run folder.

use std::path::Path;

use super::{RunError, RunFolder, RunList, find_runs};

/// How many runs an error names.
const NAMED: usize = 12;

/// The run that `name` means: a path to its folder, or `experiment/trial`, `experiment` or the beginning of a trial's
/// name under `runs`, as far as it says which.
///
/// # Errors
///
/// [`RunError::NotFound`] when there is none, [`RunError::Ambiguous`] when there are several.
pub fn find_run(runs: &Path, name: &str) -> Result<RunFolder, RunError> {
    let direct = Path::new(name);
    if direct.join("run.json").is_file() {
        return Ok(RunFolder::at(direct));
    }
    let list = find_runs(runs)?;
    let found = named(&list, name);
    match &found[..] {
        [run] => Ok(run.clone()),
        [] => Err(RunError::NotFound {
            name: name.to_owned(),
            runs: runs.to_path_buf(),
            there: self::list(list.runs.iter()),
        }),
        _ => Err(RunError::Ambiguous {
            name: name.to_owned(),
            found: self::list(found.iter()),
        }),
    }
}

/// All runs under `runs` that `name` may mean; see [`find_run`].
///
/// # Errors
///
/// [`RunError::Io`] when the folder cannot be read.
pub fn runs_named(runs: &Path, name: &str) -> Result<Vec<RunFolder>, RunError> {
    Ok(named(&find_runs(runs)?, name))
}

fn named(list: &RunList, name: &str) -> Vec<RunFolder> {
    let wanted = name.trim_end_matches('/');
    // A copy is meant by nobody who does not write out its name.
    let copies = list.strays.copies.iter();
    let mut copies = copies.map(|copy| RunFolder::at(&copy.path)).filter(|copy| {
        names(copy).is_some_and(|(experiment, trial)| wanted == format!("{experiment}/{trial}"))
    });
    if let Some(copy) = copies.next() {
        return vec![copy];
    }
    let mut found: Vec<&RunFolder> = list
        .runs
        .iter()
        .filter(|run| {
            let Some((experiment, trial)) = names(run) else {
                return false;
            };
            match wanted.split_once('/') {
                Some((first, rest)) => first == experiment && trial.starts_with(rest),
                None => wanted == experiment || trial.starts_with(wanted),
            }
        })
        .collect();
    if let Some(exact) = found
        .iter()
        .position(|run| names(run).is_some_and(|(_, trial)| trial == wanted))
    {
        found = vec![found[exact]];
    }
    found.into_iter().cloned().collect()
}

/// The names of a run's experiment and trial.
fn names(run: &RunFolder) -> Option<(&str, &str)> {
    let trial = run.path().file_name()?.to_str()?;
    let experiment = run.path().parent()?.file_name()?.to_str()?;
    Some((experiment, trial))
}

fn list<'a>(runs: impl ExactSizeIterator<Item = &'a RunFolder>) -> String {
    let count = runs.len();
    let mut names: Vec<String> = runs
        .filter_map(names)
        .take(NAMED)
        .map(|(experiment, trial)| format!("`{experiment}/{trial}`"))
        .collect();
    if count > NAMED {
        names.push(format!("and {} more", count - NAMED));
    }
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_as_long_as_it_must_be() {
        let root = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("run.json"), "{}").unwrap();
            RunFolder::at(path)
        };
        let first = make("01-batchnorm/s0-aaaa000000");
        let second = make("02-stopsigns/s0-bbbb000000");
        let third = make("02-stopsigns/s1-cccc000000");
        let find = |name: &str| find_run(root.path(), name);
        assert_eq!(find("01-batchnorm").unwrap(), first);
        assert_eq!(find("02-stopsigns/s1").unwrap(), third);
        assert_eq!(find("s0-bbbb").unwrap(), second);
        assert_eq!(find(first.path().to_str().unwrap()).unwrap(), first);
        let several = find("02-stopsigns").unwrap_err().to_string();
        assert!(several.contains("02-stopsigns/s1-cccc000000"), "{several}");
        let record = r#"{"experiment":"a","seed":0,"identity":"aaaa000000"}"#;
        let copy = make("01-batchnorm/s0-aaaa000000.backup");
        for run in [&first, &copy] {
            std::fs::write(run.path().join("run.json"), record).unwrap();
        }
        assert_eq!(find("01-batchnorm").unwrap(), first);
        assert_eq!(find("01-batchnorm/s0-aaaa000000.backup").unwrap(), copy);
        let none = find("03-yuv").unwrap_err().to_string();
        assert!(none.contains("01-batchnorm/s0-aaaa000000"), "{none}");
    }
}
