//! One number against another, one dot per image and one color per run: what a run gains in one and pays
//! in the other.
//!
//! This file holds what a caller says and chooses the axes; `single` lays all runs over one another
//! in one plot, `facets` gives each a plot of its own where they are too many for that.

mod facets;
mod single;

use super::Figure;
use super::axis::{Axis, Scale};
use super::curves::Reference;
use super::frame::{range, x_place, y_place};
use super::grid::Page;
use super::ground::Ground;
use super::look::RunName;
use super::part::{MOST_IN_A_CLOUD, Readings, readings};
use super::scene::{Area, Mark, Point};
use super::text;
use super::theme::{Color, Theme};

/// The images of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloud {
    /// The run.
    pub run: RunName,
    /// `(x, y)` of each image; what is not finite is left out and counted in a note.
    pub points: Vec<(f64, f64)>,
    /// `(x, y)` of the run over all images, as its tables have it: of a ratio of sums, the mean of the images' own ratios
    /// is another number.
    pub overall: Option<(f64, f64)>,
}

/// What [`scatter`] draws.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scatter {
    /// Name and unit of x: `colorfulness (ratio to the photograph's)`.
    pub x_label: String,
    /// Name and unit of y: `PSNR (dB)`.
    pub y_label: String,
    /// Decimals of x and y where a run's numbers are written.
    pub digits: (usize, usize),
    /// The runs.
    pub clouds: Vec<Cloud>,
    /// Upright lines to compare with: where the photographs themselves lie, say.
    pub x_references: Vec<Reference>,
    /// Level lines to compare with: a baseline's mean, say.
    pub y_references: Vec<Reference>,
}

/// With more runs than this, each has a plot of its own.
const MOST_IN_ONE_PLOT: usize = 4;

/// Draws a dot for every image, a larger one for each run over all its images, and lines to compare with.
///
/// Up to four runs share a plot, with the distribution of each along both axes; more have a plot
/// each, on the same axes, with all dots in gray behind its own. Where a few values lie far outside
/// of all others, the axes leave them out: their dots stand at the edge, and a note counts them.
pub fn scatter(title: &str, content: &Scatter, theme: Theme) -> Figure {
    if content.clouds.len() <= MOST_IN_ONE_PLOT {
        single::draw(title, content, theme)
    } else {
        facets::draw(title, content, theme)
    }
}

/// Whether a dot can be drawn.
fn shown(point: &(f64, f64)) -> bool {
    Scale::Linear.shows(point.0) && Scale::Linear.shows(point.1)
}

impl Cloud {
    fn shown(&self) -> impl Iterator<Item = (f64, f64)> {
        self.points.iter().copied().filter(shown)
    }

    /// The run over all images, if it can be drawn.
    fn overall(&self) -> Option<Point> {
        self.overall.filter(shown)
    }

    /// The same in words: `overall 0.731, 23.32`.
    fn written_overall(&self, (x_digits, y_digits): (usize, usize)) -> String {
        match self.overall() {
            Some((x, y)) => {
                let [x, y] = [(x, x_digits), (y, y_digits)]
                    .map(|(value, digits)| text::grouped(value, digits));
                format!("overall {x}, {y}")
            }
            None => "no data".to_owned(),
        }
    }
}

