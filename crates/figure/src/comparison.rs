//! Runs side by side on the same pictures, with the best of each row in bold.

use std::ops::Range;

use image::RgbImage;

use super::Figure;
use super::grid::{
    Heading, Page, Words, cell_side, column_edges, heading_size, page_width, write_headings_in,
};
use super::look::RunName;
use super::scene::Align;
use super::text::{self, Weight};
use super::theme::{GAP, SMALL_SIZE, Theme};

/// Which way a metric improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The larger the better, such as PSNR.
    Higher,
    /// The smaller the better, such as a colour difference.
    Lower,
}

/// The number under each picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// What it is called, for the note at the foot: `PSNR`.
    pub name: String,
    /// Its unit, or empty: `dB`.
    pub unit: String,
    /// Decimals shown. Scores that are written alike are equally good.
    pub digits: usize,
    /// Which way it improves.
    pub better: Better,
}

impl Metric {
    /// A score with its unit.
    pub(super) fn written(&self, value: f64) -> String {
        text::quantity(value, self.digits, &self.unit)
    }

    /// `higher is better`, or the other way.
    pub(super) fn way(&self) -> &'static str {
        match self.better {
            Better::Higher => "higher is better",
            Better::Lower => "lower is better",
        }
    }

    /// Its name, unit and direction: `PSNR in dB, higher is better`.
    pub(super) fn described(&self) -> String {
        let unit = if self.unit.is_empty() {
            String::new()
        } else {
            format!(" in {}", self.unit)
        };
        format!("{}{unit}, {}", self.name, self.way())
    }
}

/// A picture by one run, and how it scored.
#[derive(Debug, Clone)]
pub struct ComparisonCell<'a> {
    /// The picture.
    pub picture: &'a RgbImage,
    /// Its score, if it has one.
    pub value: Option<f64>,
}

/// One photograph and what each run made of it.
#[derive(Debug, Clone)]
pub struct ComparisonRow<'a> {
    /// The photograph's name, written under it.
    pub name: String,
    /// The photograph.
    pub truth: &'a RgbImage,
    /// What the runs saw, scored as the baseline; it never counts as best.
    pub gray: ComparisonCell<'a>,
    /// One for each of [`Comparison::runs`], in that order; `None` where a run has no picture.
    pub colorized: Vec<Option<ComparisonCell<'a>>>,
}

/// What [`comparison`] draws.
#[derive(Debug, Clone)]
pub struct Comparison<'a> {
    /// The runs, a column each.
    pub runs: Vec<RunName>,
    /// What the numbers are.
    pub metric: Metric,
    /// The photographs.
    pub rows: Vec<ComparisonRow<'a>>,
}

/// Side aimed at for each picture, in points, where few columns leave room for it.
const LARGEST_AIM: f64 = 144.0;
/// The same where columns are many.
const SMALLEST_AIM: f64 = 96.0;
/// Width aimed at for all columns together, in points.
const WIDTH_AIM: f64 = 1180.0;
/// With more runs than this, they are shown in blocks one under the other.
const MOST_IN_A_BLOCK: usize = 9;
/// Space between blocks, in points.
const BLOCK_GAP: f64 = 26.0;

