//! Any number of keys: an upright axis for each, and a line for each point, which ends at its result.

use super::super::Figure;
use super::super::axis::Scale;
use super::super::frame::{fill, label_style};
use super::super::grid::{Page, Words};
use super::super::scene::{Align, Area, Mark, Point};
use super::super::text::{self, Shorten, Weight};
use super::super::theme::{LABEL_SIZE, MARGIN, SMALL_SIZE, Theme};
use super::rail::{Mark as Place, Rail};
use super::shades::Shades;
use super::{Sweep, SweptKey, SweptPoint, SweptValues};

/// Height of the axes, in points.
const HEIGHT: f64 = 300.0;
/// Width aimed at for all axes together, and the least and most from one to the next, in points.
const WIDTH_AIM: f64 = 760.0;
const NEAREST: f64 = 112.0;
const FURTHEST: f64 = 190.0;
/// The most lines of a key's name, and the height of one, in points.
const NAME_LINES: usize = 3;
const LINE: f64 = 14.0;
/// Above so many points, lines are thin.
const MANY: usize = 40;

pub(super) fn draw(title: &str, content: &Sweep, theme: Theme) -> Figure {
    let with_result = with_result(content);
    let keys = with_result.keys.len();
    let gap = (WIDTH_AIM / (keys.max(2) - 1) as f64).clamp(NEAREST, FURTHEST);
    let inner = gap * keys as f64;
    let mut page = Page::new(title, inner + 2.0 * MARGIN, theme);
    let Some(shades) = Shades::of(content, theme).filter(|_| keys > 1) else {
        page.write_nothing("no data");
        return page.finish();
    };
    let start = ((page.width - inner) / 2.0).floor();
    let rails: Vec<Rail<'_>> = (0..keys).map(|key| Rail::of(&with_result, key)).collect();
    let plot = Area {
        x: start + gap / 2.0,
        y: write_names(&mut page, &with_result.keys, (start, gap)),
        width: gap * (keys - 1) as f64,
        height: HEIGHT,
    };
    draw_lines(&mut page, &with_result, &rails, &shades, (plot, gap));
    for (key, rail) in rails.iter().enumerate() {
        draw_axis(
            &mut page,
            rail,
            plot,
            (plot.x + gap * key as f64).round(),
            gap,
        );
    }
    page.y = plot.bottom() + 26.0;
    shades.draw_bar(&mut page, &content.metric, start, inner);
    page.y += 6.0;
    page.write_note(&content.notes(), start, inner);
    page.finish()
}

/// The sweep with its results as a last key, where lines end.
fn with_result(content: &Sweep) -> Sweep {
    let metric = &content.metric;
    let mut with_result = content.clone();
    with_result.keys.push(SweptKey {
        name: match metric.unit.as_str() {
            "" => metric.name.clone(),
            unit => format!("{} ({unit})", metric.name),
        },
        values: SweptValues::Along(Scale::Linear),
    });
    for point in &mut with_result.points {
        point.at.truncate(content.keys.len());
        point.at.push(point.shown().unwrap_or(f64::NAN));
    }
    with_result
}

/// Writes the keys above their axes; returns where these begin.
fn write_names(page: &mut Page, keys: &[SweptKey], (start, gap): (f64, f64)) -> f64 {
    let room = gap - 12.0;
    let style = label_style(page.theme.ink());
    let names: Vec<Vec<String>> = keys
        .iter()
        .map(|key| text::name_lines(&key.name, LABEL_SIZE, Weight::Regular, room, NAME_LINES))
        .collect();
    let most = names.iter().map(Vec::len).max().unwrap_or(1);
    let last = page.y + text::ASCENT * LABEL_SIZE + LINE * (most - 1) as f64;
    for (key, lines) in names.iter().enumerate() {
        let x = start + gap * (key as f64 + 0.5);
        for (above, line) in lines.iter().rev().enumerate() {
            let at = (x, last - LINE * above as f64);
            page.write(line, at, Align::Center, room, style);
        }
    }
    (last + 14.0).round()
}

fn draw_lines(
    page: &mut Page,
    content: &Sweep,
    rails: &[Rail<'_>],
    shades: &Shades,
    (plot, gap): (Area, f64),
) {
    let theme = page.theme;
    let best = content.best();
    let usual = if content.points.len() > MANY {
        1.0
    } else {
        1.6
    };
    for index in content.worst_first() {
        let point = &content.points[index];
        let places = |(key, rail): (usize, &Rail<'_>)| place(rail, point, key, plot, gap);
        // A point without a result ends before it.
        let points: Vec<Point> = rails.iter().enumerate().map_while(places).collect();
        if points.len() < 2 {
            continue;
        }
        let value = point.shown();
        page.marks.push(Mark::Line {
            points,
            width: if best == Some(index) { 3.5 } else { usual },
            color: value.map_or(theme.rule(), |value| shades.color(value)),
            dashes: if value.is_some() { &[] } else { &[2.0, 3.0] },
        });
    }
}

fn place(rail: &Rail<'_>, point: &SweptPoint, key: usize, plot: Area, gap: f64) -> Option<Point> {
    let share = rail.share(point, key)?;
    let x = (plot.x + gap * key as f64).round() + 0.5;
    Some((x, plot.bottom() - share * plot.height))
}

/// An upright axis with its labels left of it, on the page's color, so that lines do not run through them.
fn draw_axis(page: &mut Page, rail: &Rail<'_>, plot: Area, x: f64, gap: f64) {
    let theme = page.theme;
    fill(page, x, plot.y, 1.0, plot.height, theme.muted());
    let style = Words {
        shorten: Shorten::Middle,
        ..Words::caption(theme)
    };
    let room = gap / 2.0 - 10.0;
    let mut last = f64::INFINITY;
    for Place { share, label } in rail.marks() {
        let y = (plot.bottom() - share * plot.height).round();
        fill(page, x - 4.0, y, 4.0, 1.0, theme.muted());
        if last - y < SMALL_SIZE + 4.0 {
            continue;
        }
        last = y;
        let label = text::fit(&label, SMALL_SIZE, Weight::Regular, room, Shorten::Middle);
        let width = text::width(&label, SMALL_SIZE, Weight::Regular).ceil();
        let ground = (x - 8.0 - width, y - 6.0);
        fill(
            page,
            ground.0,
            ground.1,
            width + 3.0,
            13.0,
            theme.background(),
        );
        let at = (x - 7.0, y + 0.5 + text::CAPITAL * SMALL_SIZE / 2.0);
        page.write(&label, at, Align::Right, f64::INFINITY, style);
    }
}
