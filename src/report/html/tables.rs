//! Tables, sorted by their reader.

use super::{FileLink, Number};

/// A table. Every row has as many cells as there are columns; its first cell names it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// What it is called.
    pub title: String,
    /// What it shows and how to read it, prose; may be empty.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, in the order in which they are shown at first.
    pub rows: Vec<Row>,
    /// The same table as files beside the page.
    pub files: Vec<FileLink>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// The unit of its numbers; empty without one.
    pub unit: String,
    /// What it means, in a sentence beneath the table, prose; may be empty.
    pub hint: String,
    /// Whether it holds numbers, which are set to the right.
    pub is_number: bool,
    /// Which way it improves: an arrow in the heading, and where a sort begins.
    pub better: Option<Better>,
}

/// Which way the numbers of a column improve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Better {
    /// The larger the better.
    Higher,
    /// The smaller the better.
    Lower,
    /// The nearer to 1 the better.
    One,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<Cell>,
    /// Whether it is there to be held against, as a baseline is: set apart in type.
    pub is_reference: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A name, a hash, a key: set as code.
    Code(String),
    /// A number.
    Number {
        /// The number.
        number: Number,
        /// What follows it in small print, as `± 0.12`; may be empty.
        detail: String,
        /// Whether it is the best of its column.
        is_best: bool,
    },
    /// There is nothing here, and the word says why: `missing`, `failed`, `not measured`.
    Missing(String),
}
