//! Runs side by side on the same pictures, with the best of each row in bold.

use std::ops::Range;

use image::RgbImage;

use super::Figure;
use super::grid::{
    Heading, NO_PICTURE, Page, Words, cell_side, column_edges, heading_size, page_width,
    write_headings_in,
};
use super::look::RunName;
use super::scene::Align;
use super::text::{self, Weight};
use super::theme::{GAP, Theme};

pub use colorize_statistics::Better;

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

    /// Its unit and direction: `in dB, higher is better`. Empty where it has neither.
    pub(super) fn unit_and_direction(&self) -> String {
        match (self.unit.as_str(), self.better.words()) {
            ("", words) => words.to_owned(),
            (unit, "") => format!("in {unit}"),
            (unit, words) => format!("in {unit}, {words}"),
        }
    }

    /// Its name, unit and direction: `PSNR in dB, higher is better`.
    pub(super) fn described(&self) -> String {
        let separator = if self.unit.is_empty() { ", " } else { " " };
        match self.unit_and_direction().as_str() {
            "" => self.name.clone(),
            said => format!("{}{separator}{said}", self.name),
        }
    }
}

/// A picture by one run, and how it scored.
#[derive(Debug, Clone)]
pub struct ComparisonCell<'a> {
    /// The picture, or in a word or two why there is none.
    pub picture: Result<&'a RgbImage, &'a str>,
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
    /// The photograph without color, scored like a run: where no run beats it, it is the best.
    pub gray: ComparisonCell<'a>,
    /// One for each of [`Comparison::runs`], in that order; `None` where a run has neither picture nor score.
    pub colorized: Vec<Option<ComparisonCell<'a>>>,
}

/// What [`comparison`] draws.
#[derive(Debug, Clone)]
pub struct Comparison<'a> {
    /// The runs, one column each.
    pub runs: Vec<RunName>,
    /// What the numbers are.
    pub metric: Metric,
    /// What the pictures are, for the note at the foot; may be empty.
    pub pictures: String,
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

/// Draws photographs down and runs across: Ground truth, Grayscale, then one column per run, each
/// picture with its score, the best of each row in bold, be it the grayscale.
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
        [Ok(row.truth), row.gray.picture]
            .into_iter()
            .chain(runs)
            .flatten()
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
    page.write_note(&note, edges[0], page.width - 2.0 * edges[0]);
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
    // The grayscale is the first of those shown.
    let columns: Vec<usize> = std::iter::once(0).chain(block.map(|run| run + 1)).collect();
    let pictures = columns
        .iter()
        .map(|&number| shown[number].map_or(Err(NO_PICTURE), |run| run.picture));
    page.place_row(std::iter::once(Ok(row.truth)).chain(pictures), edges, cell);
    let baseline = page.caption_baseline();

    page.write(
        &row.name,
        (edges[0] + cell / 2.0, baseline),
        Align::Center,
        cell,
        caption,
    );
    for (number, x) in columns.into_iter().zip(&edges[1..]) {
        let Some(value) = shown[number].and_then(|run| run.value) else {
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
    page.end_captions();
    page.y += GAP;
}

/// Which of `shown`, the grayscale among them, are best. What is written alike is equally good.
fn best(shown: &[Option<&ComparisonCell<'_>>], metric: &Metric) -> Vec<usize> {
    let scores: Vec<Option<f64>> = shown.iter().map(|cell| cell.as_ref()?.value).collect();
    let scored = scores.iter().flatten().filter(|score| !score.is_nan());
    if scored.count() < 2 {
        return Vec::new();
    }
    let best = metric.better.best_of(&scores, metric.digits);
    (0..scores.len()).filter(|&number| best[number]).collect()
}

/// What the numbers and the pictures are, for the foot of the figure.
fn note(content: &Comparison<'_>, blocks: bool) -> String {
    let bold = match (content.metric.better.has_best(), blocks) {
        (false, _) => "",
        (true, false) => "; bold: best of the row",
        (true, true) => "; bold: best of all runs on this photograph",
    };
    let pictures = match content.pictures.as_str() {
        "" => String::new(),
        pictures => format!("; {pictures}"),
    };
    format!("{}{bold}{pictures}", content.metric.described())
}
