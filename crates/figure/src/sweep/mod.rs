//! Sweeps: what became of every point at which some keys were varied.

mod cells;
mod dots;
mod parallel;
mod rail;
mod shades;

use super::Figure;
use super::axis::Scale;
use super::comparison::Metric;
use super::text;
use super::theme::Theme;

/// A key that was varied.
#[derive(Debug, Clone, PartialEq)]
pub struct SweptKey {
    /// What it is called: `learning_rate`.
    pub name: String,
    /// Where its values stand.
    pub values: SweptValues,
}

/// Where the values of a key stand.
#[derive(Debug, Clone, PartialEq)]
pub enum SweptValues {
    /// At a place of its own each, in this order: words, and numbers that are few.
    Each(Vec<String>),
    /// Along an axis of numbers.
    Along(Scale),
}

/// A point of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct SweptPoint {
    /// Its place under each of [`Sweep::keys`], in that order: the place in the list of values, or the number itself.
    pub at: Vec<f64>,
    /// What it came to; `None` where that is not known.
    pub value: Option<f64>,
    /// What it is called: `learning_rate=0.003 scale=8`.
    pub name: String,
}

/// What [`sweep`] draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// The keys.
    pub keys: Vec<SweptKey>,
    /// What colors stand for.
    pub metric: Metric,
    /// The points, in any order.
    pub points: Vec<SweptPoint>,
    /// What else a reader should know, for the note at the foot; may be empty.
    pub note: String,
}

/// How a sweep is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepForm {
    /// Two keys across and down.
    Heat,
    /// An upright axis for each key, and a line for each point.
    Parallel,
}

/// Draws what became of every point of a sweep, as color: a heat map of two keys, or a line per point across any number of
/// keys, which ends at its result. The better a point is, the more its color stands out from the page; the best one is
/// framed or drawn thick, and named at the foot.
///
/// In a heat map, keys whose values have a place each make a table of cells with their numbers; where a key has numbers
/// along an axis, points are dots. Any other number of keys than two is shown by lines, whatever `form` says.
pub fn sweep(title: &str, content: &Sweep, form: SweepForm, theme: Theme) -> Figure {
    match (form, &content.keys[..]) {
        (SweepForm::Heat, [across, down]) => match (&across.values, &down.values) {
            (SweptValues::Each(columns), SweptValues::Each(rows)) => {
                cells::draw(title, content, (columns, rows), theme)
            }
            _ => dots::draw(title, content, theme),
        },
        _ => parallel::draw(title, content, theme),
    }
}

impl SweptPoint {
    /// Its result, if that can be drawn.
    fn shown(&self) -> Option<f64> {
        self.value.filter(|&value| Scale::Linear.shows(value))
    }
}

impl Sweep {
    /// The best point, where there is a best one.
    fn best(&self) -> Option<usize> {
        let costs = self.points.iter().enumerate().filter_map(|(index, point)| {
            let cost = self.metric.better.cost(point.shown()?)?;
            Some((cost, index))
        });
        let best = costs.min_by(|one, other| one.0.total_cmp(&other.0));
        best.map(|(_, index)| index)
    }

    /// The order in which points are drawn, the best last, so that no other covers it.
    fn worst_first(&self) -> Vec<usize> {
        let worth = |index: &usize| {
            let value = self.points[*index].shown()?;
            let better = self.metric.better;
            Some(better.cost(value).map_or(value, |cost| -cost))
        };
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        order.sort_by(|one, other| match (worth(one), worth(other)) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        });
        order
    }

    /// What stands at the foot: the best point, points without a number, and the caller's own words.
    fn notes(&self) -> String {
        let best = self.best().map(|best| {
            let point = &self.points[best];
            let value = self.metric.written(point.value.unwrap_or(f64::NAN));
            format!("best: {} with {value}", point.name)
        });
        let without = self.points.iter().filter(|it| it.shown().is_none());
        let without = match without.count() {
            0 => None,
            1 => Some("1 point has no number".to_owned()),
            count => Some(format!(
                "{} points have no number",
                text::grouped(count as f64, 0)
            )),
        };
        let own = Some(self.note.clone()).filter(|note| !note.is_empty());
        let parts: Vec<String> = [best, without, own].into_iter().flatten().collect();
        parts.join("; ")
    }
}
