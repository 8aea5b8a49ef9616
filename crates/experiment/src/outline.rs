//! What a report has to know of an experiment file, whose dataset and weights may be elsewhere.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::claim::{self, Claim, WrittenClaim};
use super::file::{ExperimentFile, read_family};
use super::neighbours::Neighbours;
use super::problem::ExperimentError;
use super::tree::{Item, Node};
use super::written::read_all_of;

/// An experiment file in short.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// The file.
    pub path: PathBuf,
    /// The experiment's name.
    pub name: String,
    /// The name of the experiment that it extends.
    pub parent: Option<String>,
    /// What it claims.
    pub claims: Vec<Claim>,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    claims: Vec<WrittenClaim>,
}

impl Outline {
    /// Reads the file and those that it extends. Nothing else of them is judged: `resolve` does that.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, and claims that mean nothing.
    pub fn read(path: &Path) -> Result<Self, ExperimentError> {
        let family = read_family(path).map_err(|problem| ExperimentError::from(*problem))?;
        let neighbours = Neighbours::of(&family);
        let file = &family[0];
        let name = name(file, path);
        let parent = family.get(1).and_then(|parent| {
            let path = parent.source.path()?;
            Some(self::name(parent, path))
        });
        let mut tree = Node {
            item: Item::Table(std::collections::BTreeMap::new()),
            ..file.root.clone()
        };
        if let Some(claims) = file.root.get(&["claims"]) {
            tree.put(&["claims"], Some(claims.clone()));
        }
        let (written, found) = read_all_of::<Claims>(&tree, &[]);
        let written = match written {
            Some(written) if found.problems.is_empty() => written.claims,
            _ => return Err(ExperimentError::new(found.problems)),
        };
        let claims =
            claim::decide(&written, &name, &tree, &neighbours).map_err(ExperimentError::new)?;
        Ok(Self {
            path: path.to_path_buf(),
            name,
            parent,
            claims,
        })
    }
}

/// The name that a file writes, or its own without the ending.
fn name(file: &ExperimentFile, path: &Path) -> String {
    let written = file.root.get(&["name"]).and_then(Node::as_str);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    written.map_or_else(|| stem.into_owned(), str::to_owned)
}
