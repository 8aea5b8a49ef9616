//! Points made ready for drawing: sorted, cut at gaps, smoothed, thinned out.

use super::{Scale, Series, Smoothing};

/// A series without what cannot be drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Lines {
    /// The points as they were given, in stretches without a gap, by rising x.
    pub(super) raw: Vec<Vec<(f64, f64)>>,
    /// The same stretches smoothed; empty without smoothing.
    pub(super) smooth: Vec<Vec<(f64, f64)>>,
    /// The band, by rising x.
    pub(super) band: Vec<(f64, f64, f64)>,
    /// How many values could not be drawn.
    pub(super) left_out: usize,
}

impl Lines {
    pub(super) fn new(series: &Series, scale: Scale, smoothing: Smoothing) -> Self {
        let mut points: Vec<(f64, f64)> = series.points.clone();
        points.retain(|(x, _)| Scale::Linear.shows(*x));
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let raw: Vec<Vec<(f64, f64)>> = points
            .split(|(_, y)| !scale.shows(*y))
            .filter(|stretch| !stretch.is_empty())
            .map(<[_]>::to_vec)
            .collect();
        let drawn: usize = raw.iter().map(Vec::len).sum();
        let smooth = match smoothing {
            Smoothing::Mean { steps } if steps > 0.0 => raw
                .iter()
                .map(|stretch| running_mean(stretch, steps))
                .collect(),
            _ => Vec::new(),
        };
        let mut band: Vec<(f64, f64, f64)> = series.band.clone();
        band.retain(|(x, low, high)| {
            Scale::Linear.shows(*x) && scale.shows(*high) && Scale::Linear.shows(*low)
        });
        band.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self {
            raw,
            smooth,
            band,
            left_out: series.points.len() - drawn,
        }
    }

    /// The line that is read: the smoothed one if there is one.
    pub(super) fn main(&self) -> &[Vec<(f64, f64)>] {
        if self.smooth.is_empty() {
            &self.raw
        } else {
            &self.smooth
        }
    }

    /// Every x and y that the axes must hold: of the points too, unless only their mean is drawn.
    pub(super) fn extent(&self, with_raw: bool) -> impl Iterator<Item = (f64, f64)> {
        let band = self
            .band
            .iter()
            .flat_map(|&(x, low, high)| [(x, low), (x, high)]);
        let lines = if with_raw { &self.raw[..] } else { self.main() };
        lines.iter().flatten().copied().chain(band)
    }
}

/// The mean of the points within `window / 2` to either side of each, in one pass.
fn running_mean(points: &[(f64, f64)], window: f64) -> Vec<(f64, f64)> {
    let (mut first, mut end) = (0, 0);
    let mut means = Vec::with_capacity(points.len());
    let mut sum = WindowSum::default();
    for (x, _) in points {
        while end < points.len() && points[end].0 <= x + window / 2.0 {
            sum.later += points[end].1;
            end += 1;
        }
        while points[first].0 < x - window / 2.0 {
            sum.leave(&points[first..end]);
            first += 1;
        }
        means.push((*x, sum.value() / (end - first) as f64));
    }
    means
}

/// The sum of a moving window. A running sum, from which what leaves is taken away, would drift after
/// a spike; this one only adds.
#[derive(Default)]
struct WindowSum {
    /// Sums of the earlier points up to where the window was last divided, the shortest first.
    earlier: Vec<f64>,
    /// The sum of the points after that.
    later: f64,
}

impl WindowSum {
    fn value(&self) -> f64 {
        self.earlier.last().copied().unwrap_or(0.0) + self.later
    }

    /// Takes the first of the points that are now in the window out of it.
    fn leave(&mut self, within: &[(f64, f64)]) {
        if self.earlier.is_empty() {
            let sums = within.iter().rev().scan(0.0, |sum, (_, y)| {
                *sum += y;
                Some(*sum)
            });
            self.earlier = sums.collect();
            self.later = 0.0;
        }
        self.earlier.pop();
    }
}

/// The highest and lowest place of each column (a point wide), as a band on the page: what many
/// points come to when a line through them would only fill the space between.
pub(super) fn envelope(places: &[(f64, f64)]) -> Vec<(f64, f64, f64)> {
    let column = |place: &(f64, f64)| place.0.floor() as i64;
    places
        .chunk_by(|a, b| column(a) == column(b))
        .map(|group| {
            let (upper, lower) = group.iter().fold(
                (f64::INFINITY, f64::NEG_INFINITY),
                |(upper, lower), (_, y)| (upper.min(*y), lower.max(*y)),
            );
            (group[0].0, upper, lower)
        })
        .collect()
}

