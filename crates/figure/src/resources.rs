//! What runs took: memory and speed over time or steps, one panel each, one line per run.

use super::Figure;
use super::curves::{CurveSection, Panel, Room, Series, Smoothing, curves_by_section};
use super::look::RunName;
use super::text;
use super::theme::Theme;

/// What the x axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// Optimizer steps.
    Steps,
    /// Seconds since a run began, shown in the unit that suits the longest run.
    Seconds,
}

/// What a panel measures, in the unit in which its values are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// Bytes, shown in the unit that suits the largest.
    Memory,
    /// Any other quantity with a meaningful zero, as given: `images/s`, `W`, `°C`.
    Measured {
        /// Its unit.
        unit: String,
    },
    /// Shares from 0 to 1, shown in percent.
    Share,
}

/// One measured quantity of all runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePanel {
    /// What is shown: `Resident memory`.
    pub title: String,
    /// Its unit.
    pub resource: Resource,
    /// How noisy values are smoothed, with the width in what the x axis is given in.
    pub smoothing: Smoothing,
    /// A run and its `(step or second, value)`, a line each.
    pub lines: Vec<(RunName, Vec<(f64, f64)>)>,
}

/// Draws one panel per quantity, each from zero, over steps or over time.
///
/// Lines are named, and thinned out where there are many, as in [`curves_by_section`].
pub fn resources(
    title: &str,
    along: Along,
    panels: &[ResourcePanel],
    room: Room,
    theme: Theme,
) -> Figure {
    let (x_label, x_unit) = match along {
        Along::Steps => ("step".to_owned(), 1.0),
        Along::Seconds => {
            let xs = panels.iter().flat_map(|panel| &panel.lines);
            let longest = largest(xs.flat_map(|(_, points)| points).map(|(x, _)| *x));
            let (name, unit) = unit_of(longest, &[("hours", 3600.0), ("minutes", 60.0)], "seconds");
            (format!("{name} of training"), unit)
        }
    };
    let section = CurveSection {
        heading: String::new(),
        panels: panels
            .iter()
            .map(|panel| panel_of(panel, &x_label, x_unit))
            .collect(),
    };
    curves_by_section(title, &[section], room, theme)
}

fn panel_of(panel: &ResourcePanel, x_label: &str, x_unit: f64) -> Panel {
    let values = panel.lines.iter().flat_map(|(_, points)| points);
    let (y_label, y_unit) = match &panel.resource {
        Resource::Memory => {
            let most = largest(values.map(|(_, y)| *y));
            unit_of(most, &[("GB", 1e9), ("MB", 1e6), ("kB", 1e3)], "bytes")
        }
        Resource::Measured { unit } => (unit.as_str(), 1.0),
        Resource::Share => ("%", 0.01),
    };
    let smoothing = match panel.smoothing {
        Smoothing::Mean { steps } => Smoothing::Mean {
            steps: steps / x_unit,
        },
        Smoothing::None => Smoothing::None,
    };
    let line = |(run, points): &(RunName, Vec<(f64, f64)>)| Series {
        label: run.label.clone(),
        points: points
            .iter()
            .map(|(x, y)| (x / x_unit, y / y_unit))
            .collect(),
        look: Some(run.look),
        ..Series::default()
    };
    Panel {
        title: panel.title.clone(),
        x_label: x_label.to_owned(),
        y_label: text::clean(y_label),
        smoothing,
        from_zero: true,
        series: panel.lines.iter().map(line).collect(),
        ..Panel::default()
    }
}

/// The largest finite value, at least zero.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// The first unit of which there are at least one and a half, or `smallest`.
fn unit_of<'a>(most: f64, units: &[(&'a str, f64)], smallest: &'a str) -> (&'a str, f64) {
    let found = units.iter().find(|(_, size)| most >= 1.5 * size);
    found.copied().unwrap_or((smallest, 1.0))
}
