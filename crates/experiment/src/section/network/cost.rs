//! What training a network takes at the very least.

/// What training a network takes at the very least. Numbers that overflow stay at the largest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NetworkCost {
    /// Trained values; biases, norms and the fusion may be left out.
    pub parameters: u128,
    /// Values per photograph that are kept between the forward and the backward pass.
    pub kept: u128,
}

impl NetworkCost {
    /// A convolution from `channels[0]` to `channels[1]` channels with a kernel of `size` by `size`, whose output has `side`
    /// pixels a side.
    pub(super) fn convolution(&mut self, channels: [usize; 2], size: usize, side: usize) {
        let [from, to] = channels.map(|count| count as u128);
        let kernel = from
            .saturating_mul(to)
            .saturating_mul((size * size) as u128);
        self.parameters = self.parameters.saturating_add(kernel);
        self.keep(channels[1], side);
    }

    /// A map of `channels` channels and `side` pixels a side.
    pub(super) fn keep(&mut self, channels: usize, side: usize) {
        let side = side as u128;
        let map = side.saturating_mul(side).saturating_mul(channels as u128);
        self.kept = self.kept.saturating_add(map);
    }

    /// Another part, `times` times.
    pub(super) fn add(&mut self, part: Self, times: usize) {
        let sum = |own: u128, other: u128| own.saturating_add(other.saturating_mul(times as u128));
        self.parameters = sum(self.parameters, part.parameters);
        self.kept = sum(self.kept, part.kept);
    }
}
