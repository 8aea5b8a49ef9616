//! One metric on a piece of the terminal.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Paragraph};

use super::curves::{Curve, Line, Split};
use super::numbers::short;

/// A chart that is smaller than this shows nothing.
const SMALLEST: (u16, u16) = (20, 5);

/// A chart of this height has more numbers beside it.
const TALL: u16 = 12;

/// How curves are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// The share of the last smoothed value that is kept, for the training's lines.
    pub(super) smoothing: f64,
    /// Whether values go up by factors and not by differences.
    pub(super) is_logarithmic: bool,
    pub(super) has_color: bool,
}

/// Draws a curve with its title, its last values and its axes; `steps` are the first and the last step of all curves.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    curve: &Curve,
    steps: (f64, f64),
    look: Look,
) {
    let [title, below] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    frame.render_widget(Paragraph::new(heading(curve, look)), title);
    if below.width < SMALLEST.0 || below.height < SMALLEST.1 {
        return;
    }
    let drawn: Vec<Drawn> = curve
        .lines
        .iter()
        .map(|line| Drawn::of(line, look, usize::from(below.width) * 2))
        .collect();
    let values = drawn
        .iter()
        .flat_map(|line| line.all().map(|point| point.1));
    let Some(y) = Range::of(values) else {
        frame.render_widget(Paragraph::new(nothing(look)), below);
        return;
    };
    let ticks = if below.height < TALL { 3 } else { 5 };
    let y = if look.is_logarithmic {
        y
    } else {
        y.rounded(ticks - 1)
    };
    let labels = y.ticks(ticks).map(|tick| {
        let value = if look.is_logarithmic {
            10_f64.powf(tick)
        } else {
            tick
        };
        Span::raw(trimmed(value))
    });
    let x = Range {
        low: steps.0,
        high: steps.1.max(steps.0 + 1.0),
    };
    let middle = f64::midpoint(x.low, x.high).round();
    let steps = [x.low, middle, x.high].map(|step| format!("{step}"));
    let datasets = drawn.iter().flat_map(Drawn::datasets).map(|dataset| {
        let color = match dataset.split {
            Split::Train => Color::Cyan,
            Split::HeldOut => Color::Yellow,
        };
        let (marker, graph) = match dataset.split {
            Split::Train => (Marker::Braille, GraphType::Line),
            Split::HeldOut => (Marker::Dot, GraphType::Scatter),
        };
        Dataset::default()
            .marker(marker)
            .graph_type(graph)
            .style(if look.has_color {
                Style::new().fg(color)
            } else {
                Style::new()
            })
            .data(dataset.points)
    });
    let chart = Chart::new(datasets.collect())
        .x_axis(Axis::default().bounds([x.low, x.high]).labels(steps))
        .y_axis(
            Axis::default()
                .bounds([y.low, y.high])
                .labels(labels)
                .labels_alignment(Alignment::Right),
        )
        .legend_position(None);
    frame.render_widget(chart, below);
}

/// `loss ⠤ train 0.0123 • held out 0.0131`.
fn heading(curve: &Curve, look: Look) -> Text<'static> {
    let mut spans = vec![Span::styled(
        curve.name.clone(),
        Style::new().add_modifier(Modifier::BOLD),
    )];
    let unit = &curve.unit;
    for line in &curve.lines {
        let Some(last) = line.last() else { continue };
        let legend = if curve.lines.len() > 1 {
            format!(" {} ", line.split.legend())
        } else {
            " ".to_owned()
        };
        let space = if unit.is_empty() { "" } else { " " };
        let last = trimmed(last);
        spans.push(Span::raw(format!("{legend}{last}{space}{unit}")));
    }
    let missing: usize = curve
        .lines
        .iter()
        .map(|line| missing(line, look.is_logarithmic))
        .sum();
    if missing > 0 {
        spans.push(Span::raw(format!(" ({missing} not drawn)")));
    }
    Text::from(spans)
}

fn nothing(look: Look) -> &'static str {
    if look.is_logarithmic {
        "no finite values above 0"
    } else {
        "no finite values"
    }
}

