//! How often a chroma occurs: what the histograms are drawn from.

/// Pixels counted by their chroma, in square bins of a plane and by distance from gray.
///
/// Counting may go on picture by picture: only the counts are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ChromaCounts {
    limit: [f64; 2],
    /// Bins across the plane in each direction.
    bins: [usize; 2],
    /// Rows from the lowest second channel up.
    plane: Vec<u64>,
    magnitudes: Vec<u64>,
    total: u64,
    magnitude_sum: f64,
}

/// Bins along the longer axis of the plane.
const PLANE_BINS: usize = 97;
/// Bins of the distance from gray.
const MAGNITUDE_BINS: usize = 120;

impl ChromaCounts {
    /// Nothing counted yet, for chroma from minus to plus `limit` in each channel. Limits that are
    /// no positive numbers count as 1.
    pub fn new(limit: [f64; 2]) -> Self {
        let limit = limit.map(|limit| {
            if limit > 0.0 && limit.is_finite() {
                limit
            } else {
                1.0
            }
        });
        let longest = limit[0].max(limit[1]);
        // Odd, so that gray has a bin of its own in the middle; and never a sliver of a plane.
        let bins = limit.map(|limit| {
            let half = limit / longest * (PLANE_BINS / 2) as f64;
            2 * half.round().max((PLANE_BINS / 8) as f64) as usize + 1
        });
        Self {
            limit,
            bins,
            plane: vec![0; bins[0] * bins[1]],
            magnitudes: vec![0; MAGNITUDE_BINS],
            total: 0,
            magnitude_sum: 0.0,
        }
    }

    /// Counts a pixel. What lies beyond the limits counts as at them; what is no number, not at all.
    pub fn add(&mut self, chroma: [f64; 2]) {
        if chroma.iter().any(|value| value.is_nan()) {
            return;
        }
        let clamped = [0, 1].map(|channel| {
            let limit = self.limit[channel];
            chroma[channel].clamp(-limit, limit)
        });
        let bin = [0, 1].map(|channel| {
            let share = clamped[channel] / self.limit[channel] / 2.0 + 0.5;
            ((share * self.bins[channel] as f64) as usize).min(self.bins[channel] - 1)
        });
        self.plane[bin[1] * self.bins[0] + bin[0]] += 1;
        let magnitude = clamped[0].hypot(clamped[1]);
        let share = magnitude / self.largest();
        let bin = ((share * MAGNITUDE_BINS as f64) as usize).min(MAGNITUDE_BINS - 1);
        self.magnitudes[bin] += 1;
        self.total += 1;
        self.magnitude_sum += magnitude;
    }

    /// How many pixels were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The largest distance from gray within the limits.
    fn largest(&self) -> f64 {
        self.limit[0].hypot(self.limit[1])
    }

    /// Mean distance from gray; `None` of nothing.
    pub(super) fn mean_magnitude(&self) -> Option<f64> {
        (self.total > 0).then(|| self.magnitude_sum / self.total as f64)
    }

    /// Bins in each direction.
    pub(super) fn bins(&self) -> [usize; 2] {
        self.bins
    }

    /// Width and height of a bin, in units of chroma.
    pub(super) fn bin_size(&self) -> [f64; 2] {
        [0, 1].map(|channel| 2.0 * self.limit[channel] / self.bins[channel] as f64)
    }

    /// The share of all pixels in a bin, 0 outside.
    pub(super) fn share(&self, [x, y]: [usize; 2]) -> f64 {
        let inside = x < self.bins[0] && y < self.bins[1];
        let count = if inside {
            self.plane[y * self.bins[0] + x]
        } else {
            0
        };
        count as f64 / self.total.max(1) as f64
    }

    /// The first and the last bin that hold a pixel, in each direction; `None` of nothing.
    pub(super) fn extent(&self) -> Option<[(usize, usize); 2]> {
        let held = self
            .plane
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        held.fold(None, |extent, (index, _)| {
            let bin = [index % self.bins[0], index / self.bins[0]];
            let extent = extent.unwrap_or(bin.map(|bin| (bin, bin)));
            Some([0, 1].map(|channel| {
                let (first, last) = extent[channel];
                (first.min(bin[channel]), last.max(bin[channel]))
            }))
        })
    }

    /// `(distance from gray, share of all pixels)` of each bin up to the last that holds a pixel.
    pub(super) fn magnitudes(&self) -> Vec<(f64, f64)> {
        let width = self.largest() / MAGNITUDE_BINS as f64;
        let last = self.magnitudes.iter().rposition(|count| *count > 0);
        let counts = self.magnitudes.iter().take(last.map_or(0, |last| last + 1));
        let shares = counts.map(|count| *count as f64 / self.total as f64);
        shares
            .enumerate()
            .map(|(bin, share)| ((bin as f64 + 0.5) * width, share))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_counted_where_they_are() {
        let mut counts = ChromaCounts::new([0.436, 0.615]);
        counts.add([0.0, 0.0]);
        counts.add([0.436, 0.615]);
        counts.add([9.0, f64::INFINITY]);
        counts.add([f64::NAN, 0.0]);
        assert_eq!(counts.total(), 3);
        let [across, up] = counts.bins();
        assert!(across % 2 == 1 && up % 2 == 1);
        assert!((counts.share([across / 2, up / 2]) - 1.0 / 3.0).abs() < 1e-12);
        assert!((counts.share([across - 1, up - 1]) - 2.0 / 3.0).abs() < 1e-12);
        let halves = [across, up].map(|bins| (bins / 2, bins - 1));
        assert_eq!(counts.extent(), Some(halves));
        let shares: f64 = counts.magnitudes().iter().map(|(_, share)| share).sum();
        assert!((shares - 1.0).abs() < 1e-12);
    }
}
