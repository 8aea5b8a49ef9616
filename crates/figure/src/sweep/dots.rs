//! Two keys, at least one of them with numbers along an axis: a dot for each point.

use super::super::Figure;
use super::super::frame::{fill, label_style};
use super::super::grid::{Page, Words};
use super::super::scene::{Align, Area, Mark, Point};
use super::super::text::{self, Shorten, Weight};
use super::super::theme::{LABEL_SIZE, MARGIN, SMALL_SIZE, Theme};
use super::Sweep;
use super::rail::Rail;
use super::shades::Shades;

/// Size of the plot, in points.
const PLOT: (f64, f64) = (460.0, 320.0);
const RADIUS: f64 = 6.0;
/// Around the best dot: a ring of the page, and one of ink, in points.
const RINGS: [f64; 2] = [2.5, 1.5];
/// The widest label left of the plot, in points.
const WIDEST: f64 = 120.0;
/// How far labels may stand out from under the plot, in points.
const OVERHANG: f64 = 20.0;

pub(super) fn draw(title: &str, content: &Sweep, theme: Theme) -> Figure {
    let rails = [0, 1].map(|key| Rail::of(content, key));
    let labels = rails[1].marks();
    let widths = labels
        .iter()
        .map(|mark| text::width(&mark.label, SMALL_SIZE, Weight::Regular));
    let label = widths.fold(12.0, f64::max).min(WIDEST).ceil() + 8.0;
    let inner = label + PLOT.0 + OVERHANG;
    let mut page = Page::new(title, inner + 2.0 * MARGIN, theme);
    let Some(shades) = Shades::of(content, theme) else {
        page.write_nothing("no data");
        return page.finish();
    };
    let start = ((page.width - inner) / 2.0).floor();
    let style = label_style(theme.ink());
    let baseline = page.y + text::ASCENT * LABEL_SIZE;
    let up = format!("↑ {}", content.keys[1].name);
    page.write(&up, (start, baseline), Align::Left, inner, style);
    let plot = Area {
        x: (start + label).ceil(),
        y: (baseline + 12.0).round(),
        width: PLOT.0,
        height: PLOT.1,
    };
    draw_ground(&mut page, &rails, plot);
    draw_dots(&mut page, content, &rails, &shades, plot);
    let baseline = plot.bottom() + 36.0;
    let middle = (plot.x + plot.width / 2.0, baseline);
    let across = &content.keys[0].name;
    page.write(across, middle, Align::Center, plot.width, style);
    page.y = (baseline + text::DESCENT * LABEL_SIZE + 16.0).round();
    shades.draw_bar(&mut page, &content.metric, plot.x, plot.width);
    page.y += 6.0;
    page.write_note(&content.notes(), start, inner);
    page.finish()
}

/// Grid lines, the axis beneath, and the labels of both keys, without those that would meet another.
fn draw_ground(page: &mut Page, rails: &[Rail<'_>; 2], plot: Area) {
    let theme = page.theme;
    let style = Words {
        shorten: Shorten::Middle,
        ..Words::caption(theme)
    };
    let mut last = f64::INFINITY;
    for mark in rails[1].marks() {
        let y = (plot.bottom() - mark.share * plot.height).round();
        fill(page, plot.x, y, plot.width, 1.0, theme.grid());
        if last - y < SMALL_SIZE + 4.0 {
            continue;
        }
        last = y;
        let at = (plot.x - 6.0, y + 0.5 + text::CAPITAL * SMALL_SIZE / 2.0);
        page.write(&mark.label, at, Align::Right, WIDEST, style);
    }
    let marks = rails[0].marks();
    let room = (plot.width / marks.len().max(1) as f64).max(60.0);
    let mut written = f64::NEG_INFINITY;
    for mark in &marks {
        let x = (plot.x + mark.share * plot.width).round();
        fill(page, x, plot.y, 1.0, plot.height, theme.grid());
        let words = text::fit(
            &mark.label,
            SMALL_SIZE,
            Weight::Regular,
            room,
            Shorten::Middle,
        );
        let half = text::width(&words, SMALL_SIZE, Weight::Regular) / 2.0;
        if x - half < written + 6.0 || x + half > plot.right() + OVERHANG {
            continue;
        }
        written = x + half;
        let at = (x + 0.5, plot.bottom() + 8.0 + text::ASCENT * SMALL_SIZE);
        page.write(&words, at, Align::Center, f64::INFINITY, style);
    }
    fill(page, plot.x, plot.bottom(), plot.width, 1.0, theme.rule());
}

fn draw_dots(page: &mut Page, content: &Sweep, rails: &[Rail<'_>; 2], shades: &Shades, plot: Area) {
    let theme = page.theme;
    let best = content.best();
    let mut dot = |center: Point, radius: f64, color| {
        page.marks.push(Mark::Dot {
            center,
            radius,
            color,
        });
    };
    for index in content.worst_first() {
        let point = &content.points[index];
        let places = rails[0].share(point, 0).zip(rails[1].share(point, 1));
        let Some((across, up)) = places else { continue };
        let center = (
            plot.x + across * plot.width,
            plot.bottom() - up * plot.height,
        );
        let Some(value) = point.shown() else {
            dot(center, RADIUS / 2.0, theme.rule());
            continue;
        };
        if best == Some(index) {
            dot(center, RADIUS + RINGS[0] + RINGS[1], theme.ink());
            dot(center, RADIUS + RINGS[0], theme.background());
        }
        dot(center, RADIUS, shades.color(value));
    }
}