/// Draws photographs down and runs across: Ground truth, Grayscale, then a column a run, each
/// picture with its score, the best run of each row in bold.
///
/// More than nine runs are shown in even blocks one under the other, each with the photographs
/// again; the best is then the best of all blocks.
pub fn comparison(title: &str, content: &Comparison<'_>, theme: Theme) -> Figure {
    let blocks = content.runs.len().div_ceil(MOST_IN_A_BLOCK).max(1);
    let across = content.runs.len().div_ceil(blocks);
    let columns = 2 + across;
    let aim = (WIDTH_AIM / columns as f64 - GAP).clamp(SMALLEST_AIM, LARGEST_AIM);
    let pictures = content.rows.iter().flat_map(|row| {
        let runs = row.colorized.iter().flatten().map(|cell| cell.picture);
        [row.truth, row.gray.picture].into_iter().chain(runs)
    });
    // Columns no narrower than a score is wide, however small the pictures.
    let cell = cell_side(pictures, aim).max(SMALLEST_AIM);
    let mut page = Page::new(title, page_width(columns, cell), theme);
    let edges = column_edges(&page, columns, cell);

    let fixed = ["Ground truth", "Grayscale"].map(Heading::plain);
    let names: Vec<Heading<'_>> = content.runs.iter().map(Heading::of).collect();
    let size = heading_size(fixed.iter().chain(&names), cell);
    for block in 0..blocks {
        let runs = block * across..((block + 1) * across).min(content.runs.len());
        let headings = [&fixed, &names[runs.clone()]].concat();
        if block > 0 {
            page.y += BLOCK_GAP;
        }
        write_headings_in(&mut page, &headings, &edges, cell, size);
        for row in &content.rows {
            draw_row(&mut page, row, content, runs.clone(), &edges, cell);
        }
    }
    if content.rows.is_empty() {
        page.write_nothing("no pictures");
    }
    let note = note(content, blocks > 1);
    let baseline = page.y + text::ASCENT * SMALL_SIZE;
    let (left, room) = (edges[0], page.width - 2.0 * edges[0]);
    page.write(
        &note,
        (left, baseline),
        Align::Left,
        room,
        Words::caption(theme),
    );
    page.y = baseline;
    page.finish()
}

/// Draws the photograph and what the runs of a block made of it.
fn draw_row(
    page: &mut Page,
    row: &ComparisonRow<'_>,
    content: &Comparison<'_>,
    block: Range<usize>,
    edges: &[f64],
    cell: f64,
) {
    let caption = Words::caption(page.theme);
    let runs = (0..content.runs.len()).map(|run| row.colorized.get(run).and_then(Option::as_ref));
    let shown: Vec<Option<&ComparisonCell<'_>>> =
        std::iter::once(Some(&row.gray)).chain(runs).collect();
    let best = best(&shown, &content.metric);
    let (top, baseline) = (page.y, page.y + cell + 4.0 + text::ASCENT * SMALL_SIZE);

    page.place(Some(row.truth), edges[0], top, cell);
    page.write(
        &row.name,
        (edges[0] + cell / 2.0, baseline),
        Align::Center,
        cell,
        caption,
    );
    // The grayscale is the first of those shown.
    let columns = std::iter::once(0).chain(block.map(|run| run + 1));
    for (number, x) in columns.zip(&edges[1..]) {
        let run = shown[number];
        page.place(run.map(|run| run.picture), *x, top, cell);
        let Some(value) = run.and_then(|run| run.value) else {
            continue;
        };
        let score = content.metric.written(value);
        let style = if best.contains(&number) {
            Words {
                weight: Weight::Bold,
                color: page.theme.ink(),
                ..caption
            }
        } else {
            caption
        };
        page.write(
            &score,
            (x + cell / 2.0, baseline),
            Align::Center,
            cell,
            style,
        );
    }
    page.y = (baseline + text::DESCENT * SMALL_SIZE + GAP + 2.0).round();
}

/// Which of `shown` (the grayscale first, which does not count) are best. Runs whose numbers are
/// written alike are equally good.
fn best(shown: &[Option<&ComparisonCell<'_>>], metric: &Metric) -> Vec<usize> {
    let scores: Vec<(usize, f64)> = shown
        .iter()
        .enumerate()
        .skip(1)
        .filter_map(|(number, cell)| Some((number, cell.as_ref()?.value?)))
        .filter(|(_, score)| !score.is_nan())
        .collect();
    let values = scores.iter().map(|(_, score)| *score);
    let best = match metric.better {
        Better::Higher => values.reduce(f64::max),
        Better::Lower => values.reduce(f64::min),
    };
    let Some(best) = best.filter(|_| scores.len() > 1) else {
        return Vec::new();
    };
    let written = |score: f64| text::quantity(score, metric.digits, "");
    scores
        .into_iter()
        .filter(|(_, score)| written(*score) == written(best))
        .map(|(number, _)| number)
        .collect()
}

/// What the numbers are, for the foot of the figure.
fn note(content: &Comparison<'_>, blocks: bool) -> String {
    let bold = match (content.runs.len() > 1, blocks) {
        (false, _) => "",
        (true, false) => "; bold: best of the row",
        (true, true) => "; bold: best of all runs on this photograph",
    };
    format!("{}{bold}", content.metric.described())
}
