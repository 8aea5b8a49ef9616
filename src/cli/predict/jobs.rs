//! Which photographs are colorized, and the files that they become.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{PredictArguments, mark};
use crate::cli::output;
use crate::command_error::{CommandError, Result};
use crate::dataset::{PassedOver, photographs_in};
use crate::photo::PhotoFormat;

/// A photograph and the file that it becomes.
pub(super) struct Job {
    pub(super) photograph: PathBuf,
    pub(super) target: PathBuf,
}

/// What to colorize, and the files that it becomes; nothing is overwritten without `--force`.
pub(super) fn jobs(arguments: &PredictArguments) -> Result<Vec<Job>> {
    let mut photographs: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut passed_over = PassedOver::default();
    let mut own = 0;
    for input in &arguments.inputs {
        if input.is_dir() {
            let (found, others) = photographs_in(input)?;
            passed_over.extend(others);
            let (marked, new): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|path| mark::is_marked(path));
            own += marked.len();
            photographs.extend(new.into_iter().map(|path| {
                let name = path.strip_prefix(input).unwrap_or(&path).to_owned();
                (path, name)
            }));
        } else if input.is_file() {
            let name = input.file_name().map(PathBuf::from).unwrap_or_default();
            photographs.push((input.clone(), name));
        } else {
            return Err(CommandError::request(format!(
                "no such photograph or folder: `{}`",
                input.display()
            )));
        }
    }
    if own > 0 {
        output::note(&format!(
            "{own} pictures that `predict` made are skipped; to color one again, name the file itself"
        ));
    }
    if photographs.is_empty() {
        let mut message = "no JPEG, PNG or WebP files in the given paths".to_owned();
        if !passed_over.is_empty() {
            message.push_str(&format!("; there are: {passed_over}"));
        }
        return Err(CommandError::request(message));
    }
    if !passed_over.is_empty() {
        output::note(&format!("passed over: {passed_over}"));
    }
    let ending = PhotoFormat::from(arguments.format).ending();
    let mut stems: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (_, name) in &photographs {
        *stems.entry(name.with_extension("")).or_default() += 1;
    }
    let jobs: Vec<Job> = photographs
        .into_iter()
        .map(|(photograph, name)| {
            // `dog.jpg` and `dog.png` become `dog.jpg.png` and `dog.png.png`.
            let mut target = if stems[&name.with_extension("")] > 1 {
                name.into_os_string()
            } else {
                name.with_extension("").into_os_string()
            };
            target.push(".");
            target.push(ending);
            Job {
                photograph,
                target: arguments.out.join(target),
            }
        })
        .collect();
    // By what they are, whatever way leads there.
    let inputs: BTreeMap<PathBuf, &PathBuf> = jobs
        .iter()
        .filter_map(|job| Some((job.photograph.canonicalize().ok()?, &job.photograph)))
        .collect();
    let mut targets = BTreeMap::new();
    for job in &jobs {
        if let Some(other) = targets.insert(&job.target, &job.photograph) {
            return Err(CommandError::request(format!(
                "`{}` and `{}` would both become `{}`: colorize them separately, each with its own `--out`",
                other.display(),
                job.photograph.display(),
                job.target.display()
            )));
        }
        if let Ok(target) = job.target.canonicalize()
            && let Some(photograph) = inputs.get(&target)
        {
            return Err(CommandError::request(format!(
                "`{}` would be replaced by a colorized picture: choose another `--out`",
                photograph.display()
            )));
        }
    }
    if let Some(figure) = &arguments.figure
        && let Ok(figure) = figure.canonicalize()
        && let Some(photograph) = inputs.get(&figure)
    {
        return Err(CommandError::request(format!(
            "`{}` would be replaced by the figure: choose another `--figure`",
            photograph.display()
        )));
    }
    if let Some(figure) = arguments
        .figure
        .as_ref()
        .filter(|it| it.exists() && !arguments.force)
    {
        return Err(CommandError::request(format!(
            "`{}` already exists: pass `--force` to overwrite it, or name another file",
            figure.display()
        )));
    }
    let there: Vec<&Job> = jobs.iter().filter(|job| job.target.exists()).collect();
    if let (Some(first), false) = (there.first(), arguments.force) {
        return Err(CommandError::request(format!(
            "{} of {} files already exist, such as `{}`: pass `--force` to overwrite them, or choose another `--out`",
            there.len(),
            jobs.len(),
            first.target.display()
        )));
    }
    Ok(jobs)
}
