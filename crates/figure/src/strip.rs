//! One picture or several through a training: a column for each step.

use super::Figure;
use super::comparison::{ComparisonCell, Metric};
use super::grid::{Heading, Page, Words, cell_side, column_edges, page_width, write_headings};
use super::scene::Align;
use super::text;
use super::theme::{GAP, SMALL_SIZE, Theme};

/// One photograph through a training.
#[derive(Debug, Clone)]
pub struct StripRow<'a> {
    /// The photograph's name, written under its first picture; may be empty.
    pub name: String,
    /// A picture for each column in order; `None`, or none at the end, where there is no picture.
    pub cells: Vec<Option<ComparisonCell<'a>>>,
}

/// What [`strip`] draws.
#[derive(Debug, Clone, Default)]
pub struct Strip<'a> {
    /// Column headings: `Ground truth`, `Grayscale`, `Step 250`, `Step 500`.
    pub columns: Vec<String>,
    /// What the numbers under the pictures are, if there are any.
    pub metric: Option<Metric>,
    /// The photographs.
    pub rows: Vec<StripRow<'a>>,
}

/// Side aimed at for each picture, in points, where few columns leave room for it.
const LARGEST_AIM: f64 = 144.0;
/// The same where columns are many.
const SMALLEST_AIM: f64 = 72.0;
/// Width aimed at for all columns together, in points.
const WIDTH_AIM: f64 = 1200.0;
/// With more columns than this, they go on beneath.
const MOST_ACROSS: usize = 14;
/// Space between blocks, in points.
const BLOCK_GAP: f64 = 22.0;

/// Draws rows of pictures under column headings, each with its score, so that one sees a network
/// learn.
///
/// Empty cells say so. Pictures are shown smaller the more columns there are, from 144 points per side
/// to 72; more than fourteen columns are shown in even blocks one under the other.
pub fn strip(title: &str, content: &Strip<'_>, theme: Theme) -> Figure {
    let rows = &content.rows;
    let lengths = rows.iter().map(|row| row.cells.len());
    let count = lengths.fold(content.columns.len(), usize::max);
    let blocks = count.div_ceil(MOST_ACROSS).max(1);
    let across = count.div_ceil(blocks);
    let aim = (WIDTH_AIM / across.max(1) as f64 - GAP).clamp(SMALLEST_AIM, LARGEST_AIM);
    let pictures = || rows.iter().flat_map(|row| row.cells.iter().flatten());
    // Columns no narrower than a heading is wide, however small the pictures.
    let cell = cell_side(pictures().filter_map(|cell| cell.picture.ok()), aim).max(SMALLEST_AIM);
    let mut page = Page::new(title, page_width(across, cell), theme);
    let edges = column_edges(&page, across, cell);
    if count == 0 || rows.is_empty() {
        page.write_nothing("no pictures");
        return page.finish();
    }
    for block in 0..blocks {
        if block > 0 {
            page.y += BLOCK_GAP;
        }
        let columns = block * across..((block + 1) * across).min(count);
        let heading = |column: usize| content.columns.get(column).map_or("", String::as_str);
        let headings: Vec<Heading<'_>> = columns
            .clone()
            .map(|column| Heading::plain(heading(column)))
            .collect();
        if content
            .columns
            .iter()
            .any(|heading| !heading.trim().is_empty())
        {
            write_headings(&mut page, &headings, &edges, cell);
        }
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                page.y += GAP;
            }
            let cells: Vec<Option<&ComparisonCell<'_>>> = columns
                .clone()
                .map(|column| row.cells.get(column).and_then(Option::as_ref))
                .collect();
            let top = page.y;
            draw_row(&mut page, &cells, content, &edges, cell);
            if row.name.trim().is_empty() {
                continue;
            }
            if page.y > top + cell && cells[0].is_none_or(|first| first.value.is_none()) {
                // In the line of scores, of which the first picture has none.
                let at = (
                    edges[0] + cell / 2.0,
                    top + cell + 4.0 + text::ASCENT * SMALL_SIZE,
                );
                page.write(&row.name, at, Align::Center, cell, Words::caption(theme));
            } else {
                page.write_caption(&row.name, edges[0], page.width - 2.0 * edges[0]);
            }
        }
    }
    if let Some(metric) = content
        .metric
        .as_ref()
        .filter(|_| pictures().any(has_value))
    {
        page.y += 6.0;
        let words = metric.described();
        page.write_caption(&words, edges[0], page.width - 2.0 * edges[0]);
    }
    page.finish()
}

fn has_value(cell: &ComparisonCell<'_>) -> bool {
    cell.value.is_some()
}

fn draw_row(
    page: &mut Page,
    cells: &[Option<&ComparisonCell<'_>>],
    content: &Strip<'_>,
    edges: &[f64],
    cell: f64,
) {
    let baseline = page.y + cell + 4.0 + text::ASCENT * SMALL_SIZE;
    let pictures = cells
        .iter()
        .map(|cell| cell.and_then(|cell| cell.picture.ok()));
    page.place_row(pictures, edges, cell);
    let Some(metric) = &content.metric else {
        return;
    };
    let mut written = false;
    for (shown, x) in cells.iter().zip(edges) {
        if let Some(value) = shown.and_then(|shown| shown.value) {
            let at = (x + cell / 2.0, baseline);
            let style = Words::caption(page.theme);
            page.write(&metric.written(value), at, Align::Center, cell, style);
            written = true;
        }
    }
    if written {
        page.y = (baseline + text::DESCENT * SMALL_SIZE + 2.0).round();
    }
}
