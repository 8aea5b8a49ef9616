//! Many pictures at a glance, for looking at a dataset; and the sheet of pictures beneath every grid.

use image::RgbImage;

use super::Figure;
use super::grid::{Page, Words, cell_side, column_edges, page_width};
use super::scene::Align;
use super::theme::{GAP, Theme};

/// One picture of a contact sheet or a gallery.
#[derive(Debug, Clone)]
pub struct Tile<'a> {
    /// The picture.
    pub picture: &'a RgbImage,
    /// Small print under it, shortened in its middle to the picture's width.
    pub caption: Option<String>,
}

/// Side aimed at for each picture, in points.
const AIM: f64 = 128.0;

/// Draws pictures in rows of `columns` (or as nearly 4:3 as they come, for `None`).
pub fn contact_sheet(
    title: &str,
    tiles: &[Tile<'_>],
    columns: Option<usize>,
    theme: Theme,
) -> Figure {
    let fair = (tiles.len() as f64 * 4.0 / 3.0).sqrt().ceil() as usize;
    sheet(title, tiles, columns.unwrap_or(fair), AIM, theme)
}

/// Draws pictures in rows of `columns`, each about `aim` points per side.
pub(super) fn sheet(
    title: &str,
    tiles: &[Tile<'_>],
    columns: usize,
    aim: f64,
    theme: Theme,
) -> Figure {
    let cell = cell_side(tiles.iter().map(|tile| tile.picture), aim);
    let columns = columns.clamp(1, tiles.len().max(1));
    let mut page = Page::new(title, page_width(columns, cell), theme);
    let edges = column_edges(&page, columns, cell);
    if tiles.is_empty() {
        page.write_nothing("no pictures");
    }
    for (number, row) in tiles.chunks(columns).enumerate() {
        if number > 0 {
            page.y += GAP;
        }
        page.place_row(row.iter().map(|tile| Ok(tile.picture)), &edges, cell);
        let baseline = page.caption_baseline();
        for (tile, x) in row.iter().zip(&edges) {
            if let Some(caption) = &tile.caption {
                let at = (x + cell / 2.0, baseline);
                page.write(caption, at, Align::Center, cell, Words::caption(theme));
            }
        }
        if row.iter().any(|tile| tile.caption.is_some()) {
            page.end_captions();
        }
    }
    page.finish()
}
