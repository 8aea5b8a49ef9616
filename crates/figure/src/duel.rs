//! Where one run beats another: the photographs on which they differ most, both ways.

use image::RgbImage;

use super::Figure;
use super::comparison::{Better, ComparisonCell, Metric};
use super::grid::{Heading, Page, Words, cell_side, page_width, write_headings};
use super::look::RunName;
use super::scene::{Align, Mark};
use super::text::{self, Weight};
use super::theme::{GAP, LABEL_SIZE, MARGIN, SMALL_SIZE, Theme};

/// One photograph and what two runs made of it.
#[derive(Debug, Clone)]
pub struct DuelRow<'a> {
    /// The photograph's name.
    pub name: String,
    /// What the runs saw.
    pub gray: &'a RgbImage,
    /// What the first run made of it, and how it scored.
    pub first: Option<ComparisonCell<'a>>,
    /// The second.
    pub second: Option<ComparisonCell<'a>>,
    /// The photograph.
    pub truth: &'a RgbImage,
}

/// What [`duel`] draws.
#[derive(Debug, Clone)]
pub struct Duel<'a> {
    /// The run in question, A, and the one that it is measured against, B.
    pub runs: [RunName; 2],
    /// By what they are measured.
    pub metric: Metric,
    /// The photographs on which A is ahead most, from the farthest.
    pub ahead: Vec<DuelRow<'a>>,
    /// Those on which it is behind most, from the farthest.
    pub behind: Vec<DuelRow<'a>>,
    /// Of how many photographs these are the ends.
    pub images: usize,
}

/// Side aimed at for each picture, in points.
const AIM: f64 = 112.0;
/// Space between the two halves, in points.
const HALF_GAP: f64 = 36.0;
const COLUMNS: usize = 4;

/// Draws two halves side by side, where A is ahead of B and where it is behind: rows of Grayscale,
/// A, B and Ground truth, the scores beneath, the better of the two in bold, and the difference.
pub fn duel(title: &str, content: &Duel<'_>, theme: Theme) -> Figure {
    let rows = || content.ahead.iter().chain(&content.behind);
    let pictures = rows().flat_map(|row| {
        let runs = [&row.first, &row.second].into_iter().flatten();
        let runs = runs.map(|cell| cell.picture);
        [row.gray, row.truth].into_iter().chain(runs)
    });
    let cell = cell_side(pictures, AIM).max(96.0);
    let half = page_width(COLUMNS, cell) - 2.0 * MARGIN;
    let mut page = Page::new(title, 2.0 * MARGIN + 2.0 * half + HALF_GAP, theme);
    let left = ((page.width - 2.0 * half - HALF_GAP) / 2.0).floor();
    let top = page.y;
    let [first, second] = [&content.runs[0].label, &content.runs[1].label];
    let halves = [
        (format!("{first} ahead of {second}"), &content.ahead, left),
        (
            format!("{first} behind {second}"),
            &content.behind,
            left + half + HALF_GAP,
        ),
    ];
    let mut bottom = top;
    for (words, rows, x) in halves {
        page.y = top;
        draw_half(&mut page, content, &words, rows, (x, cell, half));
        bottom = bottom.max(page.y);
    }
    page.y = bottom + 4.0;
    let metric = &content.metric;
    let images = text::grouped(content.images as f64, 0);
    let note = format!(
        "{}; the ends of {images} photographs by the difference, {first} less {second}; bold: better",
        metric.described()
    );
    page.write_caption(&note, left, page.width - 2.0 * left);
    page.finish()
}

fn draw_half(
    page: &mut Page,
    content: &Duel<'_>,
    words: &str,
    rows: &[DuelRow<'_>],
    (x, cell, width): (f64, f64, f64),
) {
    let edges: Vec<f64> = (0..COLUMNS)
        .map(|column| x + column as f64 * (cell + GAP))
        .collect();
    let style = Words {
        size: LABEL_SIZE,
        weight: Weight::Bold,
        ..Words::heading(page.theme)
    };
    let baseline = page.y + text::CAPITAL * LABEL_SIZE;
    let middle = (x + width / 2.0, baseline);
    page.write(words, middle, Align::Center, width, style);
    page.marks.push(Mark::Rectangle {
        area: super::scene::Area {
            x,
            y: (baseline + 7.0).round(),
            width,
            height: 1.0,
        },
        color: page.theme.grid(),
    });
    page.y = (baseline + 18.0).round();
    let headings = [
        Heading::plain("Grayscale"),
        Heading::of(&content.runs[0]),
        Heading::of(&content.runs[1]),
        Heading::plain("Ground truth"),
    ];
    write_headings(page, &headings, &edges, cell);
    if rows.is_empty() {
        let middle = (x + width / 2.0, page.y + 24.0);
        let style = Words::caption(page.theme);
        page.write("no pictures", middle, Align::Center, width, style);
        page.y += 36.0;
    }
    for row in rows {
        draw_row(page, row, &content.metric, &edges, cell);
    }
}

fn draw_row(page: &mut Page, row: &DuelRow<'_>, metric: &Metric, edges: &[f64], cell: f64) {
    let cells = [&row.first, &row.second];
    let [first, second] = cells.map(|cell| cell.as_ref().map(|cell| cell.picture));
    let baseline = page.y + cell + 4.0 + text::ASCENT * SMALL_SIZE;
    page.place_row(
        [Some(row.gray), first, second, Some(row.truth)],
        edges,
        cell,
    );

    let caption = Words::caption(page.theme);
    let bold = Words {
        weight: Weight::Bold,
        color: page.theme.ink(),
        ..caption
    };
    let write = |page: &mut Page, words: &str, column: usize, style: Words| {
        let at = (edges[column] + cell / 2.0, baseline);
        page.write(words, at, Align::Center, cell, style);
    };
    let values = cells.map(|cell| cell.as_ref().and_then(|cell| cell.value));
    if let [Some(first), Some(second)] = values {
        let difference = text::signed(first - second, metric.digits);
        let unit = if metric.unit.is_empty() {
            String::new()
        } else {
            format!(" {}", metric.unit)
        };
        write(page, &format!("{difference}{unit}"), 0, bold);
    }
    for (number, value) in values.into_iter().enumerate() {
        let Some(value) = value else { continue };
        let other = values[1 - number];
        let wins = other.is_some_and(|other| match metric.better {
            Better::Higher => value > other,
            Better::Lower => value < other,
        });
        let style = if wins { bold } else { caption };
        write(page, &metric.written(value), number + 1, style);
    }
    write(page, &row.name, 3, caption);
    page.y = (baseline + text::DESCENT * SMALL_SIZE + GAP + 2.0).round();
}
