//! TOML as written, every key and value with the place where it stands.
//!
//! Files, their parents, `[quick]` and the command line are merged here, before anything is deserialized, so that
//! an error found later can still be drawn where its cause was written.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::{Place, Source};

/// Keys and their values; the order of errors comes from their places, not from here.
pub(super) type Table = BTreeMap<String, Node>;

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Where its key stands; for an element of an array, where the element stands.
    pub(super) key: Place,
    /// Where its value stands; for a table, its header.
    pub(super) value: Place,
    /// How it was written.
    pub(super) layer: Layer,
    pub(super) item: Item,
    /// What stood in its place before it, and would count without it; of two tables that were merged their values tell.
    pub(super) before: Option<Box<Node>>,
    /// Whether it was written for another [`KIND`] of its table, so that it need not suit the present one.
    pub(super) of_former_kind: bool,
}

/// The key that says which keys a table has.
const KIND: &str = "kind";

/// How a value can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// In a section of a file.
    Section,
    /// Under `[quick]`.
    Quick,
    /// As a value of an axis of `[matrix]`.
    Matrix,
    /// As a value of an axis of `[quick.matrix]`.
    QuickMatrix,
    /// As a value that `[sweep]` draws.
    Sweep,
    /// As a value that `[sweep]` draws from a range of `[quick.sweep]`.
    QuickSweep,
    /// As an argument.
    CommandLine,
}

impl Layer {
    /// Whether `[quick]` has a part in it.
    pub(super) fn is_quick(self) -> bool {
        matches!(self, Self::Quick | Self::QuickMatrix | Self::QuickSweep)
    }
}

/// A TOML value.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Boolean(bool),
    Integer(i128),
    Float(f64),
    String(String),
    /// Of no use to any key.
    Datetime,
    Array(Vec<Node>),
    Table(Table),
}

impl Node {
    /// An empty table that stands for all of `source`.
    pub(super) fn root(source: &Arc<Source>) -> Self {
        let place = Place::whole(source);
        Self {
            key: place.clone(),
            value: place,
            layer: Layer::Section,
            item: Item::Table(Table::new()),
            before: None,
            of_former_kind: false,
        }
    }

    /// The document `table`, read from `source`.
    pub(super) fn from_document(table: Spanned<DeTable<'_>>, source: &Arc<Source>) -> Self {
        let mut root = Self::root(source);
        root.item = Item::Table(read_table(table.into_inner(), source, 0));
        root
    }

    /// A value read from `source`, in which it starts `offset` bytes later than its spans say.
    pub(super) fn from_value(
        value: Spanned<DeValue<'_>>,
        key: Place,
        source: &Arc<Source>,
        offset: usize,
    ) -> Self {
        let place = Place::new(source, moved(value.span(), offset));
        Self {
            key,
            value: place,
            layer: Layer::Section,
            item: read_item(value.into_inner(), source, offset),
            before: None,
            of_former_kind: false,
        }
    }

