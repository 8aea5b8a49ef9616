//! What stands around the lines: grid, axes, ticks, and where values lie between them.

use super::super::axis::Axis;
use super::super::grid::{Page, Words};
use super::super::scene::{Align, Area, Mark};
use super::super::text::{self, Shorten, Weight};
use super::super::theme::{Color, LABEL_SIZE, SMALL_SIZE};

/// Grid lines, the x axis, and the ticks of both.
pub(super) fn draw_axes(page: &mut Page, plot: Area, x_axis: Option<&Axis>, y_axis: Option<&Axis>) {
    let theme = page.theme;
    let style = Words {
        shorten: Shorten::End,
        ..Words::caption(theme)
    };
    let fill = |page: &mut Page, x: f64, y: f64, width: f64, height: f64, color: Color| {
        let area = Area {
            x,
            y,
            width,
            height,
        };
        page.marks.push(Mark::Rectangle { area, color });
    };
    for tick in y_axis.iter().flat_map(|axis| &axis.ticks) {
        let y = y_place(plot, y_axis, tick.value).round();
        fill(page, plot.x, y, plot.width, 1.0, theme.grid());
        let at = (plot.x - 6.0, y + 0.5 + text::CAPITAL * SMALL_SIZE / 2.0);
        page.write(&tick.label, at, Align::Right, f64::INFINITY, style);
    }
    fill(page, plot.x, plot.bottom(), plot.width, 1.0, theme.rule());
    for tick in x_axis.iter().flat_map(|axis| &axis.ticks) {
        let x = x_place(plot, x_axis, tick.value).round();
        fill(page, x, plot.bottom(), 1.0, 5.0, theme.rule());
        let baseline = plot.bottom() + 8.0 + text::ASCENT * SMALL_SIZE;
        page.write(
            &tick.label,
            (x + 0.5, baseline),
            Align::Center,
            f64::INFINITY,
            style,
        );
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
