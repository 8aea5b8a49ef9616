//! Where one run beats another: the photographs on which they differ most, both ways.

use image::RgbImage;

use super::Figure;
use super::comparison::{ComparisonCell, Metric};
use super::grid::{Heading, NO_PICTURE, Page, Words, cell_side, page_width, write_headings};
use super::look::RunName;
use super::scene::{Align, Mark};
use super::text::{self, Weight};
use super::theme::{GAP, LABEL_SIZE, MARGIN, Theme};

/// One photograph and what two runs made of it.
#[derive(Debug, Clone)]
pub struct DuelRow<'a> {
    /// The photograph's name.
    pub name: String,
    /// The photograph without color; `None` where it cannot be had.
    pub gray: Option<&'a RgbImage>,
    /// What the first run made of it, and how it scored.
    pub first: Option<ComparisonCell<'a>>,
    /// The second.
    pub second: Option<ComparisonCell<'a>>,
    /// The photograph; `None` where it cannot be had.
    pub truth: Option<&'a RgbImage>,
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
    /// On how many of them A is ahead, and on how many behind.
    pub counts: [usize; 2],
    /// What the pictures are, for the note at the foot; may be empty.
    pub pictures: String,
}

/// Side aimed at for each picture, in points.
const AIM: f64 = 112.0;
/// Space between the two halves, in points.
const HALF_GAP: f64 = 36.0;
const COLUMNS: usize = 4;

/// Draws two halves side by side, where A is ahead of B and where it is behind: rows of Grayscale,
/// A, B and Ground truth, the scores beneath, the better of the two in bold, and the difference. Where A is never behind,
/// or never ahead, the other half stands alone.
pub fn duel(title: &str, content: &Duel<'_>, theme: Theme) -> Figure {
    let rows = || content.ahead.iter().chain(&content.behind);
    let pictures = rows().flat_map(|row| {
        let runs = [&row.first, &row.second].into_iter().flatten();
        let runs = runs.filter_map(|cell| cell.picture.ok());
        [row.gray, row.truth].into_iter().flatten().chain(runs)
    });
    let cell = cell_side(pictures, AIM).max(96.0);
    let half = page_width(COLUMNS, cell) - 2.0 * MARGIN;
    // A half without a photograph takes no room where the other has some.
    let is_one = content.ahead.is_empty() != content.behind.is_empty();
    let used = if is_one { half } else { 2.0 * half + HALF_GAP };
    let mut page = Page::new(title, 2.0 * MARGIN + used, theme);
    let left = ((page.width - used) / 2.0).floor();
    let top = page.y;
    let [first, second] = [&content.runs[0].label, &content.runs[1].label];
    let images = text::grouped(content.images as f64, 0);
    let counted = |count: usize| format!("on {} of {images}", text::grouped(count as f64, 0));
    let [ahead, behind] = content.counts.map(counted);
    let halves = [
        (format!("{first} ahead of {second} {ahead}"), &content.ahead),
        (format!("{first} behind {second} {behind}"), &content.behind),
    ];
    let mut bottom = top;
    let shown = halves
        .into_iter()
        .filter(|(_, rows)| !is_one || !rows.is_empty());
    for (number, (words, rows)) in shown.enumerate() {
        let x = left + number as f64 * (half + HALF_GAP);
        page.y = top;
        draw_half(&mut page, content, &words, rows, (x, cell, half));
        bottom = bottom.max(page.y);
    }
    page.y = bottom + 4.0;
    let metric = &content.metric;
    let pictures = match content.pictures.as_str() {
        "" => String::new(),
        pictures => format!("; {pictures}"),
    };
    let note = format!(
        "{}; under the grayscale: {first} minus {second}; bold: better{pictures}",
        metric.described()
    );
    page.write_note(&note, left, page.width - 2.0 * left);
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
    let [first, second] = cells.map(|cell| {
        let cell = cell.as_ref();
        cell.map_or(Err(NO_PICTURE), |cell| cell.picture)
    });
    let gray = row.gray.ok_or(NO_PICTURE);
    let truth = row.truth.ok_or(NO_PICTURE);
    page.place_row([gray, first, second, truth], edges, cell);
    let baseline = page.caption_baseline();
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
        let cost = |value| metric.better.cost(value);
        let wins = other.is_some_and(
            |other| matches!((cost(value), cost(other)), (Some(own), Some(other)) if own < other),
        );
        let style = if wins { bold } else { caption };
        write(page, &metric.written(value), number + 1, style);
    }
    write(page, &row.name, 3, caption);
    page.end_captions();
    page.y += GAP;
}