/// Both axes, with `wanted` ticks, and the notes that a reader needs; no axes without a dot.
fn axes(content: &Scatter, wanted: (usize, usize)) -> (Option<(Axis, Axis)>, Vec<String>) {
    let points = || content.clouds.iter().flat_map(Cloud::shown);
    let overall = || content.clouds.iter().filter_map(Cloud::overall);
    let place = |references: &[Reference]| -> Vec<f64> {
        let values = references.iter().map(|reference| reference.value);
        values.filter(|value| Scale::Linear.shows(*value)).collect()
    };
    let mut always = [place(&content.x_references), place(&content.y_references)];
    always[0].extend(overall().map(|point| point.0));
    always[1].extend(overall().map(|point| point.1));
    let xs = held(points().map(|point| point.0), &always[0]);
    let ys = held(points().map(|point| point.1), &always[1]);
    let mut notes =
        vec!["small dots: images; large: a run over all its images, as in the tables".to_owned()];
    let total: usize = content.clouds.iter().map(|cloud| cloud.points.len()).sum();
    let count = points().count();
    if total > count {
        let (count, values) = counted(total - count);
        notes.push(format!("left out: {count} {values} without both numbers"));
    }
    let (Some(xs), Some(ys)) = (xs, ys) else {
        return (None, notes);
    };
    let outside = |value: f64, (low, high): (f64, f64)| value < low || value > high;
    let beyond = points()
        .filter(|point| outside(point.0, xs) || outside(point.1, ys))
        .count();
    if beyond > 0 {
        let (count, values) = counted(beyond);
        notes.push(format!("{count} {values} beyond the axes at their edges"));
    }
    let axis =
        |(low, high): (f64, f64), wanted: usize| Axis::new(Scale::Linear, low, high, wanted, 0.04);
    (Some((axis(xs, wanted.0), axis(ys, wanted.1))), notes)
}

fn counted(count: usize) -> (String, &'static str) {
    let images = if count == 1 { "image" } else { "images" };
    (text::grouped(count as f64, 0), images)
}

/// The range of values, or, where a few lie far outside of the rest, that of the rest; it holds
/// `always`.
fn held(values: impl Iterator<Item = f64>, always: &[f64]) -> Option<(f64, f64)> {
    const RARE: f64 = 0.01;
    const FAR: f64 = 1.6;
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (low, high) = (*values.first()?, *values.last()?);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    let (rare_low, rare_high) = (at(RARE), at(1.0 - RARE));
    let room = (rare_high - rare_low) * 0.1;
    let ends = if high - low > FAR * (rare_high - rare_low) && rare_high > rare_low {
        (low.max(rare_low - room), high.min(rare_high + room))
    } else {
        (low, high)
    };
    range(always.iter().copied().chain([ends.0, ends.1]))
}

/// Radius and opacity of dots: the more there are, the smaller and fainter.
fn dot_style(dots: usize, area: f64) -> (f64, f64) {
    let crowd = dots as f64 / area * 1000.0;
    let radius = (2.6 - 0.45 * crowd.max(0.1).log10()).clamp(1.4, 2.8);
    let opacity = (0.62 * (crowd + 0.2).powf(-0.32)).clamp(0.16, 0.75);
    (radius, opacity)
}

/// Where a dot stands in a plot.
fn place(plot: Area, (x_axis, y_axis): &(Axis, Axis), point: Point) -> Point {
    (
        x_place(plot, Some(x_axis), point.0),
        y_place(plot, Some(y_axis), point.1),
    )
}

/// Lays a run's dots on a ground.
fn lay(
    ground: &mut Ground,
    plot: Area,
    axes: &(Axis, Axis),
    points: impl Iterator<Item = Point>,
    (radius, opacity, color): (f64, f64, Color),
) {
    for point in points {
        ground.dot(place(plot, axes, point), radius, color, opacity);
    }
}

/// Says what can be read off a run's dots, which are no marks of their own.
fn read_off(
    page: &mut Page,
    content: &Scatter,
    cloud: &Cloud,
    (plot, axes): (Area, &(Axis, Axis)),
) {
    let points = cloud.overall().into_iter().chain(cloud.shown());
    let placed: Vec<_> = points
        .map(|point| (point, place(plot, axes, point)))
        .collect();
    let readings = Readings {
        plot,
        x: content.x_label.clone(),
        y: content.y_label.clone(),
        color: cloud.run.look.style(page.theme).color,
        points: readings(&placed, MOST_IN_A_CLOUD),
    };
    page.draw_part(&cloud.run.label, Some(readings), |_| {});
}

/// The large dot of a run, with a rim of the page's color, so that it stands out of its cloud.
fn draw_overall(marks: &mut Vec<Mark>, center: Point, color: Color, theme: Theme) {
    let rims = [(6.6, theme.ink()), (5.8, theme.background()), (4.4, color)];
    for (radius, color) in rims {
        marks.push(Mark::Dot {
            center,
            radius,
            color,
        });
    }
}
