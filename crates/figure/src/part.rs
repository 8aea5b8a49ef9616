//! Whose the marks of a chart are, and the numbers behind them: for a page that shows values under the pointer and hides
//! runs. The pixels of a figure are the same with and without.

use std::ops::Range;

use super::grid::Page;
use super::scene::{Area, Point};
use super::theme::Color;

/// The most readings of a line: more than a pointer can tell apart.
pub(super) const MOST_ON_A_LINE: usize = 240;
/// The most readings of a cloud of dots.
pub(super) const MOST_IN_A_CLOUD: usize = 1000;

/// Marks of one run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    /// Which marks of the figure; none where the numbers belong to dots of a ground.
    pub(super) marks: Range<usize>,
    /// The run's name.
    pub(super) run: String,
    /// The numbers that they show.
    pub(super) readings: Option<Readings>,
}

/// Numbers and where they stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Readings {
    /// The axes' area.
    pub(super) plot: Area,
    /// Name and unit of x.
    pub(super) x: String,
    /// Name and unit of y.
    pub(super) y: String,
    /// The run's color.
    pub(super) color: Color,
    /// Across and down.
    pub(super) points: Vec<(Reading, Reading)>,
}

/// A number on one axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    /// Its place on the page, in points.
    pub(super) at: f64,
    /// The number, to as many digits as are worth showing.
    pub(super) value: f64,
}

impl Page {
    /// Draws marks that belong to a run.
    pub(super) fn draw_part(
        &mut self,
        run: &str,
        readings: Option<Readings>,
        draw: impl FnOnce(&mut Self),
    ) {
        let start = self.marks.len();
        draw(self);
        self.parts.push(Part {
            marks: start..self.marks.len(),
            run: super::text::clean(run),
            readings,
        });
    }
}

/// Readings of points, given the place of each: of more than `most`, evenly chosen ones and the last.
pub(super) fn readings(points: &[((f64, f64), Point)], most: usize) -> Vec<(Reading, Reading)> {
    let every = points.len().div_ceil(most).max(1);
    let last = points.len().saturating_sub(1);
    points
        .iter()
        .enumerate()
        .filter(|(number, _)| number % every == 0 || *number == last)
        .map(|(_, &((x, y), (across, down)))| {
            let reading = |at, value| Reading {
                at,
                value: significant(value),
            };
            (reading(across, x), reading(down, y))
        })
        .collect()
}

/// A number with five digits that count: no chart is read more finely.
fn significant(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.4e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_points_are_read_at_some() {
        let points: Vec<_> = (0..1000)
            .map(|step| ((f64::from(step), 0.5), (f64::from(step), 1.0)))
            .collect();
        let readings = readings(&points, MOST_ON_A_LINE);
        assert!(readings.len() <= MOST_ON_A_LINE + 1);
        assert_eq!(readings[0].0.value, 0.0);
        assert_eq!(readings[readings.len() - 1].0.value, 999.0);
        assert_eq!(significant(21.345_678), 21.346);
        assert_eq!(significant(0.001_234_56), 0.001_234_6);
    }
}
