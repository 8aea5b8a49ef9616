//! Two keys with a place for each value: a table of cells.

use super::super::Figure;
use super::super::frame::{fill, label_style};
use super::super::grid::{Page, Words};
use super::super::ramp;
use super::super::scene::Align;
use super::super::text::{self, Shorten, Weight};
use super::super::theme::{LABEL_SIZE, MARGIN, SMALL_SIZE, Theme};
use super::Sweep;
use super::shades::Shades;

/// The narrowest and the widest cell that labels ask for, and the height of one, in points.
const NARROWEST: f64 = 54.0;
const WIDEST: f64 = 104.0;
const HEIGHT: f64 = 32.0;
/// Space between cells, and the frame of the best one in it, in points.
const GAP: f64 = 4.0;
const FRAME: f64 = 2.0;
/// The widest label of a row, in points.
const WIDEST_ROW: f64 = 150.0;
const LABEL_GAP: f64 = 10.0;
/// The most lines of a column's label, and the height of one, in points.
const LABEL_LINES: usize = 2;
const LINE: f64 = 12.0;
/// The narrowest figure, in points: the bar and its words need it.
const LEAST: f64 = 320.0;

pub(super) fn draw(
    title: &str,
    content: &Sweep,
    (columns, rows): (&[String], &[String]),
    theme: Theme,
) -> Figure {
    let width = |words: &str, size: f64| text::width(&text::clean(words), size, Weight::Regular);
    let written = content
        .points
        .iter()
        .map(|point| write(content, point.value));
    let numbers = written.map(|words| width(&words, LABEL_SIZE) + 12.0);
    let labels = columns.iter().map(|label| width(label, SMALL_SIZE) + 8.0);
    let cell = labels
        .fold(NARROWEST, f64::max)
        .min(WIDEST)
        .max(numbers.fold(0.0, f64::max))
        .ceil();
    let names = rows.iter().map(|label| width(label, SMALL_SIZE));
    let row_label = names.fold(20.0, f64::max).min(WIDEST_ROW).ceil();
    let table = columns.len() as f64 * (cell + GAP) - GAP;
    let inner = (row_label + LABEL_GAP + table).max(LEAST).ceil();
    let mut page = Page::new(title, inner + 2.0 * MARGIN, theme);
    let Some(shades) = Shades::of(content, theme) else {
        page.write_nothing("no data");
        return page.finish();
    };
    let start = ((page.width - inner) / 2.0).floor();
    let name = label_style(theme.ink());
    let baseline = page.y + text::ASCENT * LABEL_SIZE;
    let down = format!("↓ {}", content.keys[1].name);
    page.write(&down, (start, baseline), Align::Left, inner, name);
    let left = start + row_label + LABEL_GAP;
    let top = (baseline + 10.0).round();
    draw_cells(&mut page, content, &shades, (left, top), cell);
    let style = Words {
        shorten: Shorten::Middle,
        ..Words::caption(theme)
    };
    for (row, label) in rows.iter().enumerate() {
        let middle = top + (HEIGHT + GAP) * row as f64 + HEIGHT / 2.0;
        let at = (start + row_label, middle + text::CAPITAL * SMALL_SIZE / 2.0);
        page.write(label, at, Align::Right, row_label, style);
    }
    let bottom = top + (HEIGHT + GAP) * rows.len() as f64 - GAP;
    let mut lines = 1;
    for (column, label) in columns.iter().enumerate() {
        let middle = left + (cell + GAP) * column as f64 + cell / 2.0;
        let label = text::name_lines(label, SMALL_SIZE, Weight::Regular, cell, LABEL_LINES);
        lines = lines.max(label.len());
        for (number, line) in label.iter().enumerate() {
            let baseline = bottom + 6.0 + text::ASCENT * SMALL_SIZE + LINE * number as f64;
            page.write(line, (middle, baseline), Align::Center, cell, style);
        }
    }
    let baseline = bottom + 6.0 + LINE * lines as f64 + 8.0 + text::ASCENT * LABEL_SIZE;
    let across = format!("→ {}", content.keys[0].name);
    let room = start + inner - left;
    page.write(&across, (left, baseline), Align::Left, room, name);
    page.y = (baseline + text::DESCENT * LABEL_SIZE + 18.0).round();
    shades.draw_bar(&mut page, &content.metric, start, inner);
    page.y += 6.0;
    page.write_note(&content.notes(), start, inner);
    page.finish()
}

/// The number in a cell; a dash where there is none.
fn write(content: &Sweep, value: Option<f64>) -> String {
    text::quantity(value.unwrap_or(f64::NAN), content.metric.digits, "")
}

fn draw_cells(
    page: &mut Page,
    content: &Sweep,
    shades: &Shades,
    (left, top): (f64, f64),
    cell: f64,
) {
    let theme = page.theme;
    let best = content.best();
    // Of two points in one cell the better one is shown.
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for index in content.worst_first().into_iter().rev() {
        let point = &content.points[index];
        let [column, row] = point.at[..] else {
            continue;
        };
        if taken.contains(&(column, row)) {
            continue;
        }
        taken.push((column, row));
        let (x, y) = (left + (cell + GAP) * column, top + (HEIGHT + GAP) * row);
        if best == Some(index) {
            let [width, height] = [cell, HEIGHT].map(|side| side + 2.0 * FRAME);
            fill(page, x - FRAME, y - FRAME, width, height, theme.ink());
        }
        let ground = point
            .shown()
            .map_or(theme.grid(), |value| shades.color(value));
        fill(page, x, y, cell, HEIGHT, ground);
        let style = Words {
            size: LABEL_SIZE,
            weight: if best == Some(index) {
                Weight::Bold
            } else {
                Weight::Regular
            },
            color: if point.shown().is_some() {
                ramp::ink_on(ground)
            } else {
                theme.muted()
            },
            shorten: Shorten::End,
        };
        let at = (
            x + cell / 2.0,
            y + f64::midpoint(HEIGHT, text::CAPITAL * LABEL_SIZE),
        );
        page.write(&write(content, point.value), at, Align::Center, cell, style);
    }
}
