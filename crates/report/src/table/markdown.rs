//! A table as Markdown: headings, pipes, the best in bold.

use std::fmt::Write as _;

use super::{Cell, Table};

/// Writes a table as GitHub's Markdown. Text of users is escaped: nothing of it becomes markup.
pub fn markdown(table: &Table) -> String {
    let mut text = format!("### {}\n", escaped(&table.title));
    if !table.caption.is_empty() {
        let _ = write!(text, "\n{}\n", escaped(&table.caption));
    }
    text.push_str(&markdown_rows(table));
    for note in &table.notes {
        let _ = write!(text, "\n{}\n", escaped(note));
    }
    text
}

/// The rows of a table alone, without its title and small print.
pub fn markdown_rows(table: &Table) -> String {
    let mut text = String::new();
    for section in &table.sections {
        if !section.heading.is_empty() {
            let _ = write!(text, "\n{}:\n", escaped(&section.heading));
        }
        let headings = table
            .columns
            .iter()
            .map(|column| match column.better.arrow() {
                "" => escaped(&column.heading),
                arrow => format!("{} {arrow}", escaped(&column.heading)),
            });
        let rules = table
            .columns
            .iter()
            .map(|column| if column.is_numeric { "--:" } else { "---" }.to_owned());
        text.push('\n');
        push_row(&mut text, headings);
        push_row(&mut text, rules);
        for row in &section.rows {
            let is_baseline = row.group.is_none();
            push_row(
                &mut text,
                row.cells.iter().map(|cell| shown(cell, is_baseline)),
            );
        }
    }
    text
}

fn push_row(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push('|');
    for cell in cells {
        let _ = write!(text, " {cell} |");
    }
    text.push('\n');
}

fn shown(cell: &Cell, is_baseline: bool) -> String {
    let words = escaped(&cell.text);
    let words = match (cell.is_best, is_baseline && cell.key.is_none()) {
        _ if words.is_empty() => words,
        (true, _) => format!("**{words}**"),
        (false, true) => format!("*{words}*"),
        (false, false) => words,
    };
    if cell.detail.is_empty() {
        words
    } else {
        format!("{words} ({})", escaped(&cell.detail))
    }
}

/// Text in which nothing is markup. What stands in backticks stays as it is.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut is_code = false;
    let is_closed = text.matches('`').count().is_multiple_of(2);
    for letter in text.chars() {
        match letter {
            '`' if is_closed => {
                is_code = !is_code;
                safe.push('`');
            }
            '|' => safe.push_str("\\|"),
            '\n' | '\r' => safe.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' if !is_code => {
                safe.push('\\');
                safe.push(letter);
            }
            letter => safe.push(letter),
        }
    }
    safe
}
