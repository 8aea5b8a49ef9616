//! What `train.from` means: a file of weights, or a run.

use std::path::{Path, PathBuf};

use super::Experiment;
use super::explain::parts;
use super::tree::Node;

/// The ending of a file that `colorize export model` wrote.
const ENDING: &str = "safetensors";

/// Where the initial weights of an experiment come from. Nothing is opened yet, and it need not exist: a run that has a
/// checkpoint goes on without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartsFrom {
    /// A file that `colorize export model` wrote.
    File(PathBuf),
    /// The folder of a run.
    Folder(PathBuf),
    /// A run by its name: an experiment, or an experiment and the beginning of a trial's name.
    Run(String),
}

/// What `train.from` means; `None` where it is `scratch`. A path is relative to the file that writes it, or to the current
/// folder where the command line does. What ends in `.safetensors` is a file, what is a folder with a `run.json` is that
/// run, and anything else is the name of one.
pub(super) fn find_start(experiment: &Experiment, tree: &Node) -> Option<StartsFrom> {
    let written = experiment.train.source()?;
    let writer = tree.get(&parts("train.from"));
    let folder = writer
        .and_then(|node| node.value.source.path())
        .and_then(Path::parent);
    let path = folder.unwrap_or(Path::new("")).join(written);
    let path = std::path::absolute(&path).unwrap_or(path);
    let is_file = Path::new(written)
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING));
    Some(if is_file {
        StartsFrom::File(path)
    } else if path.join("run.json").is_file() {
        StartsFrom::Folder(path)
    } else {
        StartsFrom::Run(written.to_owned())
    })
}
