//! Effect plots of ablations: each against its parent, in several metrics side by side.

use super::Figure;
use super::comparison::{Better, Metric};
use super::grid::{Page, Words};
use super::intervals::plot::{axis, draw_ground, draw_interval, tint_rows, write_axis};
use super::intervals::{Verdict, VerdictNames, draw_legend, written_interval};
use super::scene::{Align, Area};
use super::text::{self, Shorten, Weight};
use super::theme::{HEADING_SIZE, LABEL_SIZE, MARGIN, SMALL_SIZE, Theme};

/// A difference with its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The difference.
    pub value: f64,
    /// Lower end of its interval. Where an end is no number, no interval is drawn.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// What it says.
    pub verdict: Verdict,
}

/// One ablation.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRow {
    /// What is different from the parent; a long one is written on two lines.
    pub label: String,
    /// The differences, for each of [`Effects::metrics`] in that order; `None` where there is none.
    pub effects: Vec<Option<Effect>>,
}

/// The ablations of one parent.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectGroup {
    /// Against what: `02-stopsigns`.
    pub parent: String,
    /// Over what the differences are taken, in small print: `97 images x 3 seeds`. May be empty.
    pub note: String,
    /// The ablations, in any order.
    pub rows: Vec<EffectRow>,
}

/// What [`effects`] draws.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// What is measured, a plot each; decimals are those of the numbers beside it.
    pub metrics: Vec<Metric>,
    /// The parents with their ablations.
    pub groups: Vec<EffectGroup>,
}

/// Width of the plots, in points.
const PLOT: f64 = 190.0;
/// The widest column of labels, in points.
const WIDEST_LABEL: f64 = 230.0;
/// Space before a plot and before the numbers beside it, in points.
const PLOT_GAP: f64 = 26.0;
const NUMBER_GAP: f64 = 12.0;
/// With more metrics than this, the rest go beneath.
const MOST_ACROSS: usize = 3;
const ROW: f64 = 22.0;
const LINE: f64 = 13.0;
/// Height of the line that names a parent, in points.
const PARENT: f64 = 26.0;
const BLOCK_GAP: f64 = 30.0;

/// Draws each ablation's differences from its parent as marks with bars for their 95% intervals:
/// one plot per metric, on one axis for all parents, the numbers beside it.
///
/// The ablations of a parent are sorted by the first metric, the best first, or the largest difference where that depends
/// on the parent's number; those without a number
/// come last. More than three metrics are shown in blocks one under the other.
pub fn effects(title: &str, content: &Effects, theme: Theme) -> Figure {
    let blocks: Vec<_> = (0..content.metrics.len()).collect();
    let blocks: Vec<&[usize]> = even_chunks(&blocks);
    let layout = Layout::new(content, &blocks);
    let width = layout.width(layout.numbers.len());
    let mut page = Page::new(title, width + 2.0 * MARGIN, theme);
    let left = ((page.width - width) / 2.0).floor();
    let any_row = content.groups.iter().any(|group| !group.rows.is_empty());
    if blocks.is_empty() || !any_row {
        page.write_nothing("no data");
        return page.finish();
    }
    let sorted: Vec<Vec<&EffectRow>> = content
        .groups
        .iter()
        .map(|group| sorted(group, &content.metrics[0]))
        .collect();
    for (number, block) in blocks.iter().enumerate() {
        page.y += if number > 0 { BLOCK_GAP } else { 4.0 };
        draw_block(&mut page, content, &sorted, block, &layout, left);
    }
    page.y += 22.0;
    let rows = content.groups.iter().flat_map(|group| &group.rows);
    let all = rows.flat_map(|row| row.effects.iter().flatten());
    let occurs = |verdict| all.clone().any(|effect| effect.verdict == verdict);
    draw_legend(&mut page, occurs, VerdictNames::DIFFERENCES);
    page.finish()
}

/// Blocks of at most [`MOST_ACROSS`], as even as they come.
fn even_chunks(metrics: &[usize]) -> Vec<&[usize]> {
    let blocks = metrics.len().div_ceil(MOST_ACROSS).max(1);
    metrics
        .chunks(metrics.len().div_ceil(blocks).max(1))
        .collect()
}

