//! Names of series: in a legend under the plots, or in the right margin of a plot.

use super::grid::{Page, Words};
use super::look::Style;
use super::scene::{Align, Mark};
use super::text::{self, Shorten, Weight};
use super::theme::{LABEL_SIZE, MARGIN};

/// Height of a line of the legend, in points.
const LINE: f64 = 17.0;
/// Length of the piece of line that shows a series' look, in points.
const SAMPLE: f64 = 30.0;

/// Space between columns, in points.
const COLUMN_GAP: f64 = 26.0;
/// The widest name that is not shortened, in points.
const WIDEST: f64 = 300.0;

/// What stands before a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sample {
    Line {
        style: Style,
        width: f64,
    },
    /// A thin dotted line, as references are drawn.
    Reference,
    Dot(Style),
}

/// A name and what it names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) label: String,
    pub(super) sample: Sample,
}

/// Writes the legend in columns as wide as their names, filled downwards, from the page's current
/// height: as few rows as fit in `module` points.
pub(super) fn draw(page: &mut Page, entries: &[Entry], room: f64) {
    let widths: Vec<f64> = entries
        .iter()
        .map(|entry| {
            let words = text::clean(&entry.label);
            let words = text::width(&words, LABEL_SIZE, Weight::Regular);
            SAMPLE + 8.0 + words.min(WIDEST).min(room - SAMPLE - 8.0)
        })
        .collect();
    let Some((rows, columns)) = (1..=entries.len())
        .map(|rows| (rows, columns(&widths, rows)))
        .find(|(rows, columns)| total(columns) <= room || *rows == entries.len())
    else {
        return;
    };
    let mut x = MARGIN + ((room - total(&columns)) / 2.0).max(0.0).floor();
    let style = Words {
        size: LABEL_SIZE,
        weight: Weight::Regular,
        color: page.theme.ink(),
        shorten: Shorten::Middle,
    };
    for (column, width) in entries.chunks(rows).zip(columns) {
        for (number, entry) in column.iter().enumerate() {
            let y = page.y + number as f64 * LINE + LINE / 2.0;
            draw_sample(page, entry.sample, x, y);
            let at = (x + SAMPLE + 8.0, y + text::CAPITAL * LABEL_SIZE / 2.0);
            let room = width - SAMPLE - 8.0 + 0.5;
            page.write(&entry.label, at, Align::Left, room, style);
        }
        x += width + COLUMN_GAP;
    }
    page.y += rows as f64 * LINE;
}

/// The widths of columns of `rows` names each.
fn columns(widths: &[f64], rows: usize) -> Vec<f64> {
    let widest = |column: &[f64]| column.iter().copied().fold(0.0, f64::max);
    widths.chunks(rows).map(widest).collect()
}

fn total(columns: &[f64]) -> f64 {
    columns.iter().sum::<f64>() + COLUMN_GAP * (columns.len().max(1) - 1) as f64
}

fn draw_sample(page: &mut Page, sample: Sample, x: f64, y: f64) {
    let points = vec![(x, y), (x + SAMPLE, y)];
    let mark = match sample {
        Sample::Line { style, width } => Mark::Line {
            points,
            width,
            color: style.color,
            dashes: style.dash.pattern(),
        },
        Sample::Reference => Mark::Line {
            points,
            width: 1.2,
            color: page.theme.muted(),
            dashes: &[2.0, 3.0],
        },
        Sample::Dot(style) => Mark::Dot {
            center: (x + SAMPLE - 6.0, y),
            radius: 4.5,
            color: style.color,
        },
    };
    page.marks.push(mark);
}

/// Moves `heights` apart until each has `line` points to itself, between `top` and `bottom`, as
/// near to where they were as that allows and in the same order.
pub(super) fn spread(heights: &[f64], line: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|a, b| heights[*a].total_cmp(&heights[*b]));
    // Runs of touching labels, each as (sum of wishes less offsets, members), merged while they
    // overlap: the least squares answer to "as near as possible".
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let span = |count: usize| (count as f64 - 1.0) * line;
    let start = |(sum, count): (f64, usize)| {
        (sum / count as f64).clamp(top, (bottom - span(count)).max(top))
    };
    for index in &order {
        let mut block = (heights[*index], 1);
        while let Some(before) = blocks.last().copied() {
            if start(before) + before.1 as f64 * line <= start(block) {
                break;
            }
            blocks.pop();
            let shift = before.1 as f64 * line;
            block = (
                before.0 + block.0 - shift * block.1 as f64,
                before.1 + block.1,
            );
        }
        blocks.push(block);
    }
    let mut placed = vec![0.0; heights.len()];
    let mut next = order.iter();
    for block in blocks {
        for (place, index) in (0..block.1).zip(next.by_ref()) {
            placed[*index] = start(block) + place as f64 * line;
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_move_apart_and_stay_inside() {
        assert_eq!(spread(&[50.0, 10.0], 13.0, 0.0, 100.0), [50.0, 10.0]);
        assert_eq!(
            spread(&[50.0, 50.0, 50.0], 10.0, 0.0, 100.0),
            [40.0, 50.0, 60.0]
        );
        assert_eq!(spread(&[99.0, 98.0], 10.0, 0.0, 100.0), [100.0, 90.0]);
        let crowded = spread(&[3.0, 1.0, 2.0, 90.0, 91.0, 92.0], 12.0, 0.0, 100.0);
        let mut sorted = crowded.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(
            sorted
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= 12.0 - 1e-9),
            "{crowded:?}"
        );
        assert!(sorted[0] >= 0.0 && sorted[5] <= 100.0);
    }
}