/// As few places as draw the line that would be seen of all of them.
pub(super) fn thinned_out(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    straightened(&extremes_by_column(places))
}

/// How far a line may run beside a place that it leaves out, in points: a third of the finest pixel.
const UNSEEN: f64 = 0.15;

/// Leaves out what lies on the line between its neighbors (Ramer, 1972; Douglas and Peucker, 1973).
fn straightened(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept = vec![false; places.len()];
    let Some(last) = places.len().checked_sub(1) else {
        return Vec::new();
    };
    (kept[0], kept[last]) = (true, true);
    let mut open = vec![(0, last)];
    while let Some((from, to)) = open.pop() {
        let (start, end) = (places[from], places[to]);
        let (along_x, along_y) = (end.0 - start.0, end.1 - start.1);
        let length = along_x.hypot(along_y);
        let aside = |place: (f64, f64)| {
            let (x, y) = (place.0 - start.0, place.1 - start.1);
            if length > 0.0 {
                (along_x * y - along_y * x).abs() / length
            } else {
                x.hypot(y)
            }
        };
        let between = (from + 1..to).map(|index| (index, aside(places[index])));
        let farthest = between.max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((index, distance)) = farthest
            && distance > UNSEEN
        {
            kept[index] = true;
            open.extend([(from, index), (index, to)]);
        }
    }
    let both = places.iter().zip(kept);
    both.filter(|(_, kept)| *kept)
        .map(|(place, _)| *place)
        .collect()
}

/// Keeps of each column (a half point wide) the first, lowest, highest and last place.
fn extremes_by_column(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let column = |place: &(f64, f64)| (place.0 * 2.0).floor() as i64;
    let mut kept = Vec::new();
    for group in places.chunk_by(|a, b| column(a) == column(b)) {
        if group.len() <= 4 {
            kept.extend_from_slice(group);
            continue;
        }
        let mut chosen = [0, 0, 0, group.len() - 1];
        for (index, place) in group.iter().enumerate() {
            if place.1 < group[chosen[1]].1 {
                chosen[1] = index;
            }
            if place.1 > group[chosen[2]].1 {
                chosen[2] = index;
            }
        }
        chosen.sort_unstable();
        let mut last = None;
        for index in chosen {
            if last != Some(index) {
                kept.push(group[index]);
            }
            last = Some(index);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_cut_and_are_counted() {
        let series = Series {
            points: vec![
                (3.0, 1.0),
                (0.0, 1.0),
                (1.0, f64::NAN),
                (2.0, 0.0),
                (f64::INFINITY, 1.0),
            ],
            ..Series::default()
        };
        let linear = Lines::new(&series, Scale::Linear, Smoothing::None);
        assert_eq!(linear.raw, [vec![(0.0, 1.0)], vec![(2.0, 0.0), (3.0, 1.0)]]);
        assert_eq!(linear.left_out, 2);
        let log = Lines::new(&series, Scale::Log, Smoothing::None);
        assert_eq!(log.raw, [vec![(0.0, 1.0)], vec![(3.0, 1.0)]]);
        assert_eq!(log.left_out, 3);
    }

    #[test]
    fn the_running_mean_is_centred() {
        let points: Vec<(f64, f64)> = (0..5).map(|x| (f64::from(x), f64::from(x * x))).collect();
        let means = running_mean(&points, 2.0);
        assert_eq!(means[0], (0.0, 0.5));
        assert_eq!(means[2], (2.0, 14.0 / 3.0));
        assert_eq!(means[4], (4.0, 12.5));
    }

    #[test]
    fn thinning_keeps_extremes_and_ends() {
        let places: Vec<(f64, f64)> = (0..100)
            .map(|i| (0.001 * f64::from(i), f64::from((i * 37) % 101)))
            .collect();
        let kept = thinned_out(&places);
        assert!(kept.len() <= 4);
        assert_eq!(kept.first(), places.first());
        assert_eq!(kept.last(), places.last());
        let highest =
            |places: &[(f64, f64)]| places.iter().map(|place| place.1).fold(0.0, f64::max);
        assert!((highest(&kept) - highest(&places)).abs() < 1e-9);
    }
}
