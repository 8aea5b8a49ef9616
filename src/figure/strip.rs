//! One picture or several through a training: a column for each step.

use image::RgbImage;

use super::Figure;
use super::grid::{Page, cell_side, column_edges, page_width, write_headings};
use super::theme::{GAP, Theme};

/// Side aimed at for each picture, in points, where few columns leave room for it.
const LARGEST_AIM: f64 = 144.0;
/// The same where columns are many.
const SMALLEST_AIM: f64 = 72.0;
/// Width aimed at for all columns together, in points.
const WIDTH_AIM: f64 = 1200.0;

/// Draws `rows` of pictures under column headings such as `Ground truth`, `Grayscale`, `Step 250`,
/// `Step 500`.
///
/// A row has a picture for each column in order; where it has `None`, or ends early, the empty cell
/// says so. Pictures are shown smaller the more columns there are, from 144 points a side to 72.
pub fn strip(
    title: &str,
    columns: &[String],
    rows: &[Vec<Option<&RgbImage>>],
    theme: Theme,
) -> Figure {
    let count = rows.iter().map(Vec::len).fold(columns.len(), usize::max);
    let aim = (WIDTH_AIM / count.max(1) as f64).clamp(SMALLEST_AIM, LARGEST_AIM);
    // Columns no narrower than a heading is wide, however small the pictures.
    let cell = cell_side(rows.iter().flatten().flatten().copied(), aim).max(SMALLEST_AIM);
    let mut page = Page::new(title, page_width(count, cell), theme);
    let edges = column_edges(&page, count, cell);
    if columns.iter().any(|heading| !heading.trim().is_empty()) {
        let headings: Vec<&str> = columns.iter().map(String::as_str).collect();
        write_headings(&mut page, &headings, &edges, cell);
    }
    if count == 0 || rows.is_empty() {
        page.write_nothing("no pictures");
        return page.finish();
    }
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            page.y += GAP;
        }
        let missing = count - row.len();
        let pictures = row.iter().copied().chain((0..missing).map(|_| None));
        page.place_row(pictures, &edges, cell);
    }
    page.finish()
}
