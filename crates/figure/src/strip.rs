//! One picture or several through a training: a column for each step.

use super::Figure;
use super::comparison::{ComparisonCell, Metric};
use super::grid::{
    Heading, NO_PICTURE, Page, Words, cell_side, column_edges, page_width, write_headings,
};
use super::scene::Align;
use super::text;
use super::theme::{GAP, LABEL_SIZE, Theme};

/// One photograph through a training.
#[derive(Debug, Clone)]
pub struct StripRow<'a> {
    /// Its name, written under its first picture, or over the row where no picture has a score; may be empty.
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
            draw_row(
                &mut page,
                &row.name,
                &cells,
                content.metric.as_ref(),
                &edges,
                cell,
            );
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

/// Draws a row of pictures with a line of scores beneath, in which its name stands if the first picture has none; without scores
/// the name stands over the row.
fn draw_row(
    page: &mut Page,
    name: &str,
    cells: &[Option<&ComparisonCell<'_>>],
    metric: Option<&Metric>,
    edges: &[f64],
    cell: f64,
) {
    let scores: Vec<Option<String>> = cells
        .iter()
        .map(|cell| Some(metric?.written((*cell)?.value?)))
        .collect();
    let scored = scores.iter().any(Option::is_some);
    let room = page.width - 2.0 * edges[0];
    if !scored && !name.trim().is_empty() {
        let style = Words::label(page.theme);
        let baseline = page.y + GAP / 2.0 + text::ASCENT * LABEL_SIZE;
        page.write(name, (edges[0], baseline), Align::Left, room, style);
        page.y = (baseline + text::DESCENT * LABEL_SIZE + 2.0).round();
    }
    let pictures = cells
        .iter()
        .map(|cell| cell.map_or(Err(NO_PICTURE), |cell| cell.picture));
    page.place_row(pictures, edges, cell);
    if !scored {
        return;
    }
    let baseline = page.caption_baseline();
    let named = scores[0].is_none();
    if named {
        let at = (edges[0] + cell / 2.0, baseline);
        page.write(name, at, Align::Center, cell, Words::caption(page.theme));
    }
    for (score, x) in scores.iter().zip(edges) {
        if let Some(score) = score {
            let at = (x + cell / 2.0, baseline);
            page.write(score, at, Align::Center, cell, Words::caption(page.theme));
        }
    }
    page.end_captions();
    if !named && !name.trim().is_empty() {
        page.write_caption(name, edges[0], room);
    }
}
