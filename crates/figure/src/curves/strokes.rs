//! The lines of a panel, and what stands behind them.

use super::super::axis::Axis;
use super::super::frame::{x_place, y_place};
use super::super::grid::Page;
use super::super::look::Look;
use super::super::part::{MOST_ON_A_LINE, Readings, readings};
use super::super::scene::{Area, Mark, Point};
use super::data::{Lines, envelope, thinned_out};
use super::panel::{Points, Prepared};

/// How strongly bands are tinted, from 0 to 1, and how strongly where they are many.
const TINT: f64 = 0.18;
const FAINT_TINT: f64 = 0.09;
/// With more bands than this, they are many.
const MOST_TINTED: usize = 6;

fn place(plot: Area, (x_axis, y_axis): (&Axis, &Axis), (x, y): (f64, f64)) -> Point {
    (
        x_place(plot, Some(x_axis), x),
        y_place(plot, Some(y_axis), y),
    )
}

/// Draws the lines that are only there for comparison.
pub(super) fn draw_rest(page: &mut Page, panel: &Prepared<'_>, plot: Area, axes: (&Axis, &Axis)) {
    for (run, lines, look) in panel
        .named_lines()
        .filter(|(_, _, look)| *look == Look::Rest)
    {
        page.draw_part(run, None, |page| {
            for stretch in lines.main() {
                let places: Vec<_> = stretch.iter().map(|at| place(plot, axes, *at)).collect();
                draw_stretch(page, &places, look, 0.9, false);
            }
        });
    }
}

/// Draws all others, over their bands and their points as they were given.
pub(super) fn draw_lines(page: &mut Page, panel: &Prepared<'_>, plot: Area, axes: (&Axis, &Axis)) {
    let lines = || {
        panel
            .named_lines()
            .filter(|(_, _, look)| *look != Look::Rest)
    };
    let count = lines().count();
    let tint = if count > MOST_TINTED {
        FAINT_TINT
    } else {
        TINT
    };
    for (run, lines, look) in lines() {
        let points = lines.band.iter().map(|&(x, low, high)| {
            let (x, upper) = place(plot, axes, (x, high));
            (x, upper, place(plot, axes, (x, low)).1)
        });
        let points: Vec<_> = points.collect();
        if points.len() > 1 {
            page.draw_part(run, None, |page| {
                page.marks.push(Mark::Band {
                    points,
                    color: look.style(page.theme).color,
                    opacity: tint,
                });
            });
        }
    }
    for (run, lines, look) in lines().filter(|(_, lines, _)| !lines.smooth.is_empty()) {
        page.draw_part(run, None, |page| {
            for stretch in &lines.raw {
                let places: Vec<_> = stretch.iter().map(|at| place(plot, axes, *at)).collect();
                draw_points(page, panel.points, &places, look);
            }
        });
    }
    let width = if count > 12 { 1.3 } else { 1.8 };
    for (run, lines, look) in lines() {
        let sparse = panel.dots && is_sparse(lines, plot);
        let points = lines.main().iter().flatten();
        let placed: Vec<_> = points.map(|at| (*at, place(plot, axes, *at))).collect();
        let readings = Readings {
            plot,
            x: panel.panel.x_label.clone(),
            y: panel.panel.y_label.clone(),
            color: look.style(page.theme).color,
            points: readings(&placed, MOST_ON_A_LINE),
        };
        page.draw_part(run, Some(readings), |page| {
            for stretch in lines.main() {
                let places: Vec<_> = stretch.iter().map(|at| place(plot, axes, *at)).collect();
                draw_stretch(page, &places, look, width, sparse);
            }
        });
    }
}

/// Whether the points of a line are so few that each may have its dot.
fn is_sparse(lines: &Lines, plot: Area) -> bool {
    let count: usize = lines.main().iter().map(Vec::len).sum();
    lines.smooth.is_empty() && count as f64 * 14.0 < plot.width
}

/// Draws what a smoothed line came from.
fn draw_points(page: &mut Page, points: Points, places: &[Point], look: Look) {
    let color = look.style(page.theme).color;
    match points {
        Points::Hidden => {}
        Points::ThinLine => page.marks.push(Mark::Line {
            points: thinned_out(places),
            width: 0.8,
            color: page.theme.thinned(color, 0.36),
            dashes: &[],
        }),
        Points::Envelope => page.marks.push(Mark::Band {
            points: envelope(places),
            color,
            opacity: TINT,
        }),
    }
}

/// Draws a line through places, with dots on them if it is `sparse`; one place is a dot alone.
fn draw_stretch(page: &mut Page, places: &[Point], look: Look, width: f64, sparse: bool) {
    let style = look.style(page.theme);
    if places.len() == 1 || sparse {
        page.marks.extend(places.iter().map(|center| Mark::Dot {
            center: *center,
            radius: width + 0.8,
            color: style.color,
        }));
    }
    if places.len() > 1 {
        page.marks.push(Mark::Line {
            points: thinned_out(places),
            width,
            color: style.color,
            dashes: style.dash.pattern(),
        });
    }
}
