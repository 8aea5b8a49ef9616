//! A table as CSV (RFC 4180): all digits, one line per row; cells without a number are empty.

use super::{Raw, Table};
use colorize_base::csv_cell;

/// Writes a table as CSV. The first column is the section's heading.
pub fn csv(table: &Table) -> String {
    let mut text = String::new();
    let headings = table.columns.iter().flat_map(|column| &column.raw);
    let headings = std::iter::once("section").chain(headings.map(String::as_str));
    push_row(&mut text, headings.map(quoted));
    for section in &table.sections {
        for row in &section.rows {
            let values = row
                .cells
                .iter()
                .flat_map(|cell| &cell.raw)
                .map(|raw| match raw {
                    Raw::Text(text) => quoted(text),
                    Raw::Number(value) if value.is_nan() => String::new(),
                    Raw::Number(value) => value.to_string(),
                    Raw::Nothing => String::new(),
                });
            let cells = std::iter::once(quoted(&section.heading)).chain(values);
            push_row(&mut text, cells);
        }
    }
    text
}

fn push_row(text: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

fn quoted(text: &str) -> String {
    let text = csv_cell(text);
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}
