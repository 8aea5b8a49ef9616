//! The files of weights that `fusion.weights` and `train.perceptual.weights` name, where they are paths and not names.

use std::path::{Path, PathBuf};

use super::section::ExtractorKind;

use super::Experiment;
use super::explain::{did_you_mean, parts};
use super::problem::{Fault, Problem};
use super::tree::Node;
use colorize_base::nearest::{nearest, quoted};

/// The endings of files that hold weights.
const ENDINGS: [&str; 2] = ["pth", "safetensors"];

/// The file that `fusion.weights` means; `None` where it is a name, which is known elsewhere, and where there is no
/// extractor to load it into.
pub(super) fn find_extractor_weights(
    experiment: &Experiment,
    tree: &Node,
) -> Result<Option<PathBuf>, Box<Problem>> {
    if experiment.fusion.extractor == ExtractorKind::None {
        return Ok(None);
    }
    find_weights("fusion.weights", &experiment.fusion.weights, tree)
}

/// The file that `train.perceptual.weights` means; `None` where it is a name, and where the loss is of pixels alone.
pub(super) fn find_perceptual_weights(
    experiment: &Experiment,
    tree: &Node,
) -> Result<Option<PathBuf>, Box<Problem>> {
    let perceptual = &experiment.train.perceptual;
    if !perceptual.is_on() {
        return Ok(None);
    }
    find_weights("train.perceptual.weights", &perceptual.weights, tree)
}

/// The file that `written` at `key` means, if it is a path: relative to the file that writes it, or to the current folder
/// where the command line does.
fn find_weights(key: &str, written: &str, tree: &Node) -> Result<Option<PathBuf>, Box<Problem>> {
    let Some(node) = tree.get(&parts(key)).filter(|_| is_path(written)) else {
        return Ok(None);
    };
    let folder = node.value.source.path().and_then(Path::parent);
    let path = folder.unwrap_or(Path::new("")).join(written);
    let path = std::path::absolute(&path).unwrap_or(path);
    if path.is_file() {
        return Ok(Some(path));
    }
    let (headline, label) = if path.is_dir() {
        (
            format!("the weights `{written}` are a folder, not a file"),
            "a folder",
        )
    } else {
        (
            format!("the weights `{written}` do not exist"),
            "no such file",
        )
    };
    let sought = if Path::new(written).is_absolute() {
        String::new()
    } else {
        format!("looked for at `{}`", path.display())
    };
    Err(Box::new(
        Problem::new(Fault::Other(headline), node.value.clone())
            .label(label)
            .note(sought)
            .help(near(&path, Path::new(written)))
            .help("a name, such as `imagenet`, has no `/` and does not end in `.pth` or `.safetensors`"),
    ))
}

/// Whether the text is a path: it has the ending of such a file, or a slash.
fn is_path(written: &str) -> bool {
    has_ending(Path::new(written)) || written.contains(std::path::is_separator)
}

fn has_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| {
        ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}

/// What there is instead of `path`, which was written as `written`.
fn near(path: &Path, written: &Path) -> String {
    let folder = if path.is_dir() {
        Some(path)
    } else {
        path.parent()
    };
    let folder = folder.unwrap_or(Path::new(""));
    let Ok(entries) = std::fs::read_dir(folder) else {
        return format!("the folder `{}` does not exist", folder.display());
    };
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| has_ending(path) && path.is_file())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_string()))
        .collect();
    names.sort();
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    let meant = nearest(&wanted, names.iter().map(String::as_str))
        .next()
        .map(|name| written.with_file_name(name).display().to_string());
    match meant {
        Some(meant) => did_you_mean(Some(&meant)),
        None if names.is_empty() => "no weights in this folder".to_string(),
        None => format!("weights in this folder: {}", quoted(&names)),
    }
}