/// Values that have no place on the axis: not finite or, where it goes by factors, not above 0.
fn missing(line: &Line, is_logarithmic: bool) -> usize {
    let values = line.points.iter().map(|&(_, value)| value);
    values
        .filter(|value| !value.is_finite() || (is_logarithmic && *value <= 0.0))
        .count()
}

/// A line as it is drawn: in stretches, between which values are missing.
struct Drawn {
    split: Split,
    stretches: Vec<Vec<(f64, f64)>>,
}

/// A stretch of a line.
struct Stretch<'a> {
    split: Split,
    points: &'a [(f64, f64)],
}

impl Drawn {
    /// At most a few points for each of `columns`.
    fn of(line: &Line, look: Look, columns: usize) -> Self {
        let keep = match line.split {
            Split::Train => look.smoothing,
            // Held-out numbers are few, and each is a mean already.
            Split::HeldOut => 0.0,
        };
        let mut smooth = Smooth::new(keep);
        let mut stretches = vec![Vec::new()];
        for &(step, value) in &line.points {
            let place = if value.is_finite() {
                Some(smooth.add(value))
            } else {
                None
            };
            let place = match place {
                Some(value) if look.is_logarithmic => (value > 0.0).then(|| value.log10()),
                place => place,
            };
            match (place, stretches.last_mut()) {
                (Some(place), Some(stretch)) => stretch.push((step, place)),
                _ => stretches.push(Vec::new()),
            }
        }
        stretches.retain(|stretch| !stretch.is_empty());
        Self {
            split: line.split,
            stretches: stretches
                .into_iter()
                .map(|stretch| thinned(&stretch, columns))
                .collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = (f64, f64)> {
        self.stretches.iter().flatten().copied()
    }

    fn datasets(&self) -> impl Iterator<Item = Stretch<'_>> {
        self.stretches.iter().map(|points| Stretch {
            split: self.split,
            points,
        })
    }
}

/// A mean that forgets, without the pull of its beginning: the weights of the values seen add up to 1.
struct Smooth {
    keep: f64,
    sum: f64,
    weight: f64,
}

impl Smooth {
    fn new(keep: f64) -> Self {
        Self {
            keep,
            sum: 0.0,
            weight: 0.0,
        }
    }

    fn add(&mut self, value: f64) -> f64 {
        self.sum = self.keep * self.sum + (1.0 - self.keep) * value;
        self.weight = self.keep * self.weight + (1.0 - self.keep);
        self.sum / self.weight
    }
}

/// The lowest and the highest point of each column, in the order of their steps: what a screen of so many columns shows
/// of all the points.
fn thinned(points: &[(f64, f64)], columns: usize) -> Vec<(f64, f64)> {
    let bucket = points.len().div_ceil(columns.max(1));
    if bucket <= 2 {
        return points.to_vec();
    }
    let extremes = points.chunks(bucket).flat_map(|chunk| {
        let by_value = |left: &&(f64, f64), right: &&(f64, f64)| left.1.total_cmp(&right.1);
        let mut ends = [chunk.iter().min_by(by_value), chunk.iter().max_by(by_value)];
        ends.sort_by(|left, right| {
            let step = |point: Option<&(f64, f64)>| point.map_or(0.0, |point| point.0);
            step(*left).total_cmp(&step(*right))
        });
        ends.into_iter().flatten().copied().collect::<Vec<_>>()
    });
    // The last point is what a reader looks at.
    extremes.chain(points.last().copied()).collect()
}

/// A stretch of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    /// From the least to the greatest; `None` when there is no value. A single value gets some module.
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low > high {
            return None;
        }
        let room = if high > low { 0.0 } else { high.abs() * 0.05 };
        let room = if high > low || room > 0.0 { room } else { 0.5 };
        Some(Self {
            low: low - room,
            high: high + room,
        })
    }

    /// Widened so that its ends, and what divides it into so many equal parts, are round numbers.
    fn rounded(self, parts: usize) -> Self {
        let parts = parts as f64;
        let rough = (self.high - self.low) / parts;
        let power = 10_f64.powf(rough.log10().floor());
        // Ten times the power is above the rough step; twice that, and any place of the lower end has room.
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0, 20.0].map(|factor| factor * power);
        let range = |step: f64| {
            let low = (self.low / step).floor() * step;
            Self {
                low,
                high: low + parts * step,
            }
        };
        let fits = steps.into_iter().map(range).find(|it| it.high >= self.high);
        fits.unwrap_or(self)
    }

    /// So many numbers at even distances, the ends among them.
    fn ticks(self, count: usize) -> impl Iterator<Item = f64> {
        let step = (self.high - self.low) / (count - 1) as f64;
        (0..count).map(move |index| self.low + index as f64 * step)
    }
}

