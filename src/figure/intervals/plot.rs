//! The plot of a group: its ground, its bars and marks, its axis.

use super::super::axis::{Axis, Scale};
use super::super::comparison::Better;
use super::super::grid::{Page, Words};
use super::super::scene::{Align, Area, Mark, Point};
use super::super::text::{self, Shorten, Weight};
use super::super::theme::{Color, SMALL_SIZE};
use super::{Interval, IntervalGroup, Verdict};

/// An axis that holds zero and every finite number of a group.
pub(super) fn axis(group: &IntervalGroup) -> Axis {
    let numbers = group
        .rows
        .iter()
        .flat_map(|row| [row.value, row.low, row.high]);
    let (low, high) = numbers
        .filter(|number| Scale::Linear.shows(*number))
        .fold((0.0_f64, 0.0_f64), |(low, high), number| {
            (low.min(number), high.max(number))
        });
    Axis::new(Scale::Linear, low, high, 6, 0.06)
}

/// Tints every other row from `left` to `right`, and draws the grid and the zero line over that.
pub(super) fn draw_ground(
    page: &mut Page,
    axis: &Axis,
    plot: Area,
    heights: impl Iterator<Item = f64>,
    (left, right): (f64, f64),
) {
    let theme = page.theme;
    let mut fill = |x: f64, y: f64, width: f64, height: f64, color: Color| {
        let area = Area {
            x,
            y,
            width,
            height,
        };
        page.marks.push(Mark::Rectangle { area, color });
    };
    let mut y = plot.y;
    for (number, height) in heights.enumerate() {
        if number % 2 == 0 {
            let tint = theme.thinned(theme.grid(), 0.4);
            fill(left - 6.0, y, right - left + 12.0, height, tint);
        }
        y += height;
    }
    for tick in &axis.ticks {
        fill(
            x_place(plot, axis, tick.value),
            plot.y,
            1.0,
            plot.height,
            theme.grid(),
        );
    }
    fill(
        x_place(plot, axis, 0.0),
        plot.y - 3.0,
        1.0,
        plot.height + 3.0,
        theme.muted(),
    );
}

fn x_place(plot: Area, axis: &Axis, value: f64) -> f64 {
    (plot.x + axis.share(value) * plot.width).round()
}

/// Draws the bar of an interval and the mark of its difference.
pub(super) fn draw_interval(page: &mut Page, row: &Interval, axis: &Axis, plot: Area, middle: f64) {
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
pub(super) fn write_axis(page: &mut Page, group: &IntervalGroup, axis: &Axis, plot: Area) {
    let theme = page.theme;
    let style = Words {
        shorten: Shorten::End,
        ..Words::caption(theme)
    };
    let mut fill = |x: f64, width: f64, height: f64| {
        let area = Area {
            x,
            y: plot.bottom(),
            width,
            height,
        };
        page.marks.push(Mark::Rectangle {
            area,
            color: theme.rule(),
        });
    };
    fill(plot.x, plot.width, 1.0);
    for tick in &axis.ticks {
        fill(x_place(plot, axis, tick.value), 1.0, 5.0);
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
    let (low, high) = match group.metric.better {
        Better::Higher => ("← worse", "better →"),
        Better::Lower => ("← better", "worse →"),
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
pub(super) fn ends(row: &Interval) -> Option<(f64, f64)> {
    let numbers = !row.low.is_nan() && !row.high.is_nan();
    numbers.then(|| (row.low.min(row.high), row.low.max(row.high)))
}
