//! Which value of a key counts where several were written, and where each of them stands.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use super::Resolved;
use super::explain::dotted;
use super::matrix::toml_of;
use super::tree::{Item, Layer, Node};

/// A key for which more than one value was written. `Display` says it on one line:
/// `train.steps = 50 (child.toml:4) over 1000 ([quick] root.toml:30), 7000 (root.toml:22)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// The key, dotted.
    pub key: String,
    /// The value that counts.
    pub value: Stated,
    /// Those that it goes before, the strongest first; at least one.
    pub over: Vec<Stated>,
}

/// A value where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// As TOML on one line; `None` where a table that lacks the key took the place of one that has it, which leaves the
    /// key's default.
    pub value: Option<String>,
    /// How it was written.
    pub layer: Layer,
    /// `file:line`, the file as seen from the experiment's folder, or the argument.
    pub place: String,
}

impl Overridden {
    /// Whether it is a value that a file writes itself and that goes before one of the `[quick]` it inherits.
    pub fn outranks_quick(&self) -> bool {
        self.value.layer == Layer::Section
            && self.over.iter().any(|over| over.layer == Layer::Quick)
    }
}

impl fmt::Display for Overridden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value.value {
            Some(_) => write!(formatter, "{} = {}", self.key, self.value)?,
            None => write!(formatter, "{}: {}", self.key, self.value)?,
        }
        for (index, over) in self.over.iter().enumerate() {
            let before = if index == 0 { " over" } else { "," };
            write!(formatter, "{before} {over}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Stated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or("left out");
        let table = match self.layer {
            Layer::Section | Layer::CommandLine => "",
            Layer::Quick => "[quick] ",
            Layer::Matrix => "[matrix] ",
            Layer::QuickMatrix => "[quick.matrix] ",
            Layer::Sweep => "[sweep] ",
            Layer::QuickSweep => "[quick.sweep] ",
        };
        write!(formatter, "{value} ({table}{})", self.place)
    }
}

impl Resolved {
    /// Every key for which more than one value was written, by key. The same value written twice is one.
    pub fn overridden(&self) -> Vec<Overridden> {
        let mut paths = BTreeSet::new();
        leaves(&self.origins.0, &mut Vec::new(), &mut paths);
        let folder = self.path.parent().unwrap_or(Path::new(""));
        paths
            .iter()
            .filter_map(|path| {
                let mut history = Vec::new();
                stated(&self.origins.0, path, &mut history);
                let mut history: Vec<Stated> = history
                    .into_iter()
                    .map(|(node, is_value)| Stated {
                        value: is_value.then(|| toml_of(node)),
                        layer: node.layer,
                        place: place(node, folder),
                    })
                    .collect();
                // What a matrix varies is told at every point, also at the one where it says what was there.
                history.dedup_by(|weaker, stronger| {
                    let varies = matches!(
                        stronger.layer,
                        Layer::Matrix | Layer::QuickMatrix | Layer::Sweep | Layer::QuickSweep
                    );
                    weaker.value == stronger.value && !varies
                });
                let mut history = history.into_iter();
                let value = history.next()?;
                let over: Vec<Stated> = history.collect();
                let key = dotted(path);
                (!over.is_empty()).then_some(Overridden { key, value, over })
            })
            .collect()
    }
}

/// The paths of all values in `node`, and in what it took the place of.
fn leaves(node: &Node, path: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
    match &node.item {
        Item::Table(table) => {
            for (key, child) in table {
                path.push(key.clone());
                leaves(child, path, found);
                path.pop();
            }
        }
        _ => {
            found.insert(path.clone());
        }
    }
    if let Some(before) = &node.before {
        leaves(before, path, found);
    }
}

/// What was written at `path`, the strongest first; with `false` a node that left it out.
fn stated<'a>(node: &'a Node, path: &[String], history: &mut Vec<(&'a Node, bool)>) {
    match (path.split_first(), &node.item) {
        (None, item) => history.push((node, !matches!(item, Item::Table(_)))),
        (Some((first, rest)), Item::Table(table)) if table.contains_key(first) => {
            stated(&table[first], rest, history);
        }
        (Some(_), _) => {
            if node.before.is_some() {
                history.push((node, false));
            }
        }
    }
    if let Some(before) = &node.before {
        stated(before, path, history);
    }
}

/// `half-the-rate.toml:6`, from `folder`; an argument as it was given.
fn place(node: &Node, folder: &Path) -> String {
    let source = &node.key.source;
    match source.path() {
        Some(path) => {
            let path = path.strip_prefix(folder).unwrap_or(path);
            format!("{}:{}", path.display(), node.key.line())
        }
        None => source.text.clone(),
    }
}