/// Without the zeros at its end.
fn trimmed(value: f64) -> String {
    let text = short(value);
    if text.contains('.') && !text.contains('e') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(low: f64, high: f64) -> Vec<String> {
        let range = Range { low, high }.rounded(4);
        assert!(range.low <= low && range.high >= high, "{range:?}");
        range.ticks(5).map(trimmed).collect()
    }

    #[test]
    fn axes_have_round_numbers() {
        let ticks = rounded(0.0123, 0.0871);
        assert_eq!(ticks, ["0", "0.025", "0.05", "0.075", "0.1"]);
        assert_eq!(rounded(17.2, 23.4), ["16", "18", "20", "22", "24"]);
        assert_eq!(rounded(-3.0, 8.0), ["-5", "0", "5", "10", "15"]);
        assert_eq!(Range::of([f64::NAN; 0].into_iter()), None);
        let one = Range::of([2.0].into_iter()).unwrap();
        assert!(one.low < 2.0 && one.high > 2.0);
        let zero = Range::of([0.0].into_iter()).unwrap();
        assert_eq!((zero.low, zero.high), (-0.5, 0.5));
    }

    #[test]
    fn a_smoothed_line_begins_at_its_first_value() {
        let mut smooth = Smooth::new(0.9);
        assert!((smooth.add(5.0) - 5.0).abs() < 1e-12);
        assert!((smooth.add(5.0) - 5.0).abs() < 1e-12);
        let next = smooth.add(0.0);
        assert!(next > 2.0 && next < 5.0, "{next}");
        let mut none = Smooth::new(0.0);
        assert_eq!([none.add(1.0), none.add(4.0)], [1.0, 4.0]);
    }

    #[test]
    fn thinning_keeps_peaks_and_the_last_point() {
        let mut points: Vec<(f64, f64)> = (0..10_000).map(|step| (step as f64, 1.0)).collect();
        points[5003].1 = 9.0;
        points[7001].1 = -9.0;
        let thin = thinned(&points, 80);
        assert!(thin.len() <= 161, "{}", thin.len());
        assert!(thin.contains(&(5003.0, 9.0)) && thin.contains(&(7001.0, -9.0)));
        assert_eq!(thin.last(), Some(&(9999.0, 1.0)));
        assert!(thin.is_sorted_by(|left, right| left.0 <= right.0));
    }

    #[test]
    fn values_that_have_no_place_leave_a_gap() {
        let line = Line {
            split: Split::Train,
            points: vec![(1.0, 2.0), (2.0, f64::NAN), (3.0, 0.0), (4.0, 100.0)],
        };
        let look = |is_logarithmic| Look {
            smoothing: 0.0,
            is_logarithmic,
            has_color: false,
        };
        let drawn = Drawn::of(&line, look(false), 80);
        assert_eq!(
            drawn.stretches,
            [vec![(1.0, 2.0)], vec![(3.0, 0.0), (4.0, 100.0)]]
        );
        let drawn = Drawn::of(&line, look(true), 80);
        assert_eq!(
            drawn.stretches,
            [vec![(1.0, 2.0_f64.log10())], vec![(4.0, 2.0)]]
        );
        assert_eq!([missing(&line, false), missing(&line, true)], [1, 2]);
    }
}
