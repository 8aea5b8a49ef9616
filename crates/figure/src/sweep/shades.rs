//! From results to colors, and the bar that explains them.

use super::super::axis::{Axis, Scale};
use super::super::comparison::{Better, Metric};
use super::super::frame::{fill, label_style, range, write_x_ticks};
use super::super::grid::Page;
use super::super::ramp;
use super::super::scene::{Align, Area};
use super::super::text;
use super::super::theme::{Color, LABEL_SIZE, SMALL_SIZE, Theme};
use super::Sweep;

/// Size of the bar, in points.
const BAR: (f64, f64) = (220.0, 10.0);
/// How far the bar's labels may stand out beside it, in points.
const OVERHANG: f64 = 22.0;
/// Pieces of one color that a bar is made of.
const PIECES: usize = 55;

/// How the results of a sweep become colors.
pub(super) struct Shades {
    axis: Axis,
    better: Better,
    theme: Theme,
}

impl Shades {
    /// `None` where no point has a result.
    pub(super) fn of(content: &Sweep, theme: Theme) -> Option<Self> {
        let better = content.metric.better;
        let values = content.points.iter().filter_map(|point| point.shown());
        let (low, high) = range(values.map(|value| measured(better, value)))?;
        Some(Self {
            axis: Axis::new(Scale::Linear, low, high, 4, 0.0),
            better,
            theme,
        })
    }

    pub(super) fn color(&self, value: f64) -> Color {
        self.of_share(self.axis.share(measured(self.better, value)))
    }

    /// The color at a share of the bar's length.
    fn of_share(&self, share: f64) -> Color {
        let worth = match self.better {
            Better::Lower | Better::One => 1.0 - share,
            Better::Higher | Better::Photographs | Better::Neither => share,
        };
        ramp::color(worth, self.theme)
    }

    /// Draws the bar from `left` on, with what its colors stand for above it, and continues beneath.
    pub(super) fn draw_bar(&self, page: &mut Page, metric: &Metric, left: f64, room: f64) {
        let baseline = page.y + text::ASCENT * LABEL_SIZE;
        let style = label_style(page.theme.ink());
        let words = meaning(metric);
        page.write(&words, (left, baseline), Align::Left, room, style);
        let bar = Area {
            x: left,
            y: (baseline + 7.0).round(),
            width: BAR.0,
            height: BAR.1,
        };
        let piece = bar.width / PIECES as f64;
        for number in 0..PIECES {
            let share = (number as f64 + 0.5) / PIECES as f64;
            let x = bar.x + piece * number as f64;
            fill(page, x, bar.y, piece, bar.height, self.of_share(share));
        }
        write_x_ticks(page, bar, Some(&self.axis), OVERHANG);
        page.y = (bar.bottom() + 10.0 + (text::ASCENT + text::DESCENT) * SMALL_SIZE).round();
    }
}

/// What a color stands for: the result, or how far it is from 1 where 1 is best.
fn measured(better: Better, value: f64) -> f64 {
    match better {
        Better::One => (value - 1.0).abs(),
        _ => value,
    }
}

fn meaning(metric: &Metric) -> String {
    match metric.better {
        Better::One => format!("{}: how far from 1", metric.name),
        _ => metric.described(),
    }
}
