//! Differences with their 95% intervals about a zero line, and where each was expected: the plot of claims. The plots of
//! ablations are drawn with parts of it.
//!
//! This file holds what a caller says and lays the page out; `plot` draws the plot of a group.

pub(super) mod plot;

use super::Figure;
use super::comparison::{Better, Metric};
use super::effects::Effect;
use super::grid::{Page, Words};
use super::scene::{Align, Area, Mark};
use super::text::{self, Shorten, Weight};
use super::theme::{Color, HEADING_SIZE, LABEL_SIZE, MARGIN, SMALL_SIZE, Theme};
use plot::{
    axis, draw_expected, draw_ground, draw_interval, draw_mark, ends, tint_rows, write_axis,
};

/// What a difference says. Each is known by its color and by its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// For what was expected: a filled circle.
    Good,
    /// Neither way: a ring.
    Open,
    /// Against it: a filled square.
    Bad,
}

impl Verdict {
    const ALL: [Self; 3] = [Self::Good, Self::Open, Self::Bad];

    fn color(self, theme: Theme) -> Color {
        match self {
            Self::Good => theme.series(0).0,
            Self::Open => theme.muted(),
            Self::Bad => theme.series(1).0,
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// What is compared; a long one is written on several lines.
    pub label: String,
    /// The difference.
    pub value: f64,
    /// Lower end of its 95% interval. Where an end is no number, no interval is drawn.
    pub low: f64,
    /// Upper end of its 95% interval.
    pub high: f64,
    /// Where it was expected, from the first number to the second, either of which may be infinite.
    pub expected: (f64, f64),
    /// What it says.
    pub verdict: Verdict,
}

impl Interval {
    /// `> +0.10`, `< 0`, `within ±0.50`: where it was expected, in words.
    fn written_expected(&self, digits: usize) -> String {
        let signed = |value: f64| match value {
            0.0 => "0".to_owned(),
            value => text::signed(value, digits),
        };
        match self.expected {
            (low, high) if high == f64::INFINITY => format!("> {}", signed(low)),
            (low, high) if low == f64::NEG_INFINITY => format!("< {}", signed(high)),
            (low, high) if low == -high => format!("within ±{}", text::grouped(high, digits)),
            (low, high) => format!("{} to {}", signed(low), signed(high)),
        }
    }

    fn effect(&self) -> Effect {
        Effect {
            value: self.value,
            low: self.low,
            high: self.high,
            verdict: self.verdict,
        }
    }
}

/// Differences in one metric, on an axis of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalGroup {
    /// The metric; its decimals are those of the numbers written beside the plot.
    pub metric: Metric,
    /// The differences, from the top.
    pub rows: Vec<Interval>,
}

/// What the three verdicts are called in the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerdictNames {
    /// Of [`Verdict::Good`].
    pub good: &'static str,
    /// Of [`Verdict::Open`].
    pub open: &'static str,
    /// Of [`Verdict::Bad`].
    pub bad: &'static str,
}

impl VerdictNames {
    /// For claims.
    pub const CLAIMS: Self = Self {
        good: "supported",
        open: "not decided",
        bad: "contradicted",
    };
    /// For differences of variants from a base.
    pub const DIFFERENCES: Self = Self {
        good: "better",
        open: "undecided",
        bad: "worse",
    };

    fn of(self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Good => self.good,
            Verdict::Open => self.open,
            Verdict::Bad => self.bad,
        }
    }
}

/// The widest column of labels, in points.
const WIDEST_LABEL: f64 = 280.0;
/// Width of the plots, in points.
const PLOT: f64 = 360.0;
/// Space between columns, in points.
const COLUMN_GAP: f64 = 18.0;
/// Height of a row with a label of one line, in points; every other line adds [`LINE`].
const ROW: f64 = 22.0;
const LINE: f64 = 14.0;
/// Lines of a label; what is longer is shortened.
const MOST_LINES: usize = 4;
/// Space between groups, in points.
const GROUP_GAP: f64 = 26.0;

