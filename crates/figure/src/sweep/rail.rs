//! A line on which the values of a key stand: numbers along an axis, or a place for each.

use super::super::axis::Axis;
use super::super::frame::range;
use super::super::text;
use super::{Sweep, SweptPoint, SweptValues};

/// Where the values of a key stand, from 0 at its low or first end to 1.
pub(super) struct Rail<'a> {
    values: &'a SweptValues,
    /// Of numbers along it.
    axis: Option<Axis>,
}

/// A labeled place on a rail.
pub(super) struct Mark {
    pub(super) share: f64,
    pub(super) label: String,
}

impl<'a> Rail<'a> {
    /// That of a key, by its place among [`Sweep::keys`].
    pub(super) fn of(content: &'a Sweep, key: usize) -> Self {
        let values = &content.keys[key].values;
        let axis = match values {
            SweptValues::Each(_) => None,
            SweptValues::Along(scale) => {
                let all = content.points.iter().filter_map(|point| point.at.get(key));
                let shown = all.copied().filter(|&value| scale.shows(value));
                range(shown).map(|(low, high)| Axis::new(*scale, low, high, 5, 0.05))
            }
        };
        Self { values, axis }
    }

    /// Where a point stands, if it has a place.
    pub(super) fn share(&self, point: &SweptPoint, key: usize) -> Option<f64> {
        let &at = point.at.get(key)?;
        match self.values {
            SweptValues::Each(values) => {
                let is_place = at >= 0.0 && at < values.len() as f64;
                is_place.then(|| (at + 0.5) / values.len() as f64)
            }
            SweptValues::Along(scale) => {
                let axis = self.axis.as_ref()?;
                scale.shows(at).then(|| axis.share(at))
            }
        }
    }

    /// The labeled places.
    pub(super) fn marks(&self) -> Vec<Mark> {
        match self.values {
            SweptValues::Each(values) => values
                .iter()
                .enumerate()
                .map(|(place, value)| Mark {
                    share: (place as f64 + 0.5) / values.len() as f64,
                    label: text::clean(value),
                })
                .collect(),
            SweptValues::Along(_) => {
                let ticks = self.axis.iter().flat_map(|axis| {
                    axis.ticks.iter().map(|tick| Mark {
                        share: axis.share(tick.value),
                        label: tick.label.clone(),
                    })
                });
                ticks.collect()
            }
        }
    }
}