/// The rows of a group, best first.
fn sorted<'a>(group: &'a EffectGroup, metric: &Metric) -> Vec<&'a EffectRow> {
    let mut rows: Vec<&EffectRow> = group.rows.iter().collect();
    let worth = |row: &EffectRow| {
        let value = row
            .effects
            .first()
            .copied()
            .flatten()
            .map(|effect| effect.value);
        let value = value.filter(|value| !value.is_nan())?;
        // A difference does not say how near to 1 it leads: the largest first.
        Some(match metric.better {
            Better::Lower => -value,
            _ => value,
        })
    };
    rows.sort_by(|a, b| match (worth(a), worth(b)) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    rows
}

/// Widths of the columns, which all blocks share, in points.
struct Layout {
    label: f64,
    /// Of the numbers beside each plot of a block, from the left.
    numbers: Vec<Numbers>,
}

/// Widths of the numbers beside a plot, in points.
#[derive(Clone, Copy)]
struct Numbers {
    value: f64,
    interval: f64,
}

impl Layout {
    fn new(content: &Effects, blocks: &[&[usize]]) -> Self {
        let rows = || content.groups.iter().flat_map(|group| &group.rows);
        let width = |words: &str, size: f64| text::width(words, size, Weight::Regular);
        let labels = rows().flat_map(|row| label_lines(&row.label));
        let across = blocks.iter().map(|block| block.len()).max().unwrap_or(0);
        let numbers = (0..across).map(|number| {
            let metrics = blocks.iter().filter_map(|block| block.get(number).copied());
            let written = metrics.flat_map(|metric| {
                let effects = rows().filter_map(move |row| row.effects.get(metric).copied()?);
                effects.map(move |effect| (effect, content.metrics[metric].digits))
            });
            let least = Numbers {
                value: 24.0,
                interval: 24.0,
            };
            written.fold(least, |widest, (effect, digits)| Numbers {
                value: widest
                    .value
                    .max(width(&text::signed(effect.value, digits), LABEL_SIZE).ceil()),
                interval: widest
                    .interval
                    .max(width(&written_interval(effect, digits), SMALL_SIZE).ceil()),
            })
        });
        Self {
            label: labels
                .map(|line| width(&line, LABEL_SIZE))
                .fold(90.0, f64::max)
                .min(WIDEST_LABEL)
                .ceil(),
            numbers: numbers.collect(),
        }
    }

    /// Where plot `number` of a block begins, from the left edge; that of the one after the last is
    /// where the block ends, but for the space before it.
    fn plot_x(&self, number: usize) -> f64 {
        let before = self.numbers[..number].iter();
        self.label
            + PLOT_GAP
            + before
                .map(|numbers| PLOT_GAP + numbers.beside())
                .sum::<f64>()
    }

    fn width(&self, across: usize) -> f64 {
        self.plot_x(across) - PLOT_GAP
    }
}

impl Numbers {
    /// Width of a plot with its numbers.
    fn beside(self) -> f64 {
        PLOT + NUMBER_GAP + self.value + NUMBER_GAP + self.interval
    }
}

fn label_lines(label: &str) -> Vec<String> {
    text::wrapped(label, LABEL_SIZE, Weight::Regular, WIDEST_LABEL)
}

fn row_height(row: &EffectRow) -> f64 {
    ROW + LINE * (label_lines(&row.label).len() - 1) as f64
}

fn draw_block(
    page: &mut Page,
    content: &Effects,
    sorted: &[Vec<&EffectRow>],
    block: &[usize],
    layout: &Layout,
    left: f64,
) {
    let plot_x = |number: usize| left + layout.plot_x(number);
    let right = left + layout.width(block.len());
    let top = page.y;
    let mut bottom = top;
    for (number, metric) in block.iter().enumerate() {
        page.y = top;
        let room = layout.numbers[number].beside();
        write_metric(page, &content.metrics[*metric], plot_x(number), room);
        bottom = page.y;
    }
    let axes: Vec<_> = block
        .iter()
        .map(|metric| {
            let rows = content.groups.iter().flat_map(|group| &group.rows);
            axis(rows.filter_map(|row| row.effects.get(*metric).copied()?), 3)
        })
        .collect();
    for (group, rows) in content.groups.iter().zip(sorted) {
        page.y = bottom;
        write_parent(page, group, left, right);
        let plots_top = page.y;
        let heights = rows.iter().map(|row| row_height(row));
        tint_rows(page, plots_top, heights.clone(), (left, right));
        let height = heights.sum::<f64>();
        for (number, axis) in axes.iter().enumerate() {
            let plot = Area {
                x: plot_x(number),
                y: plots_top,
                width: PLOT,
                height,
            };
            draw_ground(page, axis, plot);
        }
        for row in rows {
            let middle = page.y + row_height(row) / 2.0;
            write_label(page, row, left, layout.label, middle);
            for (number, (metric, axis)) in block.iter().zip(&axes).enumerate() {
                let plot = Area {
                    x: plot_x(number),
                    y: page.y,
                    width: PLOT,
                    height: row_height(row),
                };
                let effect = row.effects.get(*metric).copied().flatten();
                if let Some(effect) = effect {
                    draw_interval(page, effect, axis, plot, middle);
                }
                let digits = content.metrics[*metric].digits;
                write_numbers(
                    page,
                    effect,
                    digits,
                    (plot.right(), middle),
                    layout.numbers[number],
                );
            }
            page.y += row_height(row);
        }
        bottom = plots_top + height;
    }
    for (number, (metric, axis)) in block.iter().zip(&axes).enumerate() {
        let plot = Area {
            x: plot_x(number),
            y: bottom,
            width: PLOT,
            height: 0.0,
        };
        write_axis(page, content.metrics[*metric].better, axis, plot);
    }
}