/// Draws differences as marks with horizontal bars for their 95% intervals, grouped by metric: a
/// plot for each, with its own axis, zero line, and the numbers beside it. Where each difference was
/// expected is tinted, up to the edge that is its margin: so one sees why a verdict is what it is.
///
/// Rows are as many as there are; the page grows with them. A difference that is no number is
/// written as a dash. An interval that is not finite reaches the end of its plot.
pub fn intervals(
    title: &str,
    groups: &[IntervalGroup],
    names: VerdictNames,
    theme: Theme,
) -> Figure {
    let columns = Columns::new(groups);
    let mut page = Page::new(title, columns.width(), theme);
    if !title.is_empty() {
        page.y += 4.0;
    }
    let left = ((page.width - columns.width()) / 2.0).floor() + MARGIN;
    for (number, group) in groups.iter().enumerate() {
        if number > 0 {
            page.y += GROUP_GAP;
        }
        draw_group(&mut page, group, &columns, left);
    }
    if groups.is_empty() {
        page.write_nothing("no data");
    } else {
        page.y += 22.0;
        let rows = groups.iter().flat_map(|group| &group.rows);
        let occurs = |verdict| rows.clone().any(|row| row.verdict == verdict);
        draw_legend(&mut page, occurs, names);
        page.y += 10.0;
        let note = "tinted: where the claim expects the difference, up to its margin; supported: the whole interval lies \
                    there; contradicted: none of it does";
        page.write_note(note, left, page.width - 2.0 * left);
    }
    page.finish()
}

/// Widths of the columns, which all groups share, in points.
struct Columns {
    label: f64,
    /// Of the differences.
    value: f64,
    /// Of their intervals.
    interval: f64,
    /// Of where they were expected.
    expected: f64,
}

impl Columns {
    fn new(groups: &[IntervalGroup]) -> Self {
        let rows = || {
            groups
                .iter()
                .flat_map(|group| group.rows.iter().map(move |row| (group, row)))
        };
        let width = |words: &str| text::width(words, LABEL_SIZE, Weight::Regular);
        let head = |words: &str| text::width(words, SMALL_SIZE, Weight::Regular);
        let lines = rows().flat_map(|(_, row)| label_lines(&row.label));
        Self {
            label: lines
                .map(|line| width(&line))
                .fold(60.0, f64::max)
                .min(WIDEST_LABEL)
                .ceil(),
            value: rows()
                .map(|(group, row)| width(&text::signed(row.value, group.metric.digits)))
                .fold(head(VALUE_HEAD), f64::max)
                .ceil(),
            interval: rows()
                .map(|(group, row)| width(&written_interval(row.effect(), group.metric.digits)))
                .fold(head(INTERVAL_HEAD), f64::max)
                .ceil(),
            expected: rows()
                .map(|(group, row)| width(&row.written_expected(group.metric.digits)))
                .fold(head(EXPECTED_HEAD), f64::max)
                .ceil(),
        }
    }

    fn width(&self) -> f64 {
        2.0 * MARGIN
            + self.label
            + PLOT
            + self.value
            + self.interval
            + self.expected
            + 4.0 * COLUMN_GAP
    }
}

const VALUE_HEAD: &str = "difference";
const INTERVAL_HEAD: &str = "95% interval";
const EXPECTED_HEAD: &str = "expected";

fn label_lines(label: &str) -> Vec<String> {
    text::paragraph(label, LABEL_SIZE, Weight::Regular, WIDEST_LABEL, MOST_LINES)
}

pub(super) fn written_interval(row: Effect, digits: usize) -> String {
    match ends(row) {
        Some((low, high)) => {
            let [low, high] = [low, high].map(|end| text::signed(end, digits));
            format!("[{low}, {high}]")
        }
        None => "–".to_owned(),
    }
}

