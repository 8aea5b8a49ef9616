//! One panel: its words, its axes, its lines.

use super::super::axis::{Axis, Scale};
use super::super::frame::{draw_axes, label_style, range, y_place};
use super::super::grid::{Page, Words};
use super::super::legend;
use super::super::look::Look;
use super::super::scene::{Align, Area, Mark};
use super::super::text::{self, Shorten, Weight};
use super::super::theme::{HEADING_SIZE, LABEL_SIZE, SMALL_SIZE};
use super::data::Lines;
use super::strokes;
use super::{Panel, Smoothing};

/// Height of a label in the right margin, in points.
const LABEL_LINE: f64 = 14.0;
/// Space between the plot and a label in its right margin, bridged by a leader, in points.
const LEADER: f64 = 20.0;
/// The widest label in the right margin, in points.
const WIDEST_LABEL: f64 = 190.0;
/// The same where only references are named, on two lines if need be.
const NARROW_LABEL: f64 = 104.0;

/// With more series than this, only their means are drawn where they are smoothed.
const MOST_WITH_POINTS: usize = 6;
/// With more series than this, no dots mark the points of sparse lines.
const MOST_WITH_DOTS: usize = 12;
/// With more points than this, a line through them would fill the plot.
const MOST_POINTS_IN_A_LINE: usize = 600;
/// How the points behind smoothed lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Points {
    ThinLine,
    /// A tint from the lowest to the highest.
    Envelope,
    Hidden,
}

/// Where a panel stands on the page, in points.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Place {
    pub(in super::super) x: f64,
    pub(in super::super) y: f64,
    pub(in super::super) width: f64,
    pub(in super::super) plot_height: f64,
    /// The most notes that a panel of the row has, so that all plots begin at one height.
    pub(in super::super) notes: usize,
}

/// A panel with its points ready for drawing.
pub(in super::super) struct Prepared<'a> {
    pub(super) panel: &'a Panel,
    pub(super) lines: Vec<(Lines, Look)>,
    pub(super) points: Points,
    /// Whether dots mark the points of sparse lines.
    pub(super) dots: bool,
    /// What the right margin names.
    labels: Vec<Label>,
}

/// A name in the right margin.
struct Label {
    /// One, or two where panels are too narrow for one.
    lines: Vec<String>,
    value: f64,
    /// The look of the series it names; `None` for a reference.
    look: Option<Look>,
}

impl<'a> Prepared<'a> {
    /// Prepares `panel`; with `at_the_line`, series are named in the right margin.
    pub(in super::super) fn new(
        panel: &'a Panel,
        look: impl Fn(&str) -> Look,
        at_the_line: bool,
    ) -> Self {
        let lines: Vec<(Lines, Look)> = panel
            .series
            .iter()
            .map(|series| {
                let lines = Lines::new(series, panel.scale, panel.smoothing);
                (lines, look(&series.label))
            })
            .collect();
        let written = |words: &str| {
            if at_the_line {
                vec![text::clean(words)]
            } else {
                text::name_lines(words, LABEL_SIZE, Weight::Regular, NARROW_LABEL, 2)
            }
        };
        let mut labels: Vec<Label> = panel
            .references
            .iter()
            .filter(|reference| panel.scale.shows(reference.value))
            .map(|reference| Label {
                lines: written(&reference.label),
                value: reference.value,
                look: None,
            })
            .collect();
        if at_the_line {
            let named = lines.iter().map(|(lines, look)| (lines, look));
            let named = panel.series.iter().zip(named);
            for (series, (lines, look)) in named.filter(|(_, (_, look))| **look != Look::Rest) {
                if let Some((_, value)) = lines.main().iter().flatten().last() {
                    labels.push(Label {
                        lines: written(&series.label),
                        value: *value,
                        look: Some(*look),
                    });
                }
            }
        }
        let most = panel.series.iter().map(|series| series.points.len()).max();
        let foremost = lines.iter().filter(|(_, look)| *look != Look::Rest);
        let points = if foremost.count() > MOST_WITH_POINTS {
            Points::Hidden
        } else if most > Some(MOST_POINTS_IN_A_LINE) {
            Points::Envelope
        } else {
            Points::ThinLine
        };
        let lines_count = lines.len();
        Self {
            panel,
            lines,
            points,
            dots: lines_count <= MOST_WITH_DOTS,
            labels,
        }
    }

    /// The lines with the names of their series.
    pub(super) fn named_lines(&self) -> impl Iterator<Item = (&'a str, &Lines, Look)> {
        let names = self.panel.series.iter().map(|series| series.label.as_str());
        let lines = names.zip(&self.lines);
        lines.map(|(name, (lines, look))| (name, lines, *look))
    }

