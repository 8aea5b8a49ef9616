//! The sample picture of a step: rows of Ground truth, Grayscale, Colorized.

use image::RgbImage;

use super::Figure;
use super::grid::{Heading, Page, cell_side, column_edges, page_width, write_headings};
use super::theme::{GAP, Theme};

/// One held-out picture and what the network made of it. The three are of one size, as a rule a
/// square of 24 to 256 pixels; others are fitted into a square cell.
#[derive(Debug, Clone)]
pub struct TriptychRow<'a> {
    /// The photograph.
    pub truth: &'a RgbImage,
    /// What the network saw.
    pub gray: &'a RgbImage,
    /// What the network made of it.
    pub colorized: &'a RgbImage,
    /// Small print under the row: the picture's name and its PSNR, say.
    pub caption: Option<String>,
}

/// Side aimed at for each picture, in points.
const AIM: f64 = 192.0;

/// Draws rows of triptychs under a title such as `Iteration 10000`.
///
/// Pictures are shown at about 192 points per side, enlarged by a whole number. Without rows the
/// figure says so.
pub fn triptych(title: &str, rows: &[TriptychRow<'_>], theme: Theme) -> Figure {
    const HEADINGS: [&str; 3] = ["Ground truth", "Grayscale", "Colorized"];
    let pictures = rows
        .iter()
        .flat_map(|row| [row.truth, row.gray, row.colorized]);
    let cell = cell_side(pictures, AIM);
    let mut page = Page::new(title, page_width(HEADINGS.len(), cell), theme);
    let edges = column_edges(&page, HEADINGS.len(), cell);

    write_headings(&mut page, &HEADINGS.map(Heading::plain), &edges, cell);

    if rows.is_empty() {
        page.write_nothing("no pictures");
    }
    let row_width = edges.last().map_or(cell, |last| last + cell - edges[0]);
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            page.y += GAP;
        }
        let pictures = [row.truth, row.gray, row.colorized];
        page.place_row(pictures.map(Ok), &edges, cell);
        if let Some(caption) = &row.caption {
            page.write_caption(caption, edges[0], row_width);
        }
    }
    page.finish()
}
