//! Tables, sorted by their reader.

use maud::{Markup, html};

use super::words::prose;
use super::{FileLink, Number, link};
use crate::evaluate::Better;

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
    /// The same table as files next to the page.
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
    pub better: Better,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<Cell>,
    /// Whether it is only there for comparison, like a baseline: set apart in type.
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

impl Column {
    /// How a sort by this column begins: with the best.
    fn first_sort(&self) -> &'static str {
        match self.better {
            Better::Higher => "descending",
            _ => "ascending",
        }
    }
}

/// The tables.
pub(super) fn section(tables: &[Table]) -> Markup {
    html! {
        @if !tables.is_empty() {
            section id="tables" aria-labelledby="tables-title" {
                h2 id="tables-title" { "Tables" }
                @for (number, table) in (1..).zip(tables) {
                    (block(&format!("table-{number}"), table))
                }
            }
        }
    }
}

fn block(id: &str, table: &Table) -> Markup {
    let cells = table.rows.iter().flat_map(|row| &row.cells);
    let has_best = cells
        .clone()
        .any(|cell| matches!(cell, Cell::Number { is_best: true, .. }));
    let has_hints = table.columns.iter().any(|column| !column.hint.is_empty());
    let title = format!("{id}-title");
    html! {
        div.block id=(id) {
            h3 id=(title) { (table.title) }
            @if !table.caption.is_empty() {
                p.caption { (prose(&table.caption)) }
            }
            (boxed(&title, table.columns.len(), &head(&table.columns), &body(table)))
            @if has_best {
                p.note { "Bold: the best in its column." }
            }
            @if has_hints {
                details.hints {
                    summary { "What the columns mean" }
                    dl {
                        @for column in table.columns.iter().filter(|column| !column.hint.is_empty()) {
                            div {
                                dt { (column.name) }
                                dd { (prose(&column.hint)) }
                            }
                        }
                    }
                }
            }
            (link::list(&table.files))
        }
    }
}

/// More columns than these are printed across the paper, and in smaller letters.
const MANY: usize = 7;

/// A table in a box that scrolls where it is too wide or taller than the window; its heading stays in sight. `title` is the
/// id of what it is called.
pub(super) fn boxed(title: &str, columns: usize, head: &Markup, body: &Markup) -> Markup {
    html! {
        // Reached by the keyboard, so that it scrolls without a mouse.
        div.scroll.table.many[columns > MANY] role="group" tabindex="0" aria-labelledby=(title) {
            table.sortable aria-labelledby=(title) {
                thead { tr { (head) } }
                tbody { (body) }
            }
        }
    }
}

/// A heading for every column.
pub(super) fn head(columns: &[Column]) -> Markup {
    html! {
        @for column in columns {
            th.number[column.is_number] scope="col" data-first=(column.first_sort()) {
                (column.name)
                @if !column.unit.is_empty() { " " span.unit { (column.unit) } }
                (way(column.better))
            }
        }
    }
}

/// Which way is better, as a sign and for those who do not see it.
fn way(better: Better) -> Markup {
    let (sign, words) = (better.arrow(), better.words());
    html! {
        @if !sign.is_empty() {
            " " span.way aria-hidden="true" title=(words) { (sign) } span.hidden { " (" (words) ")" }
        }
    }
}

fn body(table: &Table) -> Markup {
    html! {
        @for row in &table.rows {
            tr.reference[row.is_reference] {
                @for (index, content) in row.cells.iter().enumerate() {
                    @let is_number = table.columns.get(index).is_some_and(|column| column.is_number);
                    (cell(content, index == 0, is_number))
                }
            }
        }
    }
}

/// A cell; the first of a row is its heading.
pub(super) fn cell(content: &Cell, is_first: bool, is_number: bool) -> Markup {
    let inner = self::content(content);
    // What a sort goes by; a cell without one goes last.
    let value = match content {
        Cell::Number { number, .. } => number.value.is_finite().then(|| number.value.to_string()),
        Cell::Text(text) | Cell::Code(text) => Some(text.clone()),
        Cell::Missing(_) => None,
    };
    html! {
        @if is_first {
            th.number[is_number] scope="row" data-value=[value] { (inner) }
        } @else {
            td.number[is_number] data-value=[value] { (inner) }
        }
    }
}

/// What a cell says.
pub(super) fn content(content: &Cell) -> Markup {
    html! {
        @match content {
            Cell::Text(text) => { (text) },
            Cell::Code(text) => { code { (text) } },
            Cell::Number { number, detail, is_best } => {
                @if *is_best { strong { (number.text) } } @else { (number.text) }
                @if !detail.is_empty() { " " small { (detail) } }
            },
            Cell::Missing(word) => { span.missing { (word) } },
        }
    }
}
