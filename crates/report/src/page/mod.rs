//! A report as the plain data of its page.

pub(crate) mod best;
mod claims;
mod gallery;
mod runs;
mod sliders;

use std::collections::BTreeSet;

use super::html::{self, Diff, DiffKey, Number, Page};
use super::table::{Cell, Column, Table};
use super::write::{FigureFiles, table_files};
use super::{Made, ReportError};
use crate::runs::keys_and_values;

pub(super) use runs::{command_lines, hardware};

/// Everything on the page.
///
/// # Errors
///
/// [`ReportError`] when a picture or a table of scores cannot be read.
pub(super) fn page(made: &Made, figures: Vec<FigureFiles>) -> Result<Page, ReportError> {
    let report = &made.report;
    let mut notes = missing(made);
    notes.extend(made.selection.notes.iter().cloned());
    Ok(Page {
        title: report.title.clone(),
        introduction: paragraphs(&report.introduction),
        sliders: sliders::sliders(made),
        notes,
        galleries: gallery::galleries(made)?,
        claims: claims::claims(made),
        tables: made.tables.iter().flat_map(tables).collect(),
        figures: made
            .drawings
            .iter()
            .zip(figures)
            .map(|(drawing, files)| html::Figure {
                title: drawing.title.clone(),
                caption: drawing.caption.clone(),
                alternative: drawing.alternative.clone(),
                light: files.light,
                dark: Some(files.dark),
                phone: files.phone,
                is_folded: drawing.is_folded,
                files: files.files,
            })
            .collect(),
        diffs: diffs(made),
        runs: runs::runs(made),
        reproduce: runs::reproduce(made),
        footer: format!(
            "Made by `colorize {}` from `{}`. To check whether a figure is still current, run `colorize verify figure`.",
            env!("CARGO_PKG_VERSION"),
            report.path.display()
        ),
    })
}

/// `All categories`: the first letter of a heading.
pub(super) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Text divided at empty lines, each paragraph on one line.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty())
        .collect()
}

/// What is requested but missing, and how to train it.
fn missing(made: &Made) -> Vec<String> {
    let absent = made.selection.absent.iter().map(|absent| {
        format!(
            "Missing: {} ({}). To train it: `{}`.",
            absent.label,
            absent.why,
            made.selection.command(&absent.experiment, &[])
        )
    });
    absent.collect()
}

/// A table of the page for every section.
fn tables(table: &Table) -> Vec<html::Table> {
    let columns: Vec<html::Column> = table.columns.iter().map(column).collect();
    table
        .sections
        .iter()
        .enumerate()
        .map(|(place, section)| {
            let title = match section.heading.as_str() {
                "" => table.title.clone(),
                heading => format!("{}: {heading}", table.title),
            };
            let mut caption = Vec::new();
            if place == 0 {
                caption.extend(Some(table.caption.clone()).filter(|text| !text.is_empty()));
                caption.extend(table.notes.iter().cloned());
            }
            html::Table {
                title,
                caption: caption.join(" "),
                columns: columns.clone(),
                rows: section
                    .rows
                    .iter()
                    .map(|row| html::Row {
                        cells: row
                            .cells
                            .iter()
                            .zip(&table.columns)
                            .map(|(cell, column)| self::cell(cell, column))
                            .collect(),
                        is_reference: row.group.is_none(),
                    })
                    .collect(),
                files: table_files(table),
            }
        })
        .collect()
}

fn column(column: &Column) -> html::Column {
    html::Column {
        name: column.heading.clone(),
        hint: column.hint.clone(),
        is_number: column.is_numeric,
        better: column.better,
        ..html::Column::default()
    }
}

fn cell(cell: &Cell, column: &Column) -> html::Cell {
    match cell.key {
        Some(key) => html::Cell::Number {
            number: Number::new(key, cell.text.clone()),
            detail: cell.detail.clone(),
            is_best: cell.is_best,
        },
        None if column.is_numeric && cell.text == "–" => {
            html::Cell::Missing("not measured".to_owned())
        }
        None => html::Cell::Text(cell.text.clone()),
    }
}

/// The keys in which every group differs from its parent.
fn diffs(made: &Made) -> Vec<Diff> {
    let selection = &made.selection;
    (0..selection.groups.len())
        .filter_map(|place| {
            let parent = selection.parent(place).ok()??;
            let [group, parent] = [place, parent].map(|it| &selection.groups[it]);
            let [own, theirs] = [group, parent].map(|group| {
                let mut values = keys_and_values(&group.first().experiment);
                for key in ["name", "title", "seeds"] {
                    values.remove(key);
                }
                values
            });
            let all: BTreeSet<&String> = own.keys().chain(theirs.keys()).collect();
            let keys = all
                .into_iter()
                .filter(|key| own.get(*key) != theirs.get(*key))
                .map(|key| DiffKey {
                    key: key.clone(),
                    parent: theirs.get(key).cloned(),
                    own: own.get(key).cloned(),
                });
            Some(Diff {
                experiment: group.label.clone(),
                parent: parent.label.clone(),
                keys: keys.collect(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_end_at_empty_lines() {
        assert_eq!(paragraphs("one\nline\n\n two \n\n\n"), ["one line", "two"]);
    }
}
