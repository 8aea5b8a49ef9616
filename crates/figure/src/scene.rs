//! Marks, and drawing them on a plotters backend, for `raster` and `svg` alike.

use std::sync::Arc;

use super::letters;
#[cfg(test)]
use super::text;
use super::text::Weight;
use super::theme::Color;
use image::RgbImage;
use plotters::backend::DrawingBackend;
use plotters::style::{Color as _, RGBAColor, RGBColor, ShapeStyle};

/// A place on the page in points, from the upper left corner.
pub(super) type Point = (f64, f64);

/// A rectangle on the page, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// Which part of a text its place names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

/// A line of words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub(super) words: String,
    /// A point on the baseline: its left end, middle or right end.
    pub(super) at: Point,
    pub(super) align: Align,
    /// Points per em.
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) color: Color,
}

#[cfg(test)]
impl Text {
    /// The box that the words fill, from the highest letters to the lowest.
    pub(super) fn area(&self) -> Area {
        let width = text::width(&self.words, self.size, self.weight);
        let x = match self.align {
            Align::Left => self.at.0,
            Align::Center => self.at.0 - width / 2.0,
            Align::Right => self.at.0 - width,
        };
        Area {
            x,
            y: self.at.1 - text::ASCENT * self.size,
            width,
            height: (text::ASCENT + text::DESCENT) * self.size,
        }
    }
}

/// Pixels per point of a [`Mark::Ground`]: as many as the PNG files have.
pub(super) const GROUND_SCALE: u32 = 2;

/// One thing on the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    Rectangle {
        area: Area,
        color: Color,
    },
    Line {
        points: Vec<Point>,
        /// In points.
        width: f64,
        color: Color,
        /// Lengths of ink and space in turn, in points; empty for a solid line.
        dashes: &'static [f64],
    },
    /// The area between two curves over the same x: `(x, upper y, lower y)` with rising x.
    Band {
        points: Vec<(f64, f64, f64)>,
        color: Color,
        /// 0 (invisible) to 1 (opaque).
        opacity: f64,
    },
    Dot {
        center: Point,
        radius: f64,
        color: Color,
    },
    Text(Text),
    /// Lies beneath all other marks: what is too much for marks of its own, such as thousands of
    /// dots. Its place and size are whole points, its pixels [`GROUND_SCALE`] per point.
    Ground {
        area: Area,
        picture: Arc<RgbImage>,
    },
    /// Lies above all other marks, which stay clear of it.
    Picture {
        area: Area,
        picture: Arc<RgbImage>,
    },
}

impl Mark {
    /// The highest and lowest place that the mark can touch, in points.
    pub(super) fn rows(&self) -> (f64, f64) {
        match self {
            Self::Rectangle { area, .. }
            | Self::Ground { area, .. }
            | Self::Picture { area, .. } => (area.y, area.bottom()),
            Self::Line { points, width, .. } => {
                let (top, bottom) = extremes(points.iter().map(|(_, y)| *y));
                (top - width, bottom + width)
            }
            Self::Band { points, .. } => {
                extremes(points.iter().flat_map(|&(_, upper, lower)| [upper, lower]))
            }
            Self::Dot { center, radius, .. } => (center.1 - radius, center.1 + radius),
            // Letters with two accents may stand higher than any that layout reckons with.
            Self::Text(text) => (text.at.1 - 1.5 * text.size, text.at.1 + 0.5 * text.size),
        }
    }
}

fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// What a plotters backend needs to be told differently on bitmaps and in SVG.
#[derive(Debug, Clone, Copy)]
pub(super) enum Medium {
    /// Device pixels per point, and the device row at which this buffer begins.
    Bitmap { unit: f64, first_row: f64 },
    /// User units per point.
    Svg { unit: f64 },
}

impl Medium {
    pub(super) fn unit(self) -> f64 {
        match self {
            Self::Bitmap { unit, .. } | Self::Svg { unit } => unit,
        }
    }

    pub(super) fn place(self, (x, y): Point) -> (i32, i32) {
        let first_row = match self {
            Self::Bitmap { first_row, .. } => first_row,
            Self::Svg { .. } => 0.0,
        };
        let unit = self.unit();
        (
            (x * unit).round() as i32,
            (y * unit - first_row).round() as i32,
        )
    }
}

/// A backend could not draw: its font is missing, which is part of the program. (plotters does not
/// hand on the name of its own error, and nothing more could be done with it.)
#[derive(Debug)]
pub(super) struct Undrawn;

/// Draws one mark; pictures and grounds are the caller's.
pub(super) fn draw<B: DrawingBackend>(
    backend: &mut B,
    medium: Medium,
    mark: &Mark,
) -> Result<(), Undrawn> {
    match mark {
        Mark::Picture { .. } | Mark::Ground { .. } => Ok(()),
        Mark::Rectangle { area, color } => {
            let first = medium.place((area.x, area.y));
            let last = medium.place((area.right(), area.bottom()));
            backend
                .draw_rect(first, last, &paint(*color), true)
                .map_err(|_| Undrawn)
        }
        Mark::Line {
            points,
            width,
            color,
            dashes,
        } => {
            for piece in dashed(points, dashes) {
                draw_line(backend, medium, &piece, *width, *color)?;
            }
            Ok(())
        }
        Mark::Band {
            points,
            color,
            opacity,
        } => draw_band(backend, medium, points, *color, *opacity),
        Mark::Dot {
            center,
            radius,
            color,
        } => backend
            .draw_circle(
                medium.place(*center),
                (radius * medium.unit()).round().max(1.0) as u32,
                &paint(*color),
                true,
            )
            .map_err(|_| Undrawn),
        Mark::Text(text) => letters::draw_text(backend, medium, text),
    }
}