    /// The same without dots on its lines, for points that are no measurements of their own.
    pub(in super::super) fn without_dots(self) -> Self {
        Self {
            dots: false,
            ..self
        }
    }

    /// The least height of the plot that gives every label in the margin its own line.
    pub(in super::super) fn least_height(&self) -> f64 {
        (self.labels.len() + 1) as f64 * self.label_height()
    }

    /// What each label takes of the right margin's height, in points.
    fn label_height(&self) -> f64 {
        let lines = self.labels.iter().map(|label| label.lines.len()).max();
        lines.unwrap_or(1) as f64 * LABEL_LINE
    }

    /// The widest that a label may be, in points.
    fn label_room(&self) -> f64 {
        let named = self.labels.iter().any(|label| label.look.is_some());
        if named { WIDEST_LABEL } else { NARROW_LABEL }
    }

    /// What a reader must know of how the lines came about, a line each.
    pub(in super::super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Smoothing::Mean { steps } = self.panel.smoothing
            && steps > 0.0
        {
            let digits = if steps.fract() == 0.0 { 0 } else { 2 };
            let steps = text::grouped(steps, digits);
            let points = match self.points {
                Points::ThinLine => "; thin: as logged",
                Points::Envelope => "; tint: lowest to highest",
                Points::Hidden => "",
            };
            // `step` is counted, `minutes of training` are measured.
            let unit = match self.panel.x_label.split(' ').next() {
                None | Some("" | "step") => "steps",
                Some(unit) => unit,
            };
            notes.push(format!("line: centered mean over {steps} {unit}{points}"));
        }
        let bands = self.lines.iter().any(|(lines, _)| !lines.band.is_empty());
        if bands && !self.panel.band.trim().is_empty() {
            notes.push(format!("band: {}", text::clean(&self.panel.band)));
        }
        let left_out: usize = self.lines.iter().map(|(lines, _)| lines.left_out).sum();
        if left_out > 0 {
            let why = match self.panel.scale {
                Scale::Linear => "not finite",
                Scale::Log => "not finite or not positive",
            };
            let values = if left_out == 1 { "value" } else { "values" };
            let count = text::grouped(left_out as f64, 0);
            notes.push(format!("left out: {count} {values} {why}"));
        }
        notes
    }

    /// Every x and y that the axes must hold.
    fn extent(&self) -> impl Iterator<Item = (f64, f64)> {
        let with_points = self.points != Points::Hidden;
        self.lines
            .iter()
            .flat_map(move |(lines, _)| lines.extent(with_points))
    }

    /// Draws the panel and returns where it ends.
    pub(in super::super) fn draw(&self, page: &mut Page, place: Place) -> f64 {
        let top = self.write_head(page, place);
        let references = self
            .panel
            .references
            .iter()
            .map(|reference| reference.value);
        let ys = self.extent().map(|(_, y)| y);
        let shown = |y: &f64| self.panel.scale.shows(*y);
        let y_axis = range(ys.chain(references).filter(shown)).map(|(low, high)| {
            if self.panel.from_zero && self.panel.scale == Scale::Linear && low >= 0.0 {
                Axis::from_zero(high, 6)
            } else {
                Axis::new(self.panel.scale, low, high, 6, 0.05)
            }
        });
        let x_start = self.panel.from_zero.then_some(0.0);
        let x_range = range(self.extent().map(|(x, _)| x)).map(|(low, high)| {
            let start = x_start.filter(|start| *start < low);
            (start.unwrap_or(low), high)
        });

        let tick_width = |tick: &str| text::width(tick, SMALL_SIZE, Weight::Regular);
        let widest_tick = y_axis.iter().flat_map(|axis| &axis.ticks);
        let left = widest_tick
            .map(|tick| tick_width(&tick.label))
            .fold(12.0, f64::max)
            + 7.0;
        // Room for the labels, and for the half of the last tick's label that stands out.
        let last_tick = x_range.map_or(0.0, |(_, high)| tick_width(&text::grouped(high, 0)) / 2.0);
        let label_width = |line: &String| text::width(line, LABEL_SIZE, Weight::Regular);
        let right = self
            .labels
            .iter()
            .flat_map(|label| &label.lines)
            .map(|line| LEADER + 3.0 + label_width(line).min(self.label_room()))
            .fold(last_tick + 4.0, f64::max);
        let plot = Area {
            x: (place.x + left).ceil(),
            y: top,
            width: (place.width - left - right).floor(),
            height: place.plot_height,
        };
        let x_axis = x_range.map(|(low, high)| {
            // As many ticks as have room for their labels and as much space again.
            let widest = tick_width(&text::grouped(high, 0)).max(24.0);
            let wanted = (plot.width / (1.7 * widest)).clamp(2.0, 6.0) as usize;
            Axis::new(Scale::Linear, low, high, wanted, 0.0)
        });
        draw_axes(page, plot, x_axis.as_ref(), y_axis.as_ref());
        if let Some(y_axis) = &y_axis {
            let axes = x_axis.as_ref().map(|x_axis| (x_axis, y_axis));
            if let Some(axes) = axes {
                strokes::draw_rest(page, self, plot, axes);
            }
            self.draw_references(page, plot, y_axis);
            if let Some(axes) = axes {
                strokes::draw_lines(page, self, plot, axes);
            }
            self.draw_labels(page, plot, y_axis);
        }
        if x_axis.is_none() {
            let middle = (plot.x + plot.width / 2.0, plot.y + plot.height / 2.0);
            let style = label_style(page.theme.muted());
            let width = text::width("no data", LABEL_SIZE, Weight::Regular) + 16.0;
            page.marks.push(Mark::Rectangle {
                area: Area {
                    x: (middle.0 - width / 2.0).round(),
                    y: (middle.1 - 14.0).round(),
                    width,
                    height: 20.0,
                },
                color: page.theme.background(),
            });
            page.write("no data", middle, Align::Center, plot.width, style);
        }
        let baseline = plot.bottom() + 36.0;
        let middle = (plot.x + plot.width / 2.0, baseline);
        let style = label_style(page.theme.ink());
        page.write(
            &self.panel.x_label,
            middle,
            Align::Center,
            plot.width,
            style,
        );
        (baseline + text::DESCENT * LABEL_SIZE).round()
    }

