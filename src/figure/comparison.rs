//! Runs side by side on the same pictures, with the best of each row in bold.

use image::RgbImage;

use super::Figure;
use super::grid::{Page, Words, cell_side, column_edges, page_width, write_headings};
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
    /// Column headings of the runs.
    pub runs: Vec<String>,
    /// What the numbers are.
    pub metric: Metric,
    /// The photographs.
    pub rows: Vec<ComparisonRow<'a>>,
}

/// Side aimed at for each picture, in points.
const AIM: f64 = 144.0;

/// Draws photographs down and runs across: Ground truth, Grayscale, then a column a run, each
/// picture with its score, the best run of each row in bold.
pub fn comparison(title: &str, content: &Comparison<'_>, theme: Theme) -> Figure {
    let columns = 2 + content.runs.len();
    let pictures = content.rows.iter().flat_map(|row| {
        let runs = row.colorized.iter().flatten().map(|cell| cell.picture);
        [row.truth, row.gray.picture].into_iter().chain(runs)
    });
    // Columns no narrower than a score is wide, however small the pictures.
    let cell = cell_side(pictures, AIM).max(72.0);
    let mut page = Page::new(title, page_width(columns, cell), theme);
    let edges = column_edges(&page, columns, cell);

    let mut headings = vec!["Ground truth", "Grayscale"];
    headings.extend(content.runs.iter().map(String::as_str));
    write_headings(&mut page, &headings, &edges, cell);

    if content.rows.is_empty() {
        page.write_nothing("no pictures");
    }
    for row in &content.rows {
        draw_row(&mut page, row, content, &edges, cell);
    }
    let note = note(content);
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

fn draw_row(
    page: &mut Page,
    row: &ComparisonRow<'_>,
    content: &Comparison<'_>,
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
    for (number, (run, x)) in shown.iter().zip(&edges[1..]).enumerate() {
        page.place(run.map(|run| run.picture), *x, top, cell);
        let Some(run) = run else { continue };
        let Some(value) = run.value else { continue };
        let score = text::quantity(value, content.metric.digits, &content.metric.unit);
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
fn note(content: &Comparison<'_>) -> String {
    let metric = &content.metric;
    let way = match metric.better {
        Better::Higher => "higher is better",
        Better::Lower => "lower is better",
    };
    let unit = if metric.unit.is_empty() {
        String::new()
    } else {
        format!(" in {}", metric.unit)
    };
    let bold = if content.runs.len() > 1 {
        "; bold: best of the row"
    } else {
        ""
    };
    format!("{}{unit}, {way}{bold}", metric.name)
}