fn paint(color: Color) -> ShapeStyle {
    RGBColor(color.0, color.1, color.2).filled()
}

fn draw_line<B: DrawingBackend>(
    backend: &mut B,
    medium: Medium,
    points: &[Point],
    width: f64,
    color: Color,
) -> Result<(), Undrawn> {
    let width = width * medium.unit();
    if let Medium::Svg { .. } = medium {
        let style = paint(color).stroke_width(width.round().max(1.0) as u32);
        return backend
            .draw_path(points.iter().map(|point| medium.place(*point)), &style)
            .map_err(|_| Undrawn);
    }
    // plotters' own thick paths tear at sharp turns, of which noisy curves are full: draw each
    // stretch as a rectangle, with a disc on each joint.
    let places: Vec<(i32, i32)> = points.iter().map(|point| medium.place(*point)).collect();
    for stretch in places.windows(2) {
        let (from, to) = (stretch[0], stretch[1]);
        let (along_x, along_y) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
        let length = along_x.hypot(along_y);
        if length == 0.0 {
            continue;
        }
        let (side_x, side_y) = (
            -along_y / length * width / 2.0,
            along_x / length * width / 2.0,
        );
        let corner = |(x, y): (i32, i32), side: f64| {
            (
                (f64::from(x) + side * side_x).round() as i32,
                (f64::from(y) + side * side_y).round() as i32,
            )
        };
        let corners = [
            corner(from, 1.0),
            corner(to, 1.0),
            corner(to, -1.0),
            corner(from, -1.0),
        ];
        backend
            .fill_polygon(corners, &paint(color))
            .map_err(|_| Undrawn)?;
    }
    for joint in places.iter().take(places.len().saturating_sub(1)).skip(1) {
        let radius = (width / 2.0 - 0.5).round().max(0.0) as u32;
        backend
            .draw_circle(*joint, radius, &paint(color), true)
            .map_err(|_| Undrawn)?;
    }
    Ok(())
}

fn draw_band<B: DrawingBackend>(
    backend: &mut B,
    medium: Medium,
    points: &[(f64, f64, f64)],
    color: Color,
    opacity: f64,
) -> Result<(), Undrawn> {
    let style: ShapeStyle = RGBAColor(color.0, color.1, color.2, opacity).filled();
    if let Medium::Svg { .. } = medium {
        let upper = points.iter().map(|&(x, y, _)| medium.place((x, y)));
        let lower = points.iter().rev().map(|&(x, _, y)| medium.place((x, y)));
        return backend
            .fill_polygon(upper.chain(lower), &style)
            .map_err(|_| Undrawn);
    }
    // One column of pixels at a time, so that no pixel is tinted twice.
    for stretch in points.windows(2) {
        let (x0, upper0, lower0) = stretch[0];
        let (x1, upper1, lower1) = stretch[1];
        let (first, _) = medium.place((x0, 0.0));
        let (end, _) = medium.place((x1, 0.0));
        for column in first..end {
            let share = f64::from(column - first) / f64::from(end - first);
            let (_, top) = medium.place((0.0, upper0 + (upper1 - upper0) * share));
            let (_, bottom) = medium.place((0.0, lower0 + (lower1 - lower0) * share));
            if bottom > top {
                backend
                    .draw_rect((column, top), (column + 1, bottom), &style, true)
                    .map_err(|_| Undrawn)?;
            }
        }
    }
    Ok(())
}

/// Cuts a line into its dashes; a solid line is one piece.
fn dashed(points: &[Point], dashes: &[f64]) -> Vec<Vec<Point>> {
    if dashes.is_empty() {
        return vec![points.to_vec()];
    }
    let mut pieces = Vec::new();
    let mut piece = Vec::new();
    let mut turn = 0;
    let mut left = dashes[0];
    for stretch in points.windows(2) {
        let (from, to) = (stretch[0], stretch[1]);
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let at = |distance: f64| {
            let share = distance / length;
            (
                from.0 + (to.0 - from.0) * share,
                from.1 + (to.1 - from.1) * share,
            )
        };
        let ink = |turn: usize| turn.is_multiple_of(2);
        if ink(turn) && piece.is_empty() {
            piece.push(from);
        }
        let mut walked = 0.0;
        while length - walked > left {
            walked += left;
            if ink(turn) {
                piece.push(at(walked));
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece.push(at(walked));
            }
            turn += 1;
            left = dashes[turn % dashes.len()];
        }
        left -= length - walked;
        if ink(turn) {
            piece.push(to);
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}
