//! What stands around the lines: grid, axes, ticks, and where values lie between them.

use super::axis::Axis;
use super::grid::{Page, Words};
use super::scene::{Align, Area, Mark};
use super::text::{self, Shorten, Weight};
use super::theme::{Color, LABEL_SIZE, SMALL_SIZE};

/// Grid lines, the x axis, and the ticks of both.
pub(super) fn draw_axes(page: &mut Page, plot: Area, x_axis: Option<&Axis>, y_axis: Option<&Axis>) {
    for tick in y_axis.iter().flat_map(|axis| &axis.ticks) {
        let y = y_place(plot, y_axis, tick.value).round();
        fill(page, plot.x, y, plot.width, 1.0, page.theme.grid());
    }
    write_y_ticks(page, plot, y_axis);
    write_x_ticks(page, plot, x_axis, f64::INFINITY);
}

/// The labels of the y axis, left of the plot.
pub(super) fn write_y_ticks(page: &mut Page, plot: Area, y_axis: Option<&Axis>) {
    let style = tick_style(page);
    for tick in y_axis.iter().flat_map(|axis| &axis.ticks) {
        let y = y_place(plot, y_axis, tick.value).round();
        let at = (plot.x - 6.0, y + 0.5 + text::CAPITAL * SMALL_SIZE / 2.0);
        page.write(&tick.label, at, Align::Right, f64::INFINITY, style);
    }
}

/// The x axis, with its ticks and their labels under the plot; without those that would meet
/// another or stand out from under the plot by more than `overhang` points.
pub(super) fn write_x_ticks(page: &mut Page, plot: Area, x_axis: Option<&Axis>, overhang: f64) {
    let style = tick_style(page);
    draw_x_axis(page, plot, x_axis);
    let mut written = plot.x - overhang - 6.0;
    for tick in x_axis.iter().flat_map(|axis| &axis.ticks) {
        let x = x_place(plot, x_axis, tick.value).round();
        let half = text::width(&tick.label, SMALL_SIZE, Weight::Regular) / 2.0;
        if x - half < written + 6.0 || x + half > plot.right() + overhang {
            continue;
        }
        written = x + half;
        let at = (x + 0.5, plot.bottom() + 8.0 + text::ASCENT * SMALL_SIZE);
        page.write(&tick.label, at, Align::Center, f64::INFINITY, style);
    }
}

/// The x axis and its ticks without labels.
pub(super) fn draw_x_axis(page: &mut Page, plot: Area, x_axis: Option<&Axis>) {
    let color = page.theme.rule();
    fill(page, plot.x, plot.bottom(), plot.width, 1.0, color);
    for tick in x_axis.iter().flat_map(|axis| &axis.ticks) {
        let x = x_place(plot, x_axis, tick.value).round();
        fill(page, x, plot.bottom(), 1.0, 5.0, color);
    }
}

/// A rectangle of one color.
pub(super) fn fill(page: &mut Page, x: f64, y: f64, width: f64, height: f64, color: Color) {
    let area = Area {
        x,
        y,
        width,
        height,
    };
    page.marks.push(Mark::Rectangle { area, color });
}

/// The widest label of an axis, in points.
pub(super) fn widest_tick(axis: Option<&Axis>) -> f64 {
    let ticks = axis.iter().flat_map(|axis| &axis.ticks);
    ticks
        .map(|tick| text::width(&tick.label, SMALL_SIZE, Weight::Regular))
        .fold(0.0, f64::max)
}

fn tick_style(page: &Page) -> Words {
    Words {
        shorten: Shorten::End,
        ..Words::caption(page.theme)
    }
}

pub(super) fn label_style(color: Color) -> Words {
    Words {
        size: LABEL_SIZE,
        weight: Weight::Regular,
        color,
        shorten: Shorten::Middle,
    }
}

pub(super) fn x_place(plot: Area, axis: Option<&Axis>, value: f64) -> f64 {
    plot.x + axis.map_or(0.5, |axis| axis.share(value)) * plot.width
}

pub(super) fn y_place(plot: Area, axis: Option<&Axis>, value: f64) -> f64 {
    plot.bottom() - axis.map_or(0.5, |axis| axis.share(value)) * plot.height
}

/// The lowest and highest, or `None` of nothing.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}
