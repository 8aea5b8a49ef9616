//! Experiment files as written, and the parents they extend.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;

use super::explain::needs;
use super::problem::{Fault, Problem};
use super::source::{Place, Source};
use super::tree::Node;
use colorize_base::nearest::nearest;
use colorize_base::{MOST_TEXT, read_file};

/// How many files may stand above an experiment: parent, grandparent and great-grandparent.
pub(super) const LEVELS: usize = 3;

/// A file as it is written: TOML, nothing of it judged yet.
pub(super) struct ExperimentFile {
    pub(super) source: Arc<Source>,
    pub(super) root: Node,
}

/// Reads `path` and the files it extends, itself first, the root last.
pub(super) fn read_family(path: &Path) -> Result<Vec<ExperimentFile>, Box<Problem>> {
    let text = read_text(path).map_err(|reason| {
        let place = Place::whole(&Source::file(path, String::new()));
        match reason {
            Unread::Missing => Box::new(
                Problem::new(Fault::Unreadable("no such file".to_string()), place)
                    .help(nearest_file(path, path)),
            ),
            Unread::Folder => Box::new(
                Problem::new(
                    Fault::Unreadable("this is a folder, not a file".to_string()),
                    place,
                )
                .help(files_in(path)),
            ),
            Unread::Other(reason) => Box::new(Problem::new(Fault::Unreadable(reason), place)),
        }
    })?;
    let mut family = vec![parse(path, text)?];
    let mut paths = vec![path.to_path_buf()];

    while let Some(parent) = family.last().and_then(|file| file.root.get(&["extends"])) {
        let place = parent.value.clone();
        let refuse = |fault: String| Box::new(Problem::new(Fault::Parent(fault), place.clone()));
        let Some(name) = parent.as_str() else {
            return Err(Box::new(
                refuse("`extends` must name one file, as a string".to_string()).help(
                    "`extends = \"00-instancenorm.toml\"`: one parent, which may have its own",
                ),
            ));
        };
        let path = match paths.last().and_then(|child| child.parent()) {
            Some(folder) => folder.join(name),
            None => PathBuf::from(name),
        };

        let circle = paths.iter().position(|known| same_file(known, &path));
        paths.push(path.clone());
        if let Some(start) = circle {
            return Err(Box::new(
                refuse("`extends` forms a cycle".to_string())
                    .note(chain(&paths[start..]))
                    .help("remove one of these `extends`"),
            ));
        }
        if family.len() > LEVELS {
            return Err(Box::new(
                refuse(format!("more than {LEVELS} levels of `extends`"))
                    .note(chain(&paths))
                    .help("extend a file closer to the root"),
            ));
        }
        let text = read_text(&path).map_err(|reason| match reason {
            Unread::Missing => Box::new(
                refuse(format!("the parent `{name}` does not exist"))
                    .label("no such file")
                    .help(nearest_file(&path, Path::new(name))),
            ),
            Unread::Folder => Box::new(
                refuse(format!("the parent `{name}` is a folder, not a file"))
                    .help(files_in(&path)),
            ),
            Unread::Other(reason) => refuse(format!("cannot read the parent `{name}`: {reason}")),
        })?;
        family.push(parse(&path, text)?);
    }
    Ok(family)
}

/// Reads the TOML of `text`, which stands in the file `path`.
pub(super) fn parse(path: &Path, text: Vec<u8>) -> Result<ExperimentFile, Box<Problem>> {
    let text = match String::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(start).copied().unwrap_or_default();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let end = start + char::REPLACEMENT_CHARACTER.len_utf8();
            let place = Place::new(&Source::file(path, text), start..end);
            return Err(Box::new(
                Problem::new(Fault::Encoding, place)
                    .label(format!("byte {byte:#04x}"))
                    .help("save the file as UTF-8"),
            ));
        }
    };
    let source = Source::file(path, text);
    match DeTable::parse(&source.text) {
        Ok(table) if table.get_ref().is_empty() => Err(Box::new(
            Problem::new(Fault::Empty, Place::whole(&source)).help(needs()),
        )),
        Ok(table) => {
            let root = Node::from_document(table, &source);
            Ok(ExperimentFile { source, root })
        }
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let before = source.text.get(..span.start).unwrap_or_default();
            let reason = if span.is_empty() && before.trim_end_matches(' ').ends_with('=') {
                "no value after `=`"
            } else {
                error.message()
            };
            let fault = Fault::Syntax(reason.to_string());
            Err(Box::new(Problem::new(fault, Place::new(&source, span))))
        }
    }
}

pub(super) enum Unread {
    Missing,
    Folder,
    Other(String),
}

pub(super) fn read_text(path: &Path) -> Result<Vec<u8>, Unread> {
    if path.is_dir() {
        return Err(Unread::Folder);
    }
    read_file(path, MOST_TEXT).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unread::Missing,
        _ => Unread::Other(error.to_string()),
    })
}

/// Whether two paths lead to one file, however they are written.
pub(super) fn same_file(left: &Path, right: &Path) -> bool {
    match (left.canonicalize(), right.canonicalize()) {
        (Ok(left), Ok(right)) => left == right,
        _ => left == right,
    }
}

/// `a.toml -> b.toml -> a.toml`.
fn chain(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap_or(path.as_os_str());
            format!("`{}`", name.to_string_lossy())
        })
        .collect();
    names.join(" extends ")
}

fn toml_files(folder: &Path) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|ending| ending == "toml")
        })
        .collect();
    names.sort();
    names
}

/// What to say when there is no file at `path`, which the user wrote as `written`.
pub(super) fn nearest_file(path: &Path, written: &Path) -> String {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let names = toml_files(folder);
    if !folder.as_os_str().is_empty() && !folder.is_dir() {
        return format!("the folder `{}` does not exist", folder.display());
    }
    match nearest(&name, names.iter().map(String::as_str)).next() {
        Some(nearest) => format!(
            "did you mean `{}`?",
            written.with_file_name(nearest).display()
        ),
        None => list_files(&names),
    }
}

fn files_in(folder: &Path) -> String {
    list_files(&toml_files(folder))
}

fn list_files(names: &[String]) -> String {
    if names.is_empty() {
        return "no experiment files in this folder".to_string();
    }
    format!(
        "experiment files in this folder: {}",
        colorize_base::nearest::quoted(names)
    )
}