    /// Writes title, y label and notes; returns where the plot begins.
    fn write_head(&self, page: &mut Page, place: Place) -> f64 {
        let mut baseline = place.y + text::CAPITAL * HEADING_SIZE;
        let title = Words {
            size: HEADING_SIZE,
            weight: Weight::Bold,
            color: page.theme.ink(),
            shorten: Shorten::End,
        };
        let at = (place.x, baseline);
        page.write(&self.panel.title, at, Align::Left, place.width, title);
        let mut y_label = self.panel.y_label.clone();
        if self.panel.scale == Scale::Log {
            let separator = if y_label.is_empty() { "" } else { ", " };
            y_label = format!("{y_label}{separator}log scale");
        }
        baseline += 17.0;
        let style = label_style(page.theme.ink());
        page.write(
            &y_label,
            (place.x, baseline),
            Align::Left,
            place.width,
            style,
        );
        let style = Words {
            shorten: Shorten::End,
            ..Words::caption(page.theme)
        };
        for (number, note) in self.notes().iter().enumerate() {
            let baseline = baseline + 14.0 * (number + 1) as f64;
            page.write(note, (place.x, baseline), Align::Left, place.width, style);
        }
        baseline += 14.0 * place.notes as f64;
        (baseline + 12.0).round()
    }

    fn draw_references(&self, page: &mut Page, plot: Area, y_axis: &Axis) {
        for label in self.labels.iter().filter(|label| label.look.is_none()) {
            let y = y_place(plot, Some(y_axis), label.value);
            page.marks.push(Mark::Line {
                points: vec![(plot.x, y), (plot.right(), y)],
                width: 1.2,
                color: page.theme.muted(),
                dashes: &[2.0, 3.0],
            });
        }
    }

    /// Names references, and series if they are named at their lines, in the right margin.
    fn draw_labels(&self, page: &mut Page, plot: Area, y_axis: &Axis) {
        let wishes: Vec<f64> = self
            .labels
            .iter()
            .map(|label| y_place(plot, Some(y_axis), label.value))
            .collect();
        let heights = legend::spread(&wishes, self.label_height(), plot.y, plot.bottom());
        for ((label, wish), height) in self.labels.iter().zip(wishes).zip(heights) {
            let muted = page.theme.muted();
            let (line, ink, dashes) = match label.look.map(|look| look.style(page.theme)) {
                Some(style) => (style.color, page.theme.ink(), style.dash.pattern()),
                None => (muted, muted, [].as_slice()),
            };
            let from = plot.right() + 2.0;
            page.marks.push(Mark::Line {
                points: vec![
                    (from, wish),
                    (from + 3.0, wish),
                    (from + LEADER - 4.0, height),
                ],
                width: if label.look.is_some() { 1.4 } else { 0.8 },
                color: line,
                dashes,
            });
            let style = label_style(ink);
            let first = height - LABEL_LINE * (label.lines.len() - 1) as f64 / 2.0;
            for (number, words) in label.lines.iter().enumerate() {
                let middle = first + LABEL_LINE * number as f64;
                let at = (
                    plot.right() + LEADER + 1.0,
                    middle + text::CAPITAL * LABEL_SIZE / 2.0,
                );
                page.write(words, at, Align::Left, self.label_room(), style);
            }
        }
    }
}