    pub(super) fn as_table(&self) -> Option<&Table> {
        match &self.item {
            Item::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.item {
            Item::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value under `path`, whose parts are keys of tables or, as in `[1]`, indices of arrays.
    pub(super) fn get<S: AsRef<str>>(&self, path: &[S]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        match &self.item {
            Item::Table(table) => table.get(first.as_ref())?.get(rest),
            Item::Array(elements) => elements.get(index_in(first.as_ref())?)?.get(rest),
            _ => None,
        }
    }

    /// Another value with these places.
    fn with(&self, item: Item) -> Self {
        Self {
            key: self.key.clone(),
            value: self.value.clone(),
            layer: self.layer,
            item,
            before: None,
            of_former_kind: false,
        }
    }

    /// Puts `node` under `path`, creating the tables on the way, or removes what exists.
    pub(super) fn put<S: AsRef<str>>(&mut self, path: &[S], node: Option<Self>) {
        let Some((first, rest)) = path.split_first() else {
            if let Some(node) = node {
                *self = node;
            }
            return;
        };
        let first = first.as_ref();
        if let (Item::Array(elements), Some(index)) = (&mut self.item, index_in(first)) {
            match (elements.get_mut(index), rest.is_empty(), node) {
                (Some(_), true, None) => drop(elements.remove(index)),
                (Some(element), _, node) => element.put(rest, node),
                (None, ..) => {}
            }
            return;
        }
        let table = match (&mut self.item, &node) {
            (Item::Table(table), _) => table,
            (_, None) => return,
            (_, Some(node)) => {
                *self = node.with(Item::Table(Table::new()));
                let Item::Table(table) = &mut self.item else {
                    return;
                };
                table
            }
        };
        match (rest.is_empty(), node) {
            (true, None) => {
                table.remove(first);
            }
            (true, Some(node)) => {
                note_kind(table, first, &node);
                match table.get_mut(first) {
                    Some(present) => present.replace(node),
                    None => {
                        table.insert(first.to_string(), node);
                    }
                }
            }
            (false, None) => {
                if let Some(child) = table.get_mut(first) {
                    child.put(rest, None);
                }
            }
            (false, Some(node)) => {
                let empty = node.with(Item::Table(Table::new()));
                table
                    .entry(first.to_string())
                    .or_insert(empty)
                    .put(rest, Some(node));
            }
        }
    }

    /// Lays `other` over this: tables merge by key, anything else replaces.
    pub(super) fn merge(&mut self, other: Self) {
        match (&mut self.item, other) {
            (
                Item::Table(table),
                Self {
                    key,
                    value,
                    layer,
                    item: Item::Table(others),
                    ..
                },
            ) => {
                self.key = key;
                self.value = value;
                if layer.is_quick() {
                    self.layer = layer;
                }
                if let Some(kind) = others.get(KIND) {
                    note_kind(table, KIND, kind);
                }
                for (key, node) in others {
                    match table.get_mut(&key) {
                        Some(present) => present.merge(node),
                        None => {
                            table.insert(key, node);
                        }
                    }
                }
            }
            (_, other) => self.replace(other),
        }
    }

    /// Whether it is a file's own value, and goes before one of a `[quick]`.
    pub(super) fn outranks_quick(&self) -> bool {
        let before = std::iter::successors(self.before.as_deref(), |node| node.before.as_deref());
        matches!(self.layer, Layer::Section | Layer::Matrix | Layer::Sweep)
            && before.into_iter().any(|node| node.layer == Layer::Quick)
    }

    /// Puts `node` in the place of this one, which it remembers.
    fn replace(&mut self, node: Self) {
        let before = std::mem::replace(self, node);
        self.before = if before.value == self.value {
            before.before
        } else {
            Some(Box::new(before))
        };
    }

    /// The same tree, told that it was written in `layer`.
    pub(super) fn into_layer(mut self, layer: Layer) -> Self {
        self.layer = layer;
        self.item = match self.item {
            Item::Table(table) => Item::Table(
                table
                    .into_iter()
                    .map(|(key, node)| (key, node.into_layer(layer)))
                    .collect(),
            ),
            Item::Array(elements) => Item::Array(
                elements
                    .into_iter()
                    .map(|node| node.into_layer(layer))
                    .collect(),
            ),
            item => item,
        };
        self
    }
}

/// Marks what stands in `table` where `node`, about to be written under `key`, makes another kind of it: an heir that changes the
/// kind keeps the keys that both kinds have, and need not know the others. Arguments are all written at once.
fn note_kind(table: &mut Table, key: &str, node: &Node) {
    let is_other = |present: &Node| present.as_str() != node.as_str();
    if key != KIND || !table.get(KIND).is_some_and(is_other) {
        return;
    }
    for (_, sibling) in table.iter_mut().filter(|(key, _)| *key != KIND) {
        if sibling.layer != Layer::CommandLine {
            sibling.of_former_kind = true;
        }
    }
}

/// The number in a path's part `[1]`.
fn index_in(part: &str) -> Option<usize> {
    part.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

fn moved(span: Range<usize>, offset: usize) -> Range<usize> {
    span.start + offset..span.end + offset
}

fn read_table(table: DeTable<'_>, source: &Arc<Source>, offset: usize) -> Table {
    let mut nodes = Table::new();
    for (key, value) in table {
        let place = Place::new(source, moved(key.span(), offset));
        nodes.insert(
            key.into_inner().into_owned(),
            Node::from_value(value, place, source, offset),
        );
    }
    nodes
}

fn read_item(value: DeValue<'_>, source: &Arc<Source>, offset: usize) -> Item {
    match value {
        DeValue::String(text) => Item::String(text.into_owned()),
        DeValue::Boolean(value) => Item::Boolean(value),
        DeValue::Datetime(_) => Item::Datetime,
        // A number of more than 38 digits is out of every key's range, and so is the largest that fits.
        DeValue::Integer(value) => {
            Item::Integer(i128::from_str_radix(value.as_str(), value.radix()).unwrap_or(i128::MAX))
        }
        DeValue::Float(value) => Item::Float(value.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Table(table) => Item::Table(read_table(table, source, offset)),
        DeValue::Array(elements) => Item::Array(
            elements
                .iter()
                .map(|element| {
                    let place = Place::new(source, moved(element.span(), offset));
                    Node::from_value(element.clone(), place, source, offset)
                })
                .collect(),
        ),
    }
}
