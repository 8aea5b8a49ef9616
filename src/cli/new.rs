//! `colorize new`: a commented file to begin with.

use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use clap::{Args, Subcommand};
use colorize_base::WholeFile;

use super::output;
use crate::command_error::{CommandError, Context, Result};
use crate::dataset::list_manifests;
use crate::experiment::{Overrides, resolve};
use crate::report::Report;
use crate::work::experiments::{self, experiment_files};

/// What can be begun.
#[derive(Debug, Subcommand)]
pub(super) enum NewCommand {
    /// Write an experiment file into `experiments/`
    Experiment(ExperimentArguments),
    /// Write a report file into `reports/`
    Report(ReportArguments),
}

#[derive(Debug, Args)]
pub(super) struct ExperimentArguments {
    /// Its name, or the path of the file, such as `experiments/ablations/scale-4.toml`
    name: String,
    /// Experiment to extend, by path or name: the file then states only what differs
    #[arg(long, value_name = "FILE")]
    extends: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// Its name, or the path of the file
    name: String,
}

/// Writes a file that is valid as it stands. Nothing is overwritten.
pub(super) fn run(command: &NewCommand) -> Result<()> {
    match command {
        NewCommand::Experiment(arguments) => experiment(arguments),
        NewCommand::Report(arguments) => report(arguments),
    }
}

fn experiment(arguments: &ExperimentArguments) -> Result<()> {
    let path = place(&arguments.name, experiments::FOLDER)?;
    let name = stem(&path);
    let text = if let Some(parent) = &arguments.extends {
        let parents = experiment_files(std::slice::from_ref(parent))?;
        let [parent] = &parents[..] else {
            return Err(CommandError::request(format!(
                "`{}` holds several experiments: name the one to extend",
                parent.display()
            )));
        };
        if !parent.is_file() {
            let message = format!("no such experiment: `{}`", parent.display());
            return Err(CommandError::request(message));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        include_str!("new/child.toml")
            .replace("{extends}", &relative(folder, parent)?)
            .replace("{parent}", &stem(parent))
    } else {
        let manifests = list_manifests(path.parent()).unwrap_or_default();
        let mut names: Vec<String> = manifests.iter().map(|path| stem(path)).collect();
        // It needs no download.
        names.sort_by_key(|name| name != "synthetic");
        let first = names.into_iter().next();
        let dataset = first.unwrap_or_else(|| "synthetic".to_owned());
        include_str!("new/experiment.toml").replace("{dataset}", &dataset)
    };
    write(&path, &text.replace("{name}", &name))?;
    if let Err(error) = resolve(&path, &Overrides::default()) {
        output::error(&error.into());
        output::warning("this is left to do before it can be trained");
    }
    let shown = path.display();
    output::line(&format!(
        "{shown}: check it with `colorize check {shown}`, train it with `colorize run {shown}`"
    ));
    Ok(())
}

fn report(arguments: &ReportArguments) -> Result<()> {
    let path = place(&arguments.name, "reports")?;
    let mut names: Vec<String> = experiments::known()
        .into_iter()
        .filter(|(_, path)| {
            path.parent()
                .is_some_and(|it| it.ends_with(experiments::FOLDER))
        })
        .map(|(name, _)| name)
        .collect();
    if names.is_empty() {
        names.push("my-experiment".to_owned());
    }
    let runs = names
        .iter()
        .map(|name| format!("[[runs]]\nexperiment = \"{name}\"\n\n"));
    let text = include_str!("new/report.toml")
        .replace("{runs}\n", &runs.collect::<String>())
        .replace("{first}", &names[0])
        .replace("{path}", &path.to_string_lossy())
        .replace("{name}", &stem(&path));
    write(&path, &text)?;
    Report::read(&path)?;
    let shown = path.display();
    output::line(&format!("{shown}: make it with `colorize report {shown}`"));
    Ok(())
}

/// The file that a name or a path means.
fn place(name: &str, folder: &str) -> Result<PathBuf> {
    let written = Path::new(name);
    let path = if written.extension().is_some_and(|ending| ending == "toml") {
        written.to_path_buf()
    } else if name.contains(std::path::is_separator) {
        PathBuf::from(format!("{name}.toml"))
    } else {
        Path::new(folder).join(format!("{name}.toml"))
    };
    let stem = stem(&path);
    let is_legal = stem
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
        && stem.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !is_legal {
        return Err(CommandError::request(format!(
            "`{stem}` is not a valid name: use letters, digits, `-`, `_` and `.`, and start with a letter or digit"
        )));
    }
    Ok(path)
}

fn write(path: &Path, text: &str) -> Result<()> {
    let write = || {
        let mut file = WholeFile::create(path)?;
        file.file().write_all(text.as_bytes())?;
        file.keep_new()
    };
    write().map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CommandError::request(format!(
            "`{}` already exists: choose another name",
            path.display()
        )),
        _ => CommandError::failure(format!("cannot write `{}`: {error}", path.display())),
    })
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The way from a folder, which need not exist yet, to a file.
fn relative(folder: &Path, file: &Path) -> Result<String> {
    let whole = |path: &Path| {
        // An empty path is the current folder.
        let whole = std::path::absolute(Path::new(".").join(path));
        whole.with_context(|| format!("cannot find `{}`", path.display()))
    };
    let (from, to) = (whole(folder)?, whole(file)?);
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(shared)).collect();
    // TOML files are shared between systems.
    Ok(way.to_string_lossy().replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_parent_is_as_short_as_it_can_be() {
        let way = |folder: &str, file: &str| relative(Path::new(folder), Path::new(file)).unwrap();
        assert_eq!(way("experiments", "experiments/a.toml"), "a.toml");
        assert_eq!(way("experiments/deep", "experiments/a.toml"), "../a.toml");
        assert_eq!(way("", "experiments/a.toml"), "experiments/a.toml");
    }

    #[test]
    fn a_name_is_one_of_a_folder_of_runs() {
        let path = |name: &str| place(name, "experiments").unwrap();
        assert_eq!(path("05-mine"), Path::new("experiments/05-mine.toml"));
        assert_eq!(path("here.toml"), Path::new("here.toml"));
        assert_eq!(path("deep/mine"), Path::new("deep/mine.toml"));
        for bad in ["", "a b", "-x", "ä", ".hidden"] {
            assert!(place(bad, "experiments").is_err(), "{bad}");
        }
    }
}
