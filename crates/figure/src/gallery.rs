//! What a network makes of many photographs: its colorized pictures alone, in a grid.

use super::Figure;
use super::contact_sheet::{Tile, sheet};
use super::theme::Theme;

/// Side aimed at for each picture, in points.
const AIM: f64 = 192.0;

/// Draws pictures in rows of `columns`, at about 192 points per side, enlarged by a whole number.
///
/// With fewer pictures than `columns` the page is narrower; a last row that is not full begins at
/// the left. Without pictures the figure says so.
pub fn gallery(title: &str, pictures: &[Tile<'_>], columns: usize, theme: Theme) -> Figure {
    sheet(title, pictures, columns, AIM, theme)
}