fn draw_group(page: &mut Page, group: &IntervalGroup, columns: &Columns, left: f64) {
    let theme = page.theme;
    let plot_x = left + columns.label + COLUMN_GAP;
    let value_end = plot_x + PLOT + COLUMN_GAP + columns.value;
    let interval_end = value_end + COLUMN_GAP + columns.interval;
    let expected_end = interval_end + COLUMN_GAP + columns.expected;
    write_head(
        page,
        group,
        left,
        plot_x + PLOT - left,
        [value_end, interval_end, expected_end],
    );
    if group.rows.is_empty() {
        page.write_nothing("no data");
        return;
    }

    let heights = group
        .rows
        .iter()
        .map(|row| ROW + LINE * (label_lines(&row.label).len() - 1) as f64);
    // The margins too: a claim that fails by far shows how far.
    let margins = group.rows.iter().flat_map(|row| {
        let (low, high) = row.expected;
        [low, high].map(|edge| Effect {
            value: edge,
            ..row.effect()
        })
    });
    let axis = axis(group.rows.iter().map(Interval::effect).chain(margins), 6);
    let plot = Area {
        x: plot_x,
        y: page.y,
        width: PLOT,
        height: heights.clone().sum(),
    };
    tint_rows(page, plot.y, heights.clone(), (left, expected_end));
    let mut y = plot.y;
    for (row, height) in group.rows.iter().zip(heights.clone()) {
        draw_expected(page, row.expected, &axis, Area { y, height, ..plot });
        y += height;
    }
    draw_ground(page, &axis, plot);
    let style = Words {
        size: LABEL_SIZE,
        weight: Weight::Regular,
        color: theme.ink(),
        shorten: Shorten::Middle,
    };
    for (row, height) in group.rows.iter().zip(heights) {
        let middle = page.y + height / 2.0;
        let centred = |line: f64| middle + line + text::CAPITAL * LABEL_SIZE / 2.0;
        let lines = label_lines(&row.label);
        let first = -LINE * (lines.len() - 1) as f64 / 2.0;
        for (number, line) in lines.iter().enumerate() {
            let at = (left, centred(first + LINE * number as f64));
            page.write(line, at, Align::Left, columns.label, style);
        }
        draw_interval(page, row.effect(), &axis, plot, middle);
        let digits = group.metric.digits;
        let value = text::signed(row.value, digits);
        page.write(
            &value,
            (value_end, centred(0.0)),
            Align::Right,
            f64::INFINITY,
            style,
        );
        let muted = Words {
            color: theme.muted(),
            ..style
        };
        let at = (interval_end, centred(0.0));
        page.write(
            &written_interval(row.effect(), digits),
            at,
            Align::Right,
            f64::INFINITY,
            muted,
        );
        let at = (expected_end, centred(0.0));
        let expected = row.written_expected(digits);
        page.write(&expected, at, Align::Right, f64::INFINITY, muted);
        page.y += height;
    }
    page.y = plot.bottom();
    // What a claim expects is not always what is better.
    write_axis(page, Better::Neither, &axis, plot);
}

/// Writes the metric's name and unit, and what the columns of numbers are.
fn write_head(page: &mut Page, group: &IntervalGroup, left: f64, room: f64, ends: [f64; 3]) {
    let theme = page.theme;
    let baseline = page.y + text::CAPITAL * HEADING_SIZE;
    let title = Words {
        size: HEADING_SIZE,
        weight: Weight::Bold,
        color: theme.ink(),
        shorten: Shorten::End,
    };
    let metric = &group.metric;
    let unit_room = 0.4 * room;
    page.write(
        &metric.name,
        (left, baseline),
        Align::Left,
        room - unit_room,
        title,
    );
    let name = text::fit(
        &metric.name,
        HEADING_SIZE,
        Weight::Bold,
        room - unit_room,
        Shorten::End,
    );
    let used = text::width(&name, HEADING_SIZE, Weight::Bold) + 8.0;
    let style = Words {
        shorten: Shorten::End,
        ..Words::caption(theme)
    };
    let note = metric.unit_and_direction();
    page.write(
        &note,
        (left + used, baseline),
        Align::Left,
        room - used,
        style,
    );
    for (words, end) in [VALUE_HEAD, INTERVAL_HEAD, EXPECTED_HEAD]
        .into_iter()
        .zip(ends)
    {
        page.write(words, (end, baseline), Align::Right, f64::INFINITY, style);
    }
    page.y = (baseline + 9.0).round();
}

/// Names the verdicts that occur, each by its mark.
pub(super) fn draw_legend(page: &mut Page, occurs: impl Fn(Verdict) -> bool, names: VerdictNames) {
    const SAMPLE: f64 = 26.0;
    let entries: Vec<Verdict> = Verdict::ALL
        .into_iter()
        .filter(|verdict| occurs(*verdict))
        .collect();
    let style = Words {
        size: LABEL_SIZE,
        weight: Weight::Regular,
        color: page.theme.ink(),
        shorten: Shorten::End,
    };
    let width = |verdict: &Verdict| {
        SAMPLE + 8.0 + text::width(names.of(*verdict), LABEL_SIZE, Weight::Regular)
    };
    let gap = 26.0;
    let used: f64 = entries
        .iter()
        .map(|verdict| width(verdict) + gap)
        .sum::<f64>()
        - gap;
    let mut x = ((page.width - used) / 2.0).floor();
    let middle = page.y;
    for verdict in &entries {
        page.marks.push(Mark::Line {
            points: vec![(x, middle), (x + SAMPLE, middle)],
            width: 2.0,
            color: verdict.color(page.theme),
            dashes: &[],
        });
        draw_mark(page, *verdict, (x + SAMPLE / 2.0, middle));
        let at = (x + SAMPLE + 8.0, middle + text::CAPITAL * LABEL_SIZE / 2.0);
        page.write(names.of(*verdict), at, Align::Left, f64::INFINITY, style);
        x += width(verdict) + gap;
    }
    page.y = middle + 6.0;
}