/// Writes a metric's name, and beneath it its unit and which way is better.
fn write_metric(page: &mut Page, metric: &Metric, x: f64, room: f64) {
    let theme = page.theme;
    let baseline = page.y + text::CAPITAL * HEADING_SIZE;
    let name = Words {
        size: HEADING_SIZE,
        weight: Weight::Bold,
        color: theme.ink(),
        shorten: Shorten::End,
    };
    page.write(&metric.name, (x, baseline), Align::Left, room, name);
    let style = Words {
        shorten: Shorten::End,
        ..Words::caption(theme)
    };
    let unit = match metric.unit.as_str() {
        "" => "difference".to_owned(),
        unit => format!("difference in {unit}"),
    };
    let words = match (metric.better, metric.better.words()) {
        (_, "") => unit,
        (Better::Higher, words) => format!("{unit}, {words} →"),
        (Better::Lower, words) => format!("{unit}, ← {words}"),
        (_, words) => format!("{unit}, {words}"),
    };
    page.write(&words, (x, baseline + 15.0), Align::Left, room, style);
    page.y = (baseline + 20.0).round();
}

fn write_parent(page: &mut Page, group: &EffectGroup, left: f64, right: f64) {
    let baseline = page.y + PARENT - 8.0;
    let style = Words {
        size: LABEL_SIZE,
        weight: Weight::Bold,
        color: page.theme.ink(),
        shorten: Shorten::Middle,
    };
    let words = format!("against {}", group.parent);
    let words = text::fit(
        &words,
        style.size,
        style.weight,
        0.6 * (right - left),
        style.shorten,
    );
    let used = text::width(&words, style.size, style.weight) + 10.0;
    page.write(&words, (left, baseline), Align::Left, f64::INFINITY, style);
    let note = Words {
        shorten: Shorten::End,
        ..Words::caption(page.theme)
    };
    let room = right - left - used;
    page.write(
        &group.note,
        (left + used, baseline),
        Align::Left,
        room,
        note,
    );
    page.y += PARENT;
}

fn write_label(page: &mut Page, row: &EffectRow, left: f64, room: f64, middle: f64) {
    let style = Words::label(page.theme);
    let lines = label_lines(&row.label);
    let first = middle - LINE * (lines.len() - 1) as f64 / 2.0;
    for (number, line) in lines.iter().enumerate() {
        let baseline = first + LINE * number as f64 + text::CAPITAL * LABEL_SIZE / 2.0;
        page.write(line, (left, baseline), Align::Left, room, style);
    }
}

/// Writes a difference and its interval right of the plot that ends at `x`; a dash for none.
fn write_numbers(
    page: &mut Page,
    effect: Option<Effect>,
    digits: usize,
    (x, middle): (f64, f64),
    widths: Numbers,
) {
    let style = Words::label(page.theme);
    let value = effect.map_or("–".to_owned(), |effect| {
        text::signed(effect.value, digits)
    });
    let value_end = x + NUMBER_GAP + widths.value;
    let at = (value_end, middle + text::CAPITAL * LABEL_SIZE / 2.0);
    page.write(&value, at, Align::Right, f64::INFINITY, style);
    if let Some(effect) = effect {
        let words = written_interval(effect, digits);
        let at = (
            value_end + NUMBER_GAP + widths.interval,
            middle + text::CAPITAL * SMALL_SIZE / 2.0,
        );
        let style = Words::caption(page.theme);
        page.write(&words, at, Align::Right, f64::INFINITY, style);
    }
}
