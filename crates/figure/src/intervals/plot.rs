//! The plot of a group: its ground, its bars and marks, its axis.

use super::super::axis::{Axis, Scale};
use super::super::comparison::Better;
use super::super::effects::Effect;
use super::super::frame::fill;
use super::super::grid::{Page, Words};
use super::super::scene::{Align, Area, Mark, Point};
use super::super::text::{self, Shorten, Weight};
use super::super::theme::{Color, SMALL_SIZE};
use super::Verdict;

/// How strongly the part where a difference is expected is tinted, and its edges.
const TINT: f64 = 0.18;
const EDGE: f64 = 0.6;

/// An axis with about `wanted` ticks that holds zero and every finite number.
pub(in super::super) fn axis(effects: impl Iterator<Item = Effect>, wanted: usize) -> Axis {
    let numbers = effects.flat_map(|effect| [effect.value, effect.low, effect.high]);
    let (low, high) = numbers
        .filter(|number| Scale::Linear.shows(*number))
        .fold((0.0_f64, 0.0_f64), |(low, high), number| {
            (low.min(number), high.max(number))
        });
    Axis::new(Scale::Linear, low, high, wanted, 0.06)
}

/// Tints every other row from `left` to `right`.
pub(in super::super) fn tint_rows(
    page: &mut Page,
    top: f64,
    heights: impl Iterator<Item = f64>,
    (left, right): (f64, f64),
) {
    let mut y = top;
    let tint = page.theme.thinned(page.theme.grid(), 0.4);
    for (number, height) in heights.enumerate() {
        if number % 2 == 0 {
            fill(page, left - 6.0, y, right - left + 12.0, height, tint);
        }
        y += height;
    }
}

/// Tints the part of a row where its difference is expected, and draws the edges that lie within the plot.
pub(super) fn draw_expected(page: &mut Page, (low, high): (f64, f64), axis: &Axis, row: Area) {
    let color = Verdict::Good.color(page.theme);
    let place = |value: f64| match value {
        f64::NEG_INFINITY => row.x,
        f64::INFINITY => row.right(),
        value => x_place(row, axis, value).clamp(row.x, row.right()),
    };
    if low.is_nan() || high.is_nan() {
        return;
    }
    let (from, to) = (place(low), place(high));
    let tint = page.theme.thinned(color, TINT);
    fill(page, from, row.y, (to - from).max(1.0), row.height, tint);
    let edge = page.theme.thinned(color, EDGE);
    // The zero line is an edge already.
    let is_edge = |value: &f64| value.is_finite() && *value != 0.0;
    for value in [low, high].into_iter().filter(is_edge) {
        fill(page, place(value) - 1.0, row.y, 2.0, row.height, edge);
    }
}

/// Draws the grid and the zero line.
pub(in super::super) fn draw_ground(page: &mut Page, axis: &Axis, plot: Area) {
    let (grid, zero) = (page.theme.grid(), page.theme.muted());
    for tick in &axis.ticks {
        let x = x_place(plot, axis, tick.value);
        fill(page, x, plot.y, 1.0, plot.height, grid);
    }
    let x = x_place(plot, axis, 0.0);
    fill(page, x, plot.y - 3.0, 1.0, plot.height + 3.0, zero);
}

fn x_place(plot: Area, axis: &Axis, value: f64) -> f64 {
    (plot.x + axis.share(value) * plot.width).round()
}

/// Draws the bar of an interval and the mark of its difference.
pub(in super::super) fn draw_interval(
    page: &mut Page,
    row: Effect,
    axis: &Axis,
    plot: Area,
    middle: f64,
) {
    let color = row.verdict.color(page.theme);
    // Lines of one point lie right of the place that is rounded.
    let place = |value: f64| plot.x + axis.share(value) * plot.width + 0.5;
    if let Some((low, high)) = ends(row) {
        let mut line = |points: Vec<Point>| {
            page.marks.push(Mark::Line {
                points,
                width: 2.0,
                color,
                dashes: &[],
            });
        };
        line(vec![(place(low), middle), (place(high), middle)]);
        for end in [low, high]
            .into_iter()
            .filter(|end| Scale::Linear.shows(*end))
        {
            line(vec![(place(end), middle - 4.0), (place(end), middle + 4.0)]);
        }
    }
    if Scale::Linear.shows(row.value) {
        draw_mark(page, row.verdict, (place(row.value), middle));
    }
}

pub(super) fn draw_mark(page: &mut Page, verdict: Verdict, center: Point) {
    let color = verdict.color(page.theme);
    let mut dot = |radius: f64, color: Color| {
        page.marks.push(Mark::Dot {
            center,
            radius,
            color,
        });
    };
    match verdict {
        Verdict::Good => dot(4.5, color),
        Verdict::Open => {
            dot(4.5, color);
            dot(2.5, page.theme.background());
        }
        Verdict::Bad => page.marks.push(Mark::Rectangle {
            area: Area {
                x: center.0 - 4.0,
                y: center.1 - 4.0,
                width: 8.0,
                height: 8.0,
            },
            color,
        }),
    }
}

/// Draws the axis under a plot, and writes which way is better.
pub(in super::super) fn write_axis(page: &mut Page, better: Better, axis: &Axis, plot: Area) {
    let theme = page.theme;
    let style = Words {
        shorten: Shorten::End,
        ..Words::caption(theme)
    };
    let rule = theme.rule();
    fill(page, plot.x, plot.bottom(), plot.width, 1.0, rule);
    for tick in &axis.ticks {
        let x = x_place(plot, axis, tick.value);
        fill(page, x, plot.bottom(), 1.0, 5.0, rule);
    }
    let baseline = plot.bottom() + 8.0 + text::ASCENT * SMALL_SIZE;
    let mut written = f64::NEG_INFINITY;
    for tick in &axis.ticks {
        let x = x_place(plot, axis, tick.value) + 0.5;
        let half = text::width(&tick.label, SMALL_SIZE, Weight::Regular) / 2.0;
        // Very long numbers leave some ticks without a label.
        if x - half > written + 6.0 {
            page.write(
                &tick.label,
                (x, baseline),
                Align::Center,
                f64::INFINITY,
                style,
            );
            written = x + half;
        }
    }
    let (low, high) = match better {
        Better::Higher => ("← worse", "better →"),
        Better::Lower => ("← better", "worse →"),
        // Which way is better depends on where the number began.
        Better::One | Better::Photographs | Better::Neither => ("← lower", "higher →"),
    };
    let baseline = baseline + 15.0;
    page.write(low, (plot.x, baseline), Align::Left, plot.width, style);
    page.write(
        high,
        (plot.right(), baseline),
        Align::Right,
        plot.width,
        style,
    );
    page.y = (baseline + text::DESCENT * SMALL_SIZE).round();
}

/// The ends of an interval in rising order, if both are numbers.
pub(in super::super) fn ends(row: Effect) -> Option<(f64, f64)> {
    let numbers = !row.low.is_nan() && !row.high.is_nan();
    numbers.then(|| (row.low.min(row.high), row.low.max(row.high)))
}
